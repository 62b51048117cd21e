"""`casebook investigate` as a whole process, and how often it calls the API server."""

from dataclasses import dataclass, field

from bench.pods import MIB
from bench.process import CASEBOOK, Timing, in_background, python
from bench.proxy import Counter, counting
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread
from bench.table import number
from casebook.api.report import Report
from scenariokit.kubectl import Kube
from scenariokit.ways import Question, asked_in_words, parsed

SECONDS, SECONDS_P95, CALLS, AT_ONCE = 2.0, 8.0, 60, 2
IMPORTS = "import casebook.cli.investigate"
FLOOR = "interpreter and imports of the command"


@dataclass
class Runs:
    """What the runs of one or more investigations took."""

    timings: list[Timing] = field(default_factory=list)
    floors: list[Timing] = field(default_factory=list)
    counters: list[Counter] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    @property
    def seconds(self) -> Spread:
        """Whole processes."""
        return Spread.of(timing.seconds for timing in self.timings)

    @property
    def floor(self) -> Spread:
        """Imports alone."""
        return Spread.of(timing.seconds for timing in self.floors)


class CommandLineProbe:
    """A way of asking, for the scenario runner, that measures what it does."""

    name = "bench-cli"

    def __init__(self, session: Session) -> None:
        self._session = session
        self.runs = Runs()

    async def ask(self, kube: Kube, question: Question) -> Report:
        """Ask several times by the clock, beside the imports alone; then once through a proxy that counts."""
        self._session.tell("investigating by the clock")
        command = arguments(question)
        for _ in range(self._session.runs):
            self.runs.floors.append(await in_background(python(IMPORTS)))
            self.runs.timings.append(await in_background(command, kube.env))
        self._session.tell("counting calls")
        client = await self._session.client()
        async with counting(client, question.namespace) as (counter, env):
            saved = ["--save", str(question.trace)] if question.trace else []
            done = await in_background([*command, *saved], env)
        self.runs.counters.append(counter)
        report = parsed(done.out)
        self.runs.reports.append(report)
        return report

    def rows(self, note: str) -> list[Row]:
        """The figures of all that was asked."""
        runs = self.runs
        if not runs.timings or not runs.counters:
            return [Row("investigate", "casebook investigate", note=note)]
        floor = Floor(runs.floor, FLOOR)
        what = "casebook investigate, whole process"
        slowest = f"95th percentile {number(runs.seconds.p95, 's')}"
        return [
            Row("investigate", what, "s", runs.seconds, Bound("<", SECONDS), floor, note),
            Row(
                "investigate",
                "the slowest of them",
                "s",
                runs.seconds,
                Bound("<", SECONDS_P95, judged="p95"),
                note=slowest,
            ),
            *more_rows(runs),
        ]


def more_rows(runs: Runs) -> list[Row]:
    """Calls to the API server, how many of them at a time; time of a core and memory by the kernel's account."""
    calls = Spread.of(counter.calls for counter in runs.counters)
    counted = Floor(Spread.of(report.cost.observations for report in runs.reports), "observations in the report")
    side = Spread.of(counter.most_open for counter in runs.counters)
    cpu = Spread.of(timing.cpu_seconds for timing in runs.timings)
    cores = Floor(Spread.of(timing.cpu_seconds for timing in runs.floors), FLOOR)
    peak = Spread.of(timing.peak_bytes / MIB for timing in runs.timings)
    imports = Floor(Spread.of(timing.peak_bytes / MIB for timing in runs.floors), FLOOR)
    return [
        Row("investigate", "calls to the API server", "", calls, Bound("<", CALLS, judged="max"), counted),
        Row("investigate", "calls side by side, at the most", "", side, Bound(">=", AT_ONCE)),
        Row("investigate", "time of a core that the process uses", "s", cpu, floor=cores),
        Row("investigate", "peak memory of the process", "MiB", peak, floor=imports),
    ]


def arguments(question: Question) -> list[str]:
    """The command that asks this."""
    target = [question.ask.target] if question.ask.target else []
    asked = asked_in_words(question.ask)
    words = ["--question", asked] if asked else []
    return [CASEBOOK, "investigate", *target, "-n", question.namespace, "-o", "json", *words]
