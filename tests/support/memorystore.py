"""A trace store in memory, which can be away."""

from collections.abc import Sequence

from casebook.api.observation import Observation
from casebook.api.run import Checkpoint, ReportEnvelope, Run, Trace
from casebook.store.errors import StoreUnavailable


class MemoryStore:
    """The shape of `store.traces.Traces`."""

    def __init__(self) -> None:
        self.away = False
        self.runs: dict[tuple[str, str, int], Run] = {}
        self.made: dict[tuple[str, str, int], dict[int, Observation]] = {}
        self.reports: dict[tuple[str, str], ReportEnvelope] = {}

    async def begin(self, tenant: str, run: Run) -> Run:
        await self.ping()
        return self.runs.setdefault((tenant, run.uid, run.attempt), run)

    async def resume(self, tenant: str, uid: str, attempt: int) -> Checkpoint:
        await self.ping()
        latest = max((a for t, u, a in self.made if (t, u) == (tenant, uid) and a <= attempt), default=attempt)
        mine = self.made.setdefault((tenant, uid, attempt), dict(self.made.get((tenant, uid, latest), {})))
        return Checkpoint(observations=[mine[seq] for seq in sorted(mine)])

    async def append(self, tenant: str, run: Run, first: int, observations: Sequence[Observation]) -> None:
        await self.begin(tenant, run)
        kept = self.made.setdefault((tenant, run.uid, run.attempt), {})
        for index, item in enumerate(observations, first):
            kept.setdefault(index, item)

    async def digests(self, tenant: str, uid: str, attempt: int) -> Sequence[str]:
        await self.ping()
        kept = self.made.get((tenant, uid, attempt), {})
        return [item.digest() for index, (seq, item) in enumerate(sorted(kept.items())) if index == seq]

    async def finish(self, tenant: str, run: Run, envelope: ReportEnvelope) -> None:
        await self.ping()
        self.reports[tenant, run.uid] = envelope

    async def trace(self, tenant: str, uid: str) -> Trace | None:
        raise NotImplementedError

    async def ping(self) -> None:
        if self.away:
            raise StoreUnavailable("connection refused")
