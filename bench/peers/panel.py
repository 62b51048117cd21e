"""Asks Casebook and its peers about one fault, one after the other."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.measures.investigate import arguments
from bench.peers.contestants import Contestant
from bench.peers.findings import Finding
from bench.process import ProcessError, in_background
from bench.proxy import counting
from bench.session import Session
from casebook.api.report import Report
from scenariokit.kubectl import Kube
from scenariokit.run import owners_in
from scenariokit.ways import Question, parsed

OURS = "casebook"


@dataclass(frozen=True)
class Answer:
    """What one tool said of one fault: whole processes in seconds, calls to the API server.

    `findings` is nothing for Casebook, whose report the runner judges, and for a tool that ended with an `error`.
    """

    tool: str
    seconds: float
    calls: int
    findings: list[Finding] | None = None
    error: str = ""


@dataclass
class Asked:
    """The answers to one fault, and who owned the pods then."""

    owners: dict[str, str]
    answers: list[Answer] = field(default_factory=list)


class Panel:
    """A way of asking, for the scenario runner, that asks everybody; who begins changes with every fault.

    One tool at a time, also where faults are made side by side. Casebook asks `prometheus` too, where there is one; its
    peers know none.
    """

    name = "cli"

    def __init__(self, session: Session, peers: Sequence[Contestant], prometheus: str = "") -> None:
        self._session, self._peers = session, peers
        self._prometheus = ["--prometheus", prometheus] if prometheus else []
        self.asked: dict[str, Asked] = {}
        """By the namespace main of the run."""
        self._turn = asyncio.Lock()

    async def ask(self, kube: Kube, question: Question) -> Report:
        """Ask everybody; the report is Casebook's."""
        async with self._turn:
            return await self._everybody(kube, question)

    async def _everybody(self, kube: Kube, question: Question) -> Report:
        asked = Asked(await owners_in(kube, {"main": question.namespace}))
        self.asked[question.namespace] = asked
        order: list[Contestant | None] = [None, *self._peers]
        turn = len(self.asked) % len(order)
        reports = []
        for peer in order[turn:] + order[:turn]:
            self._session.tell(f"asking {peer.name if peer else OURS}")
            if peer is None:
                reports.append(await self._ours(question, asked))
            else:
                asked.answers.append(await self._theirs(peer, question.namespace))
        return reports[0]

    async def _ours(self, question: Question, asked: Asked) -> Report:
        async with counting(await self._session.client(), question.namespace) as (counter, env):
            done = await in_background([*arguments(question), *self._prometheus], env)
        asked.answers.append(Answer(OURS, done.seconds, counter.calls))
        return parsed(done.out)

    async def _theirs(self, peer: Contestant, namespace: str) -> Answer:
        findings, error = None, ""
        async with counting(await self._session.client(), namespace) as (counter, env):
            begin = time.perf_counter()
            try:
                findings = await peer.ask(env, namespace)
            except (ProcessError, ValueError, KeyError) as failed:
                error = f"{type(failed).__name__}: {failed}"[:300]
            seconds = time.perf_counter() - begin
        return Answer(peer.name, seconds, counter.calls, findings, error)
