"""Concluded cases, and a store of them in memory, which can be away."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from casebook.api.case import Asked, PastCase, Said
from casebook.api.enums import Judgement, Verdict
from casebook.api.observation import listing, pod_logs
from casebook.api.report import Cost
from casebook.api.run import Clue, Telling
from casebook.store.errors import StoreUnavailable

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
TOLD = Telling(
    held=["the image is not there"],
    clues=[
        Clue(query=listing("pods", "shop")),
        Clue(query=pod_logs("shop", "web-5d4f8c9b7-abcde", "web"), workload="Deployment/web"),
    ],
)


def past(
    number: int, *, hours: float = 0.0, reads: int = 28, said: str = "", truth: str = "", **fields: Any
) -> PastCase:
    """The case of investigation `inv-<number>`, so many hours before NOW; clear, and told by two reads."""
    held = {
        "uid": f"uid-{number}",
        "namespace": "shop",
        "name": f"inv-{number}",
        "at": NOW - timedelta(hours=hours),
        "asked": Asked(alertname="Down", place="shop", kind="Deployment", entity="web"),
        "telling": TOLD,
        "verdict": Verdict.ROOT_CAUSE,
        "object": "Deployment/web",
        "cause": "ImageNotFound",
        "cost": Cost(observations=reads),
        "said": Said(judgement=Judgement(said), author="alice", truth=truth) if said else None,
    }
    return PastCase(**(held | fields))


class MemoryCases:
    """The shape of `store.cases.Cases`."""

    def __init__(self, *kept: PastCase, tenant: str = "label:acme") -> None:
        self.away = False
        self.kept = {(tenant, case.uid): case for case in kept}
        self.words: dict[tuple[str, str, str], Said] = {}

    async def keep(self, tenant: str, case: PastCase) -> None:
        self._answer()
        self.kept[tenant, case.uid] = case

    async def say(self, tenant: str, uid: str, entries: Mapping[str, Said]) -> None:
        self._answer()
        for id_, said in entries.items():
            self.words.setdefault((tenant, uid, id_), said)

    async def asked(self, tenant: str, asked: Asked) -> list[PastCase]:
        self._answer()
        bare = asked.replace(words=[])
        mine = [case for (owner, _), case in self.kept.items() if owner == tenant]
        return [case for case in mine if case.asked.replace(words=[]) == bare]

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable("connection refused")
