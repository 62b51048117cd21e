"""How `casebook investigate` grows with a namespace: seconds, memory and calls from 10 pods to 1,000."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.crowd import BROKEN, Crowd
from bench.measures.investigate import FLOOR, IMPORTS, arguments
from bench.plot import Panel, draw
from bench.pods import MIB
from bench.process import Timing, in_background, python
from bench.proxy import counting
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread
from casebook.api.report import Report
from casebook.cluster.client import Client, connect
from scenariokit.format import Ask
from scenariokit.kubectl import CommandError
from scenariokit.ways import Question, parsed
from support.apiserver import private_api_server

SIZES = (10, 100, 300, 1000)
SECONDS, PEAK_MIB = 30.0, 120.0
NAMESPACE = "crowd"
EXPECTED = f"Deployment/{BROKEN} ImageNotFound"
PLOT = "scale.svg"


@dataclass(frozen=True)
class Size:
    """What investigations of a namespace of so many pods took, beside the imports of the command alone."""

    pods: int
    timings: tuple[Timing, ...]
    floors: tuple[Timing, ...]
    calls: int
    found: str

    @property
    def seconds(self) -> Spread:
        """Whole processes."""
        return Spread.of(timing.seconds for timing in self.timings)

    @property
    def peak(self) -> Spread:
        """MiB of resident memory, at most."""
        return Spread.of(timing.peak_bytes / MIB for timing in self.timings)


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """One namespace that grows, in an API server of our own without kubelets; the plot goes to the results."""
    with TemporaryDirectory(prefix="casebook-bench-") as folder:
        try:
            async with (
                private_api_server(str(session.kube.kubeconfig), Path(folder)) as kubeconfig,
                connect(kubeconfig) as client,
            ):
                sizes = await _grown(session, client, kubeconfig)
        except AssertionError as error:
            raise CommandError(str(error)) from None
    draw(SIZES, panels(sizes), session.options.out / PLOT)
    return rows(sizes)


async def _grown(session: Session, client: Client, kubeconfig: str) -> list[Size]:
    crowd = Crowd(client, NAMESPACE)
    await crowd.begin()
    sizes = []
    for pods in SIZES:
        session.tell(f"growing to {pods} pods")
        await crowd.grow(pods)
        session.tell(f"investigating {pods} pods")
        sizes.append(await _asked(session, client, kubeconfig, pods))
    return sizes


async def _asked(session: Session, client: Client, kubeconfig: str, pods: int) -> Size:
    command = arguments(Question(Ask(question="what is wrong here?"), NAMESPACE, NAMESPACE))
    timings, floors = [], []
    for _ in range(session.runs):
        floors.append(await in_background(python(IMPORTS)))
        timings.append(await in_background(command, {"KUBECONFIG": kubeconfig}))
    async with counting(client, NAMESPACE) as (counter, env):
        saved = ["--save", str(session.traces / f"scale-{pods}.json.gz")]
        done = await in_background([*command, *saved], env)
    return Size(pods, tuple(timings), tuple(floors), counter.calls, found(parsed(done.out)))


def found(report: Report) -> str:
    """The root causes with their objects, or the verdict."""
    return ", ".join(f"{cause.object} {cause.cause}" for cause in report.root_causes) or report.verdict.value


def growth(sizes: list[Size]) -> float:
    """The most by which calls grew in proportion to pods, from one size to the next; 1 is as fast as the pods."""
    return max((more.calls / less.calls) / (more.pods / less.pods) for less, more in pairwise(sizes))


def panels(sizes: list[Size]) -> list[Panel]:
    """What the plot shows."""
    as_pods = [sizes[0].calls * size.pods / sizes[0].pods for size in sizes]
    return [
        Panel("calls to the API server", [size.calls for size in sizes], as_pods, "in proportion to the pods"),
        Panel("seconds, whole process", [size.seconds.median for size in sizes], SECONDS, "bound"),
        Panel("peak memory, MiB", [size.peak.most for size in sizes], PEAK_MIB, "bound"),
    ]


def rows(sizes: list[Size]) -> list[Row]:
    """A row a size for the seconds and the memory; the largest has bounds. Then the calls, and how they grow."""
    made = []
    for size in sizes:
        last = size is sizes[-1]
        what = f"casebook investigate, a namespace of {size.pods} pods"
        floor = Floor(Spread.of(timing.seconds for timing in size.floors), FLOOR)
        note = f"{size.calls} calls; found {size.found}"
        made.append(
            Row("scale", what, "s", size.seconds, Bound("<", SECONDS, judged="max") if last else None, floor, note)
        )
        imports = Floor(Spread.of(timing.peak_bytes / MIB for timing in size.floors), FLOOR)
        bound = Bound("<", PEAK_MIB, judged="max") if last else None
        made.append(Row("scale", f"its peak memory, {size.pods} pods", "MiB", size.peak, bound, imports))
    wrong = Spread.of([sum(size.found != EXPECTED for size in sizes)])
    calls = ", ".join(f"{size.calls} for {size.pods}" for size in sizes)
    return [
        *made,
        Row("scale", "sizes at which the cause was not found", "", wrong, Bound("<=", 0)),
        Row("scale", "calls beside pods, fastest growth", "", Spread.of([growth(sizes)]), Bound("<", 1), note=calls),
    ]
