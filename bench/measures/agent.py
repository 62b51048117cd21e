"""From an alert to the agent's container, and from there to the report, in the cluster; and what the agent takes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp

from bench.archive import fill
from bench.emptyjob import EmptyJob, run_empty_job
from bench.installation import OPERATOR, Installation, installation, served
from bench.measures.memory import ROLES, resident
from bench.pods import MIB, Life, Missed, follow, has_begun
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread
from bench.watch import watching
from casebook.api.meta import NAMESPACE_ANNOTATION, ROLE_LABEL
from casebook.api.report import Report
from scenariokit.kubectl import CommandError, Kube
from scenariokit.ways import Question, alert_payload, forwarded

START_SECONDS, REPORT_SECONDS, PEAK_MIB = 2.0, 4.0, 120.0
NOISE_SECONDS = 0.5
"""By so much runs of the same differ on a machine with other work."""
PATIENCE = 180.0
ATTEMPTS = 4
INVESTIGATIONS = "/apis/casebook.dev/v1alpha1/namespaces/{}/investigations"


@dataclass(frozen=True)
class Passage:
    """One alert on its way; moments on the clock of `time.perf_counter`, beside an empty Job of the same image."""

    posted: float
    seen_running: float
    life: Life
    reported: float
    empty: EmptyJob


@dataclass
class AgentProbe:
    """A way of asking, for the scenario runner, that measures what it does."""

    session: Session
    floor_namespace: str
    installed: Installation
    passages: list[Passage] = field(default_factory=list)
    laden: list[Passage] = field(default_factory=list)
    judging: list[float] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    resident: dict[str, list[float]] = field(default_factory=dict)
    name: str = "bench-alert"

    async def ask(self, kube: Kube, question: Question) -> Report:
        """Post an alert several times, each a group of its own, beside an empty Job each time; then, where that is
        wanted, the same with many memories in the namespace."""
        await served(kube, question.namespace)
        report = await self._several(kube, question, self.passages, "bare")
        if count := self.session.options.memories:
            self.session.tell(f"making {count:,} memories")
            self.judging.append(await fill(await self.session.client(), question.namespace, count))
            report = await self._several(kube, question, self.laden, "laden")
            for role in ROLES:
                self.resident.setdefault(role, []).extend(await resident(kube, role))
        return report

    async def _several(self, kube: Kube, question: Question, kept: list[Passage], kind: str) -> Report:
        """As many passages as are wanted; one whose agent was too quick to be looked at is made again."""
        for turn in range(self.session.runs):
            for attempt in range(ATTEMPTS):
                self.session.tell(f"an alert on its way, {turn + 1} of {self.session.runs}")
                asked = replace(question, key=f"{question.key}-{kind}-{turn}-{attempt}")
                with suppress(Missed):
                    posted, running, life, reported, report = await self._passage(kube, asked)
                    break
            else:
                raise CommandError(f"the agent ended {ATTEMPTS} times before it could be looked at")
            self.session.tell("an empty Job beside it")
            empty = await run_empty_job(kube, await self.session.client(), self.floor_namespace, self.installed)
            kept.append(Passage(posted, running, life, reported, empty))
        return Report.model_validate(report)

    async def _passage(self, kube: Kube, question: Question) -> tuple[float, float, Life, float, dict[str, Any]]:
        pods = f"/api/v1/namespaces/{self.installed.runs_namespace}/pods?labelSelector={ROLE_LABEL}%3Dagent"
        async with (
            forwarded(kube, OPERATOR, "service/casebook-gateway", 8080) as gateway,
            watching(kube, pods) as pod_events,
            watching(kube, INVESTIGATIONS.format(question.namespace)) as written,
            asyncio.timeout(PATIENCE),
        ):
            agent = asyncio.create_task(self._agent(kube, pod_events, question.namespace))
            report = asyncio.create_task(_report(written, question.key))
            async with _ending(agent, report):
                posted = await self._post(gateway, question)
                (running, life), (reported, found) = await asyncio.gather(agent, report)
        return posted, running, life, reported, found

    async def _agent(
        self, kube: Kube, events: AsyncIterator[tuple[float, dict[str, Any]]], namespace: str
    ) -> tuple[float, Life]:
        """When the agent's container of this passage began, and its life; pods of passages before are not taken."""
        async for at, pod in events:
            metadata = pod["metadata"]
            mine = metadata.get("annotations", {}).get(NAMESPACE_ANNOTATION) == namespace
            if mine and metadata["uid"] not in self.known and has_begun(pod):
                self.known.add(metadata["uid"])
                return at, await follow(kube, metadata["namespace"], metadata["name"], "agent")
        raise CommandError("the watch of the agents' pods ended")

    async def _post(self, gateway: str, question: Question) -> float:
        """The moment before the alert was sent; Alertmanager's own retries are not waited for."""
        headers = {"Authorization": f"Bearer {self.installed.token}"}
        payload = alert_payload(question, datetime.now(UTC))
        url = f"{gateway}/v1/alerts/{self.installed.receiver}"
        async with aiohttp.ClientSession(headers=headers) as session:
            begin = time.perf_counter()
            async with session.post(url, json=payload) as answer:
                if answer.status >= 300:
                    raise CommandError(f"the gateway answered {answer.status}: {(await answer.text())[:300]}")
        return begin

    def rows(self, note: str) -> list[Row]:
        """The figures of all passages."""
        if not self.passages:
            return [Row("agent", "alert to report in the cluster", note=note)]
        rows = [start_row(self.passages, note), report_row(self.passages), *more_rows(self.passages)]
        return rows + (self._laden_rows(f"with {self.session.options.memories:,} memories") if self.laden else [])

    def _laden_rows(self, what: str) -> list[Row]:
        """The same with many memories, beside the same without; what the controller and the gateways take for them."""
        made = []
        for label, seconds in (("alert posted to agent container running", started), ("to report in status", whole)):
            floor = Floor(Spread.of(map(seconds, self.passages)), "the same without")
            bound = Bound("<=", NOISE_SECONDS, over_floor=True)
            made.append(Row("agent", f"{label}, {what}", "s", Spread.of(map(seconds, self.laden)), bound, floor))
        judged = Row(
            "agent", f"last one made until the controller has judged all, {what}", "s", Spread.of(self.judging)
        )
        taken = [Row("agent", f"{role}, {what}", "MiB", Spread.of(seen)) for role, seen in self.resident.items()]
        return [*made, judged, *taken]


def started(passage: Passage) -> float:
    """Seconds from the alert to the agent's container."""
    return passage.seen_running - passage.posted


def whole(passage: Passage) -> float:
    """Seconds from the alert to the report."""
    return passage.reported - passage.posted


def start_row(passages: list[Passage], note: str) -> Row:
    """Alert posted to container running."""
    seconds = Spread.of(map(started, passages))
    floor = Floor(Spread.of(p.empty.seen_running for p in passages), "an empty Job of the same image")
    bound = Bound("<=", START_SECONDS, over_floor=True)
    return Row("agent", "alert posted to agent container running", "s", seconds, bound, floor, note)


def report_row(passages: list[Passage]) -> Row:
    """The container's process begun to the report in `.status`."""
    seconds = Spread.of(p.reported - p.life.began for p in passages)
    imports = Spread.of(p.empty.import_seconds for p in passages)
    floor = Floor(imports, "interpreter and imports in a pod of the same image")
    bound = Bound("<=", REPORT_SECONDS, over_floor=True)
    return Row("agent", "agent container start to report", "s", seconds, bound, floor)


def more_rows(passages: list[Passage]) -> list[Row]:
    """What a person waits for, and what the agent takes."""
    peaks = Spread.of(p.life.peak / MIB for p in passages)
    imports = Floor(Spread.of(p.empty.peak / MIB for p in passages), "its imports alone")
    bound = Bound("<", PEAK_MIB, judged="max")
    return [
        Row("agent", "alert posted to report in status", "s", Spread.of(map(whole, passages))),
        Row("agent", "peak memory of the agent", "MiB", peaks, bound, imports, "VmHWM of the agent's process"),
    ]


async def probe(session: Session, floor_namespace: str) -> AgentProbe:
    """A probe for what is installed. Raises `CommandError` where nothing is."""
    return AgentProbe(session, floor_namespace, await installation(session.kube))


async def _report(events: AsyncIterator[tuple[float, dict[str, Any]]], key: str) -> tuple[float, dict[str, Any]]:
    async for at, found in events:
        alert = found["spec"].get("alert", {})
        if f'"{key}"' in alert.get("groupKey", "") and found.get("status", {}).get("report"):
            return at, found["status"]["report"]
    raise CommandError("the watch of the Investigations ended")


@asynccontextmanager
async def _ending(*tasks: asyncio.Task[Any]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
