"""Derives everything anew from the API server, whatever the watches have said, and wakes what there is to do."""

from collections import Counter
from collections.abc import Callable

from casebook.api.base import INVESTIGATIONS
from casebook.api.enums import Phase
from casebook.api.meta import MANAGED_BY, MANAGED_BY_LABEL
from casebook.controller.news import announce
from casebook.controller.parsing import case_of, job_of, namespace_of
from casebook.controller.reconcile import CaseReconciler
from casebook.controller.tools import JOBS, Tools
from casebook.controller.worklist import Key, Kind

ENDED = (Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED)
OPEN_ONLY = ",".join(f"status.phase!={phase.value}" for phase in ENDED)
JOB_LABELS = f"{MANAGED_BY_LABEL}={MANAGED_BY}"
PAGE = 100
BINDINGS_EVERY = 10
"""Bindings are looked at again in every so-manieth resync: two reads per namespace."""

TRIES_WITHIN = 3
SUCCEEDS_WITHIN = 20
"""In periods: without a try, or a success, for longer than this the process is better started anew."""
SLOWEST_TRY = 60.0
"""Seconds that one failing try and the wait after it may take besides."""


class Resync:
    """The periodic look at everything. Finished Investigations, with their reports, are left to the watch: listing
    them again and again would cost the API server more than it is worth."""

    def __init__(self, tools: Tools, cases: CaseReconciler, period: float, clock: Callable[[], float]) -> None:
        self._tools = tools
        self._cases = cases
        self._period = period
        self._clock = clock
        self._round = 0
        self._succeeded = self._tried = clock()

    async def run(self) -> None:
        """One look. Raises `ClusterError`; then nothing is taken for gone that was not seen."""
        try:
            await self._look()
        finally:
            self._tried = self._clock()
        self._round += 1
        self._succeeded = self._tried
        self._tools.worklist.wake(Key(Kind.RESYNC), self._period)

    async def _look(self) -> None:
        await self._namespaces()
        await self._jobs()
        await self._open_cases()
        self._wake_what_is_due()
        self._measure()

    @property
    def age(self) -> float:
        """Seconds since the last complete one."""
        return self._clock() - self._succeeded

    @property
    def healthy(self) -> bool:
        """Whether it still tries, and has not failed for all too long.

        While the API server is away a restart would mend nothing, so failing alone is no illness for a while.
        """
        trying = self._clock() - self._tried <= TRIES_WITHIN * self._period + SLOWEST_TRY
        return trying and self.age <= SUCCEEDS_WITHIN * self._period

    @property
    def done_once(self) -> bool:
        """Whether there was a complete one."""
        return self._round > 0

    async def _namespaces(self) -> None:
        page = await self._tools.reader.list("namespaces", limit=100_000)
        world = self._tools.world
        changed = world.put_namespaces(map(namespace_of, page.items), as_of=int(page.resource_version))
        announce(changed, world, self._tools.worklist)
        if self._round % BINDINGS_EVERY == 0:
            for name in world.namespaces:
                self._tools.worklist.wake(Key(Kind.NAMESPACE, name))
            self._tools.worklist.wake(Key(Kind.READERS))

    async def _jobs(self) -> None:
        world = self._tools.world
        before = dict(world.jobs)
        page = await self._tools.reader.list(JOBS, self._tools.agent.namespace, labels=JOB_LABELS, limit=100_000)
        seen = {job.name: job for job in map(job_of, page.items)}
        for job in seen.values():
            if world.put_job(job):
                self._tools.worklist.wake(Key(Kind.CASE, job.case_namespace, job.case_name))
        for name, job in before.items():
            # What was made after the list was taken cannot be in it.
            if name not in seen and job.version <= int(page.resource_version):
                world.drop_job(name, job.uid)

    async def _open_cases(self) -> None:
        world = self._tools.world
        unseen = {(case.namespace, case.name) for case in world.open_cases()}
        async for page in self._tools.reader.pages(INVESTIGATIONS, fields=OPEN_ONLY, page=PAGE):
            for item in page.items:
                key = (item["metadata"]["namespace"], item["metadata"]["name"])
                unseen.discard(key)
                known = world.cases.get(key)
                # Most have not changed since the last look, and reading one is the costly part.
                if known is None or str(known.version) != item["metadata"]["resourceVersion"]:
                    world.put_case(case_of(item))
        for namespace, name in sorted(unseen):
            await self._cases.refresh(Key(Kind.CASE, namespace, name))

    def _wake_what_is_due(self) -> None:
        world, wake = self._tools.world, self._tools.worklist.wake
        for case in list(world.cases.values()):
            plan = self._cases.foresee(case)
            if plan.steps or plan.again is not None:
                wake(Key(Kind.CASE, case.namespace, case.name), plan.again or 0.0)
        for job in list(world.jobs.values()):
            if job.live and world.case_of(job.case_uid) is None:
                wake(Key(Kind.ORPHANS, job.case_namespace, job.case_name))
        wake(Key(Kind.SCHEDULE))

    def _measure(self) -> None:
        phases = Counter(case.phase or Phase.PENDING for case in self._tools.world.cases.values())
        for phase in Phase:
            self._tools.metrics.runs.labels(phase.value).set(phases[phase])
