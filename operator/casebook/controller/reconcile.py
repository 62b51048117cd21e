"""Brings one Investigation on: gathers what the decision needs, decides, applies."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from casebook.api.names import run_name
from casebook.cluster.errors import ClusterError, Conflict, Denied, Invalid, NotFound
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.controller import manifests
from casebook.controller.access import Access
from casebook.controller.decide import Inputs, Policy, decide, wants_pod
from casebook.controller.manifests import AgentSettings
from casebook.controller.metrics import Metrics
from casebook.controller.news import announce
from casebook.controller.parsing import case_of, job_of, namespace_of, pod_of
from casebook.controller.plan import AskSlot, CreateJob, DeleteJob, Emit, Expire, Plan, Step, WriteStatus
from casebook.controller.slots import Slots
from casebook.controller.views import Case, JobView, PodView
from casebook.controller.worklist import Key, Kind, Worklist
from casebook.controller.world import World

INVESTIGATIONS = "investigations.casebook.dev"
JOBS = "jobs.batch"
EVENTS = "events.events.k8s.io"
CONFLICTS = 5

log = structlog.get_logger(__name__)


class Refused(Exception):
    """The API server does not take the Job; the message says why."""


@dataclass(frozen=True)
class Tools:
    """What reconciling works with. `now` is the wall clock, `instance` names this process in Events."""

    world: World
    reader: Reader
    writer: Writer
    access: Access
    slots: Slots
    worklist: Worklist
    metrics: Metrics
    policy: Policy
    agent: AgentSettings
    now: Callable[[], datetime]
    instance: str


class CaseReconciler:
    """Reconciles Investigations by namespace and name. Every public method raises `ClusterError`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._world = tools.world

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
                await self._apply(case, plan)
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
                await self._delete_job(DeleteJob(job.name, job.uid))
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
            await self._learn(case.target.name if case.target.kind == "Namespace" else case.target.namespace)
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

    async def _apply(self, case: Case, plan: Plan) -> None:
        for step in plan.steps:
            await self._step(case, step)
            case = self._world.cases.get((case.namespace, case.name), case)
        if plan.outcome:
            self._tools.metrics.attempts.labels(plan.outcome).inc()
        if plan.again is not None:
            self._tools.worklist.wake(Key(Kind.CASE, case.namespace, case.name), plan.again)

    async def _step(self, case: Case, step: Step) -> None:
        match step:
            case WriteStatus():
                await self._write_status(case, step)
            case CreateJob():
                await self._create_job(case, step.attempt)
            case DeleteJob():
                await self._delete_job(step)
            case Emit():
                await self._emit(case, step)
            case AskSlot():
                self._tools.slots.ask(case)
                self._tools.worklist.wake(Key(Kind.SCHEDULE))
            case Expire():
                await self._tools.writer.delete(INVESTIGATIONS, case.name, case.namespace, uid=case.uid)
                log.info("deleted by time to live", investigation=case.name, namespace=case.namespace)

    async def _write_status(self, case: Case, write: WriteStatus) -> None:
        answer = await self._tools.writer.apply_status(INVESTIGATIONS, manifests.status(case, write))
        self._world.put_case(case_of(answer))
        log.info("status", investigation=case.name, namespace=case.namespace, phase=write.phase.value, n=write.attempt)
        if write.finished is not None:
            self._tools.worklist.wake(Key(Kind.SCHEDULE))
            if write.started is not None:
                self._tools.metrics.run_seconds.observe((write.finished - write.started).total_seconds())

    async def _create_job(self, case: Case, attempt: int) -> None:
        tools = self._tools
        tenant = self._world.tenants.of.get(case.namespace)
        if tenant is None:
            raise Conflict(f"namespace {case.namespace} has lost its tenant")
        await tools.access.ensure(tenant)
        spaces = self._world.tenants.spaces.get(tenant, frozenset())
        manifest = manifests.job(case, attempt, tenant, spaces, tools.agent)
        try:
            answer, created = await tools.writer.create(JOBS, manifest)
        except (Denied, Invalid) as error:
            raise Refused(error.message) from error
        job = job_of(answer)
        if job.case_uid != case.uid:
            raise Refused(f"another Job is named {job.name}; delete it in namespace {tools.agent.namespace}")
        self._world.put_job(job)
        log.info("job", investigation=case.name, namespace=case.namespace, job=job.name, created=created)

    async def _delete_job(self, step: DeleteJob) -> None:
        namespace = self._tools.agent.namespace
        try:
            await self._tools.writer.delete(JOBS, step.name, namespace, uid=step.uid)
        except Conflict:
            log.info("the Job had been replaced", job=step.name)
        self._world.drop_job(step.name, step.uid)

    async def _emit(self, case: Case, emit: Emit) -> None:
        """An Event is a courtesy: the status already says it, so it never holds anything up."""
        manifest = manifests.event(case, emit, self._tools.now(), self._tools.instance)
        try:
            await self._tools.writer.create(EVENTS, manifest)
        except ClusterError as error:
            log.warning("no Event", investigation=case.name, namespace=case.namespace, reason=error.message)


def _controlled_by(pod: dict[str, Any], uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in pod["metadata"].get("ownerReferences") or [])
