"""Brings one Investigation on: gathers what the decision needs, decides, and has it applied."""

from typing import Any

import structlog

from casebook.api.base import INVESTIGATIONS
from casebook.api.names import run_name
from casebook.cluster.errors import Conflict, Invalid, NotFound
from casebook.controller.apply import Applier, Refused
from casebook.controller.decide import Inputs, decide, wants_pod
from casebook.controller.news import announce
from casebook.controller.parsing import case_of, job_of, namespace_of, pod_of
from casebook.controller.plan import DeleteJob, Expire, Plan
from casebook.controller.tools import JOBS, Tools
from casebook.controller.views import Case, JobView, PodView
from casebook.controller.worklist import Key, Kind

CONFLICTS = 5

log = structlog.get_logger(__name__)


class CaseReconciler:
    """Reconciles Investigations by namespace and name. Every public method raises `ClusterError`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._world = tools.world
        self._applier = Applier(tools)

    async def reconcile(self, key: Key) -> None:
        """Do what is to be done now. What has changed meanwhile is read again and decided again."""
        refusal = ""
        for _ in range(CONFLICTS):
            case = self._world.cases.get((key.namespace, key.name)) or await self.refresh(key)
            if case is None:
                return
            if case.finished:
                # Whoever has seen the end first, its slot is free.
                self._tools.worklist.wake(Key(Kind.SCHEDULE))
            try:
                plan = decide(await self._gather(case, refusal))
                if any(isinstance(step, Expire) for step in plan.steps):
                    plan = await self._second_look(key)
                await self._applier.apply(case, plan)
            except Conflict:
                await self.refresh(key)
                continue
            except Refused as error:
                refusal = str(error)
                continue
            except NotFound:
                if await self.refresh(key) is not None:
                    raise
            return
        raise Conflict(f"Investigation {key.namespace}/{key.name} changes faster than it can be written")

    async def refresh(self, key: Key) -> Case | None:
        """Read it anew from the API server; None if it is gone."""
        try:
            case = case_of(await self._tools.reader.get(INVESTIGATIONS, key.name, key.namespace))
        except NotFound:
            old = self._world.cases.get((key.namespace, key.name))
            if old is not None:
                self._world.drop_case(key.namespace, key.name, old.uid)
                self._tools.worklist.wake(Key(Kind.ORPHANS, key.namespace, key.name))
                self._tools.worklist.wake(Key(Kind.SCHEDULE))
            return None
        self._world.put_case(case)
        return self._world.cases[key.namespace, key.name]

    def foresee(self, case: Case) -> Plan:
        """What would be done, from what is known without asking the API server; for the resync."""
        job, others = self._jobs(case)
        inputs = self._inputs(case, job, others)
        if wants_pod(case, job, self._tools.policy, inputs.now):
            return Plan(again=0.0)
        return decide(inputs)

    async def sweep(self, key: Key) -> None:
        """Stop the Jobs made for an Investigation of this name that is gone; ended ones go by their own TTL."""
        if key.name and await self.refresh(key) is not None:
            # Another of the same name; to the watch, which comes after this, it will be no news.
            self._tools.worklist.wake(Key(Kind.CASE, key.namespace, key.name))
        for job in list(self._world.jobs.values()):
            mine = (job.case_namespace, job.case_name) == (key.namespace, key.name)
            if mine and job.live and self._world.case_of(job.case_uid) is None:
                await self._applier.delete_job(DeleteJob(job.name, job.uid))
                self._tools.metrics.swept.inc()
                log.info("deleted a Job without an Investigation", job=job.name)

    async def _second_look(self, key: Key) -> Plan:
        """Before it is deleted it is read anew: its alert may have come again."""
        fresh = await self.refresh(key)
        return decide(self._inputs(fresh, None, ())) if fresh is not None else Plan()

    async def _gather(self, case: Case, refusal: str) -> Inputs:
        if case.finished:
            return self._inputs(case, None, ())
        await self._learn(case.namespace)
        if case.target is not None:
            await self._learn(case.target.namespace)
        job, others = self._jobs(case)
        if case.attempt and job is None:
            job = await self._find_job(run_name(case.uid, case.attempt), case.uid)
        pod = None
        if job is not None and wants_pod(case, job, self._tools.policy, self._tools.now()):
            pod = await self._find_pod(job)
        return self._inputs(case, job, others, pod, refusal)

    def _inputs(
        self,
        case: Case,
        job: JobView | None,
        others: tuple[JobView, ...],
        pod: PodView | None = None,
        refusal: str = "",
    ) -> Inputs:
        tools = self._tools
        slot = tools.slots.state(case)
        return Inputs(case, self._world.tenants, tools.policy, tools.now(), job, others, pod, slot, refusal)

    def _jobs(self, case: Case) -> tuple[JobView | None, tuple[JobView, ...]]:
        name = run_name(case.uid, case.attempt)
        jobs = self._world.jobs_of(case.uid)
        job = next((job for job in jobs if job.name == name), None)
        return job, tuple(other for other in jobs if other is not job)

    async def _learn(self, namespace: str) -> None:
        """A namespace may be newer than what the watch has told."""
        if self._world.tenants.known(namespace):
            return
        try:
            view = namespace_of(await self._tools.reader.get("namespaces", namespace))
        except (NotFound, Invalid):
            return
        announce(self._world.put_namespaces([view]), self._world, self._tools.worklist)

    async def _find_job(self, name: str, uid: str) -> JobView | None:
        try:
            job = job_of(await self._tools.reader.get(JOBS, name, self._tools.agent.namespace))
        except NotFound:
            known = self._world.jobs.get(name)
            if known is not None:
                self._world.drop_job(name, known.uid)
            return None
        self._world.put_job(job)
        return job if job.case_uid == uid else None

    async def _find_pod(self, job: JobView) -> PodView | None:
        labels = f"batch.kubernetes.io/job-name={job.name}"
        page = await self._tools.reader.list("pods", self._tools.agent.namespace, labels=labels, limit=10)
        mine = [item for item in page.items if _controlled_by(item, job.uid)]
        return pod_of(mine[-1]) if mine else None


def _controlled_by(pod: dict[str, Any], uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in pod["metadata"].get("ownerReferences") or [])
