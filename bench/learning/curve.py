"""The curve: how often the right cause is named along a stream of incidents, with and without learning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.learning.ceilings import InScope, Told
from bench.learning.learner import Learner, others
from bench.learning.plot import draw
from bench.learning.retrieval import PastReports, text_of
from bench.learning.stream import LENGTH, Happening, first, stream
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread

GROUP = "curve"
NONE, TEXT, OURS = "no memory", "text of past reports", "Casebook"
LAST = 50
STREAMS = 5

System = Callable[[Happening], str]


@dataclass
class Searcher:
    """The nearest past report by its text says the cause: the one that the person named, else its own."""

    past: PastReports = field(default_factory=PastReports)

    def __call__(self, one: Happening) -> str:
        """What the nearest past report was about; what this one says where there is none."""
        text = text_of(one.report, one.alertname)
        found = self.past.nearest(text) or first(one.report)
        said = one.mood.says(found, one.truths, others(one.report))
        self.past.keep(text, said or found)
        return found


SYSTEMS: dict[str, Callable[[], System]] = {
    NONE: lambda: lambda one: first(one.report),
    TEXT: Searcher,
    OURS: Learner,
}
CEILINGS: dict[str, Callable[[], System]] = {
    "a right cause that somebody named of the problem": Told,
    "a right cause that a memory in whose scope it lies claims": InScope,
}
"""Nobody knows on the way which words are right: how right one could be at best that did."""


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Lets every system live through the same streams; draws how right each was."""
    compared = {**SYSTEMS, **CEILINGS}
    right: dict[str, list[list[bool]]] = {name: [] for name in compared}
    for seed in range(session.options.seed, session.options.seed + STREAMS):
        session.tell(f"stream {seed}")
        happened = list(stream(seed))
        for name, make in compared.items():
            system = make()
            right[name].append([system(one) in one.truths for one in happened])
    path = session.options.out / "learning-curve.svg"
    draw(path, {name: right[name] for name in SYSTEMS})
    session.show([f"plot: {path}"])
    return _rows(right)


def _rows(right: dict[str, list[list[bool]]]) -> list[Row]:
    last = {name: Spread.of(_percent(one[-LAST:]) for one in streams) for name, streams in right.items()}
    best = max((NONE, TEXT), key=lambda name: last[name].median)
    what = f"right of the last {LAST} of {LENGTH} incidents, {STREAMS} streams"
    note = "; ".join(f"{name} {last[name].median:.0f} % (all {_all(right[name]):.0f} %)" for name in SYSTEMS)
    bound = Bound(">=", 0, over_floor=True)
    row = Row(GROUP, what, "%", last[OURS], bound, Floor(last[best], best), note=note)
    return [row, *(_ceiling(name, last[name], right[name]) for name in CEILINGS)]


def _ceiling(name: str, last: Spread, streams: Sequence[Sequence[bool]]) -> Row:
    told = f"all {_all(streams):.0f} %"
    return Row(GROUP, f"where facts tell it, or {name}", "%", last, note=told)


def _percent(answers: Sequence[bool]) -> float:
    return 100 * sum(answers) / len(answers)


def _all(streams: Sequence[Sequence[bool]]) -> float:
    return _percent([answer for one in streams for answer in one])
