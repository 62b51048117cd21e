"""Writes into the status of each Investigation which other one explains it, and whom it explains itself."""

from typing import Any

import structlog

from casebook.api.base import INVESTIGATIONS
from casebook.api.names import placed
from casebook.cluster.errors import NotFound
from casebook.cluster.writer import Writer
from casebook.controller.parsing import case_of
from casebook.controller.views import Case, CaseKey
from casebook.controller.worklist import SETTLE, Key, Kind, Worklist
from casebook.controller.world import World

MAX_NAMES = 10

log = structlog.get_logger(__name__)


class Joiner:
    """Works under a field manager of its own, which owns `explainedBy` and `followers`. Raises `ClusterError`."""

    def __init__(self, world: World, writer: Writer, worklist: Worklist) -> None:
        self._world = world
        self._writer = writer
        self._worklist = worklist

    async def join(self, key: CaseKey) -> None:
        """Bring it up to date, and the heads of its incident: one that came to its end may be older than they."""
        for one in (key, *self._world.incidents.heads(key)):
            case = self._world.cases.get(one)
            if case is not None and case.finished and not case.deleting:
                await self._settle(case)

    async def _settle(self, case: Case) -> None:
        """As a compare-and-set; whoever else is concerned comes next."""
        head, followers = self._said(case)
        if (head, followers) == (case.explained_by, case.followers):
            return
        try:
            answer = await self._writer.apply_status(INVESTIGATIONS, _manifest(case, head, followers))
        except NotFound:
            return
        self._world.put_case(case_of(answer))
        log.info("incident", investigation=case.name, namespace=case.namespace, followers=followers[0], head=head)
        if head != case.explained_by:
            for other in (head, case.explained_by, *self._world.incidents.followers(case.key)):
                if other is not None:
                    self._worklist.wake(Key(Kind.INCIDENT, *other), SETTLE)

    def _said(self, case: Case) -> tuple[CaseKey | None, tuple[int, tuple[str, ...]]]:
        incidents = self._world.incidents
        found = incidents.followers(case.key)
        names = tuple(placed(*one, case.namespace) for one in found[:MAX_NAMES])
        return incidents.head(case.key, self._world.tenants), (len(found), names)


def _manifest(case: Case, head: CaseKey | None, followers: tuple[int, tuple[str, ...]]) -> dict[str, Any]:
    """All that this field manager owns."""
    place = {"name": case.name, "namespace": case.namespace, "uid": case.uid, "resourceVersion": str(case.version)}
    count, names = followers
    status = {
        **({"explainedBy": placed(*head, case.namespace)} if head else {}),
        **({"followers": {"count": count, "names": list(names)}} if count else {}),
    }
    return {"metadata": place, "status": status}
