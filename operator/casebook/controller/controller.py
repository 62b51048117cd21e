"""The controller as a whole: what watches say goes in, workers bring the cluster to where it should be."""

import asyncio
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from casebook.api.enums import KnowledgeReach, Severity, State
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.controller.access import Access
from casebook.controller.backtesting import Backtests
from casebook.controller.config import ControllerConfig
from casebook.controller.decide import Policy, Slot
from casebook.controller.fairshare import Limits
from casebook.controller.hinting import Hints, RecentCases
from casebook.controller.history import History
from casebook.controller.index import Index
from casebook.controller.joining import Joiner
from casebook.controller.lessons import Lessons
from casebook.controller.likening import Likening
from casebook.controller.manifests import AgentSettings
from casebook.controller.metrics import Metrics
from casebook.controller.news import announce
from casebook.controller.pace import Pace
from casebook.controller.parsing import case_of
from casebook.controller.reconcile import CaseReconciler
from casebook.controller.resync import Resync
from casebook.controller.shelf import Ledger, MemoryView, Shelf
from casebook.controller.skillshelf import SkillShelf, SkillView
from casebook.controller.slots import Slots
from casebook.controller.tenancy import Domain
from casebook.controller.tools import Tools
from casebook.controller.views import Case, JobView, NamespaceView
from casebook.controller.worker import Handler, Worker
from casebook.controller.worklist import FIRST, SETTLE, Key, Kind, Worklist
from casebook.controller.world import World

FIELD_MANAGER = "casebook-controller"
BACKTESTS_MANAGER = "casebook-controller-backtests"
INCIDENTS_MANAGER = "casebook-controller-incidents"
LESSONS_MANAGER = "casebook-controller-lessons"
LIKENING_MANAGER = "casebook-controller-likening"
"""Own what was tested, who explains whom, what became of feedback, and what is alike, apart from the first: none has to
repeat what another wrote."""
JUDGE_AFTER = 2.0
"""What a report or a word says of memories is counted so many seconds later, in seconds: that of others with it."""
SCHEDULE_EVERY = 0.1
"""Slots are given out at most this often, in seconds: one distribution serves all that ask meanwhile."""
TOLD_AT_ONCE, TOLD_A_SECOND = 100, 15.0
"""How many are told that they have to wait: in a storm these writes take the API server's time from the alerts."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Texts:
    """What cases and memories are found by, what shows for a case which others are like it, and what memories said."""

    index: Index
    likening: Likening
    history: History


class Controller:
    """One controller for one cluster. `now` is the wall clock, `clock` a monotonic one in seconds.

    `lessons` and `incidents` write under field managers of their own, `LESSONS_MANAGER` and `INCIDENTS_MANAGER`.

    All methods belong to the event loop that runs it.
    """

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        config: ControllerConfig,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        lessons: Lessons,
        incidents: Writer,
        ledger: Ledger | None = None,
        backtests: Backtests | None = None,
        hints: Hints | None = None,
        cases: RecentCases | None = None,
        texts: Texts | None = None,
    ) -> None:
        self.metrics = Metrics()
        self._workers = config.workers
        self._operator = config.operator_namespace
        self._clock = clock
        self._distributed = clock() - SCHEDULE_EVERY
        self._telling = Pace(TOLD_A_SECOND, TOLD_AT_ONCE, clock)
        self._worklist = Worklist(clock)
        self._tools = _tools(reader, writer, config, self._worklist, self.metrics, now)
        self._world = self._tools.world
        self._cases = CaseReconciler(self._tools)
        self._lessons = lessons
        self._joiner = Joiner(self._world, incidents, self._worklist)
        self._backtests = backtests
        self._texts = texts
        self._hints = hints
        self._shelf = Shelf(writer, now, ledger, self._tools.instance, config.operator_namespace, cases)
        self._skills = SkillShelf(writer, now)
        self._resync = Resync(self._tools, self._cases, config.resync_seconds, clock)

    @property
    def healthy(self) -> bool:
        """Whether it still gets its work done, as far as the resync tells."""
        return self._resync.healthy

    @property
    def ready(self) -> bool:
        """Whether it has seen the whole cluster once."""
        return self._resync.done_once

    async def run(self) -> None:
        """Until cancelled: one resync first, as often as it takes, then everything that is woken."""
        worker = Worker(self._worklist, self._handlers(), self.metrics)
        while not self.ready:
            await worker.step(Key(Kind.RESYNC))
            await asyncio.sleep(0 if self.ready else 1)
        log.info("ready", investigations=len(self._world.cases), namespaces=len(self._world.namespaces))
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(worker.run())

    def saw_case(self, case: Case) -> None:
        """An Investigation as it is now."""
        if _has_just_resolved(case, self._world.cases.get(case.key)):
            self._wake(Kind.HINTS, case.namespace, case.name, after=JUDGE_AFTER)
        if self._world.put_case(case):
            if case.finished:
                self._wake(Kind.MEMORIES, case.namespace, after=JUDGE_AFTER)
            # One that nobody has looked at yet only asks for its slot, and does not wait behind a storm for that.
            self._wake(Kind.CASE, case.namespace, case.name, after=FIRST if case.phase is None else 0.0)
            if case.finished and case.roots:
                self._wake(Kind.INCIDENT, case.namespace, case.name, after=SETTLE)
            if case.finished and self._texts is not None:
                self._wake(Kind.INDEX, case.namespace, after=JUDGE_AFTER)
                if case.unlikened:
                    self._wake(Kind.SIMILAR, case.namespace, case.name, after=JUDGE_AFTER)

    def lost_case(self, case: Case) -> None:
        """An Investigation was deleted."""
        if self._world.drop_case(case.namespace, case.name, case.uid):
            self._wake(Kind.ORPHANS, case.namespace, case.name)
            self._wake(Kind.SCHEDULE)
            if case.explained_by:
                self._wake(Kind.INCIDENT, *case.explained_by, after=SETTLE)

    def saw_job(self, job: JobView) -> None:
        """A Job as it is now."""
        if self._world.put_job(job):
            known = self._world.case_of(job.case_uid) is not None
            self._wake(Kind.CASE if known else Kind.ORPHANS, job.case_namespace, job.case_name)

    def lost_job(self, job: JobView) -> None:
        """A Job was deleted."""
        if self._world.drop_job(job.name, job.uid) and self._world.case_of(job.case_uid) is not None:
            self._wake(Kind.CASE, job.case_namespace, job.case_name)

    def saw_memory(self, memory: MemoryView | None) -> None:
        """A Memory as it is now; None for one that makes no sense."""
        if memory is not None:
            self._shelf.put(memory)
            self._judge_again(memory)
            if self._texts is not None:
                self._texts.history.saw(memory.memory)
            self._wake(Kind.INDEX, memory.namespace, after=JUDGE_AFTER)
            if memory.untested and self._backtests is not None:
                self._wake(Kind.BACKTESTS, memory.namespace, memory.memory.name, after=JUDGE_AFTER)

    def lost_memory(self, memory: MemoryView | None) -> None:
        """A Memory was deleted."""
        if memory is not None:
            self._shelf.drop(memory)
            self._judge_again(memory)
            if self._texts is not None:
                self._texts.history.gone(memory.memory)
            self._wake(Kind.INDEX, memory.namespace, after=JUDGE_AFTER)

    def _judge_again(self, memory: MemoryView) -> None:
        """The tenant's memories, or those of all tenants where it is published to them."""
        everywhere = memory.namespace == self._operator and memory.memory.spec.reach is KnowledgeReach.PLATFORM
        for namespace in self._world.namespaces if everywhere else (memory.namespace,):
            self._wake(Kind.MEMORIES, namespace)

    def saw_skill(self, skill: SkillView | None) -> None:
        """A Skill as it is now; None for one that makes no sense."""
        if skill is not None:
            self._skills.put(skill)
            self._wake(Kind.SKILL, skill.skill.namespace, skill.skill.name)

    def lost_skill(self, skill: SkillView | None) -> None:
        """A Skill was deleted."""
        if skill is not None:
            self._skills.drop(skill)

    def saw_namespace(self, namespace: NamespaceView) -> None:
        """A namespace as it is now."""
        announce(self._world.put_namespaces([namespace]), self._world, self._worklist)

    def lost_namespace(self, namespace: NamespaceView) -> None:
        """A namespace was deleted."""
        announce(self._world.drop_namespace(namespace.name), self._world, self._worklist)

    def measure(self) -> None:
        """Bring the gauges up to date, for whoever reads them now."""
        waiting = self._tools.slots.waiting()
        for severity in Severity:
            self.metrics.queue_depth.labels(severity.value).set(waiting[severity.value])
        self.metrics.resync_age.set(self._resync.age)
        states = self._shelf.states()
        for state in State:
            self.metrics.memories.labels(state.value).set(states[state])

    def _handlers(self) -> dict[Kind, Handler]:
        access = self._tools.access
        return {
            Kind.CASE: self._cases.reconcile,
            Kind.ORPHANS: self._cases.sweep,
            Kind.NAMESPACE: lambda key: access.bind(key.namespace),
            Kind.READERS: lambda _: access.readers(),
            Kind.SCHEDULE: self._schedule,
            Kind.LESSONS: self._learn,
            Kind.MEMORIES: self._judge,
            Kind.SKILL: self._judge_skill,
            Kind.INCIDENT: lambda key: self._joiner.join((key.namespace, key.name)),
            Kind.BACKTESTS: self._backtest,
            Kind.SIMILAR: self._liken,
            Kind.INDEX: self._index,
            Kind.HINTS: self._look_back,
            Kind.RESYNC: lambda _: self._resync.run(),
        }

    async def _judge(self, key: Key) -> None:
        """How the memories of a tenant stand."""
        place = self._first(key)
        if place is not None:
            again = await self._shelf.judge(*place)
            for namespace, name in await asyncio.to_thread(self._skills.touched, self._shelf.judged(place[1])):
                self._wake(Kind.SKILL, namespace, name)
            if again is not None:
                self._worklist.wake(key, again)

    async def _judge_skill(self, key: Key) -> None:
        tenants = self._world.tenants
        spaces = tenants.spaces.get(tenants.of.get(key.namespace, ""), frozenset({key.namespace}))
        await self._skills.judge(key.namespace, key.name, self._shelf.judged(spaces))

    async def _index(self, key: Key) -> None:
        """What the memories of a tenant say and are found by, and embeddings of what has none."""
        place = self._first(key)
        if place is not None and self._texts is not None:
            await self._texts.history.keep(*place)
            again = await self._texts.index.keep_up(place[0], self._shelf.memories(place[1]))
            if again is not None:
                self._worklist.wake(key, again)

    def _first(self, key: Key) -> tuple[str, frozenset[str]] | None:
        """The tenant and its namespaces, once for all of these: under the name of the first, which is woken for it."""
        tenants = self._world.tenants
        tenant = tenants.of.get(key.namespace)
        if tenant is None:
            return None
        first = min(tenants.spaces[tenant])
        if key.namespace == first:
            return tenant, tenants.spaces[tenant]
        self._wake(key.kind, first)
        return None

    async def _liken(self, key: Key) -> None:
        tenant = self._world.tenants.of.get(key.namespace)
        if self._texts is not None and tenant is not None:
            made = await self._texts.likening.compare(tenant, key.namespace, key.name)
            if made is not None:
                self._world.put_case(case_of(made))
                self._wake(Kind.INDEX, key.namespace)

    async def _backtest(self, key: Key) -> None:
        """One at a time, so that it holds up one worker at most."""
        tenant = self._world.tenants.of.get(key.namespace)
        if self._backtests is None or tenant is None:
            return
        if self._backtests.busy:
            self._worklist.wake(key, JUDGE_AFTER)
            return
        await self._backtests.test(tenant, key.namespace, key.name)

    async def _look_back(self, key: Key) -> None:
        """What it saw of earlier ones, and whether its alert is gone; then memories are judged again."""
        case = self._world.cases.get((key.namespace, key.name))
        tenant = self._world.tenants.of.get(key.namespace)
        if self._hints is None or case is None or tenant is None:
            return
        at = case.alert.resolved if case.alert else None
        await self._hints.look(tenant, case.uid, self._tools.now(), at - case.created if at else None)
        self._wake(Kind.MEMORIES, key.namespace, after=JUDGE_AFTER)

    async def _learn(self, key: Key) -> None:
        case = self._world.cases.get((key.namespace, key.name))
        tenant = self._world.tenants.of.get(key.namespace)
        if case is None or tenant is None:
            return
        learned = await self._lessons.learn(key.namespace, key.name, case.uid, tenant)
        for lesson in learned.lessons:
            self.metrics.lessons.labels(lesson.state.value if lesson.state else "None").inc()
            if lesson.memory:
                took = self._tools.now() - learned.said_at
                self.metrics.lesson_seconds.observe(max(0.0, took.total_seconds()))
        self._wake(Kind.MEMORIES, key.namespace, after=JUDGE_AFTER)

    async def _schedule(self, key: Key) -> None:
        wait = self._distributed + SCHEDULE_EVERY - self._clock()
        if wait > 0:
            self._worklist.wake(key, wait)
            return
        slots = self._tools.slots
        for case in slots.distribute():
            after = FIRST if slots.state(case) is Slot.GRANTED else self._telling.delay()
            self._wake(Kind.CASE, case.namespace, case.name, after=after)
        self._distributed = self._clock()

    def _wake(self, kind: Kind, namespace: str = "", name: str = "", *, after: float = 0.0) -> None:
        self._worklist.wake(Key(kind, namespace, name), after)


def _has_just_resolved(case: Case, before: Case | None) -> bool:
    """Whether its alert was known to fire, and is gone; while it is looked into, its end tells of that."""
    gone = case.finished and case.alert is not None and case.alert.resolved is not None
    return gone and before is not None and (before.alert is None or before.alert.resolved is None)


def _tools(
    reader: Reader,
    writer: Writer,
    config: ControllerConfig,
    worklist: Worklist,
    metrics: Metrics,
    now: Callable[[], datetime],
) -> Tools:
    domain = Domain(config.operator_namespace, config.runs_namespace, frozenset(config.excluded_namespaces))
    world = World(domain)
    return Tools(
        world=world,
        reader=reader,
        writer=writer,
        access=Access(world, reader, writer),
        slots=Slots(world, Limits(config.max_running, config.max_running_per_tenant)),
        worklist=worklist,
        metrics=metrics,
        policy=_policy(config),
        agent=_agent(config),
        now=now,
        instance=platform.node() or FIELD_MANAGER,
    )


def _policy(config: ControllerConfig) -> Policy:
    return Policy(
        attempts=config.attempts,
        backoff=config.backoff_seconds,
        grace=config.grace_seconds,
        start=config.start_seconds,
        ttl=config.ttl_seconds_after_finished,
        max_running=config.max_running,
        max_running_per_tenant=config.max_running_per_tenant,
        runs_namespace=config.runs_namespace,
    )


def _agent(config: ControllerConfig) -> AgentSettings:
    return AgentSettings(
        namespace=config.runs_namespace,
        image=config.image,
        pull_policy=config.image_pull_policy,
        gateway_url=config.gateway_url,
        resources=config.agent_resources,
        grace=config.grace_seconds,
        ttl=config.job_ttl_seconds,
    )
