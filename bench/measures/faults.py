"""Faults of the scenario suite, each made once, asked about by every probe that was chosen."""

from bench.measures import agent, investigate
from bench.row import Row
from bench.session import Session
from casebook.api.report import Report
from scenariokit.cli import SCENARIOS
from scenariokit.format import Scenario, load_all
from scenariokit.kubectl import CommandError, Kube
from scenariokit.needs import lacking
from scenariokit.rows import Row as ScenarioRow
from scenariokit.run import Options, Runner, await_gone
from scenariokit.ways import Question, Way

GONE_SECONDS = 300.0
USUAL = ("bad-deploy-exception", "oom-limit-low", "svc-selector", "configmap-missing", "quota-exceeded")
"""Faults that are investigated where none is named."""


class Ways:
    """Several ways of asking, one after the other; the report of the last one counts."""

    name = "bench"

    def __init__(self, ways: list[Way]) -> None:
        self._ways = ways

    async def ask(self, kube: Kube, question: Question) -> Report:
        """Ask in every way."""
        reports = [await way.ask(kube, question) for way in self._ways]
        return reports[-1]


async def measure(session: Session, chosen: set[str]) -> list[Row]:
    """The figures of `investigate` and `agent`, over the same faults."""
    scenarios = load_all(SCENARIOS, session.options.scenarios or USUAL)
    async with session.namespace("floor") as floor_namespace:
        command = investigate.CommandLineProbe(session) if "investigate" in chosen else None
        alert = await agent.probe(session, floor_namespace) if "agent" in chosen else None
        probes = [probe for probe in (command, alert) if probe is not None]
        rows = await _all(session, scenarios, Ways(list(probes)))
    note = told(rows)
    return [row for probe in probes for row in probe.rows(note)]


async def _all(session: Session, scenarios: list[Scenario], ways: Ways) -> list[ScenarioRow]:
    kube = session.kube
    lacks = await lacking(kube, {need for scenario in scenarios for need in scenario.needs})

    def tell(scenario: str, _repeat: int, stage: str) -> None:
        session.tell(f"{scenario}, {stage}")

    runner = Runner(kube, ways, Options(lacks, traces=session.traces), tell)
    # One at a time: while one is timed, nothing else of ours is being set up.
    rows = [await runner.run(scenario, 1) for scenario in scenarios]
    session.tell("waiting for the namespaces to be gone")
    await await_gone(kube, GONE_SECONDS)
    if not rows:
        raise CommandError("no scenario was named")
    return rows


def told(rows: list[ScenarioRow]) -> str:
    """How many scenarios were measured, how many answers were right, and why the others were not measured."""
    measured = [row for row in rows if row.verdict is not None]
    right = sum(row.outcome == "right" for row in measured)
    lost = [f"{row.id}: {row.reason}"[:160] for row in rows if row.verdict is None]
    return "; ".join([f"{len(measured)} scenarios, {right} answered right", *lost])
