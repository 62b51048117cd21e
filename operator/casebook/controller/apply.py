"""Does what a plan says: writes the status, makes and deletes Jobs, tells people by Events."""

import structlog

from casebook.api.base import INVESTIGATIONS
from casebook.cluster.errors import ClusterError, Conflict, Denied, Invalid
from casebook.controller import manifests
from casebook.controller.parsing import case_of, job_of
from casebook.controller.plan import AskSlot, CreateJob, DeleteJob, Emit, Expire, Learn, Plan, Step, WriteStatus
from casebook.controller.tools import EVENTS, JOBS, Tools
from casebook.controller.views import Case
from casebook.controller.worklist import SETTLE, Key, Kind

log = structlog.get_logger(__name__)


class Refused(Exception):
    """The API server does not take the Job; the message says why."""


class Applier:
    """Takes steps, each safe to repeat. Raises `ClusterError`, and `Refused` where the Job is not taken."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._world = tools.world

    async def apply(self, case: Case, plan: Plan) -> None:
        """Take the steps in their order, and come back to it when the plan says."""
        for step in plan.steps:
            await self._step(case, step)
            case = self._still(case)
        if plan.outcome:
            self._tools.metrics.attempts.labels(plan.outcome).inc()
        if plan.again is not None:
            self._tools.worklist.wake(Key(Kind.CASE, case.namespace, case.name), plan.again)

    def _still(self, case: Case) -> Case:
        """What is known of it by now. Raises `Conflict` where another one has its name."""
        known = self._world.cases.get((case.namespace, case.name), case)
        if known.uid != case.uid:
            raise Conflict(f"{case.name} was deleted and made anew")
        return known

    async def _step(self, case: Case, step: Step) -> None:
        match step:
            case WriteStatus():
                await self._write_status(case, step)
            case CreateJob():
                await self._create_job(case, step.attempt)
            case DeleteJob():
                await self.delete_job(step)
            case Emit():
                await self._emit(case, step)
            case AskSlot():
                self._tools.slots.ask(case)
                self._tools.worklist.wake(Key(Kind.SCHEDULE))
            case Learn():
                # Apart from the rest: a replay takes a while, and nothing else waits for it.
                self._tools.worklist.wake(Key(Kind.LESSONS, case.namespace, case.name))
            case Expire():
                await self._tools.writer.delete(INVESTIGATIONS, case.name, case.namespace, uid=case.uid)
                log.info("deleted by time to live", investigation=case.name, namespace=case.namespace)

    async def _write_status(self, case: Case, write: WriteStatus) -> None:
        answer = await self._tools.writer.apply_status(INVESTIGATIONS, manifests.status(case, write))
        self._world.put_case(case_of(answer))
        log.info("status", investigation=case.name, namespace=case.namespace, phase=write.phase.value, n=write.attempt)
        if write.finished is not None:
            self._tools.worklist.wake(Key(Kind.SCHEDULE))
            # The watch tells of this write only what is known by then.
            for kind in (Kind.INCIDENT, Kind.HINTS, Kind.SIMILAR):
                self._tools.worklist.wake(Key(kind, case.namespace, case.name), SETTLE)
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

    async def delete_job(self, step: DeleteJob) -> None:
        """Delete this very Job, whether or not it is still there."""
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
