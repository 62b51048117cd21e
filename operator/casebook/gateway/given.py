"""What each agent was given to know. What was recalled first stays, whoever asks again: a replay must know it too."""

from collections import OrderedDict

import structlog

from casebook.api.run import Run
from casebook.gateway.directory import Directory
from casebook.gateway.history import History
from casebook.gateway.incidents import Incidents
from casebook.gateway.ports import TraceStore
from casebook.gateway.recall import Recall
from casebook.store.errors import StoreUnavailable

_MAX_HELD = 256
_log = structlog.get_logger(__name__)


class Given:
    """Runs as they were given out: held here for a while, and in the store where there is one."""

    def __init__(self, recall: Recall, history: History, incidents: Incidents, store: TraceStore | None) -> None:
        self._recall = recall
        self._history = history
        self._incidents = incidents
        self._store = store
        self._held: OrderedDict[tuple[str, int], Run] = OrderedDict()

    def held(self, uid: str, attempt: int) -> Run | None:
        """The run of an attempt, if this replica gave it out."""
        return self._held.get((uid, attempt))

    async def give(self, run: Run, tenant: str, directory: Directory) -> Run:
        """The run with what it is given. Raises `ClusterError` where memories cannot be read now."""
        given = self.held(run.uid, run.attempt) or await self._gathered(run, tenant, directory)
        if self._store:
            try:
                given = await self._store.begin(tenant, given)
            except StoreUnavailable as error:
                # It is kept with the first observations instead.
                _log.warning("the run is not kept yet", investigation=run.name, error=str(error))
        self._held[run.uid, run.attempt] = given
        while len(self._held) > _MAX_HELD:
            self._held.popitem(last=False)
        return given

    async def _gathered(self, run: Run, tenant: str, directory: Directory) -> Run:
        recalling = await self._recall.given(run, tenant, directory)
        knowing = recalling.replace(precedents=await self._history.precedents(tenant, recalling))
        return await self._incidents.given(knowing, tenant, directory)

    async def known(self, run: Run, tenant: str) -> Run | None:
        """The run as its agent has it; None where that cannot be told.

        Another replica may have given it out while the store was away: then the store's, made since, was given nothing.
        """
        held = self.held(run.uid, run.attempt)
        if held is not None or self._store is None:
            return held
        try:
            kept = await self._store.begin(tenant, run)
        except StoreUnavailable:
            return None
        return kept if kept.recalled or kept.precedents or kept.incidents else None
