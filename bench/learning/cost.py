"""Cost: what the first, second, fifth and tenth occurrence of a problem take, and whether they come to the same."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.learning.figures import share
from bench.learning.incidents import Incident, incidents
from bench.row import Bound, Row
from bench.session import Session
from bench.spread import Spread
from casebook.api.case import PastCase
from casebook.api.run import Run
from casebook.knowledge.recurrence import case_of, precedents
from casebook.reasoning.replay import replay
from support.reason import Root, roots
from support.recorded import envelope, rerun

GROUP = "cost"
SHOWN = (1, 2, 5, 10)
LOOKED_AT = (1, 2, 4, 5, 10)
"""Those between are as the one before: the share of reads that is allowed changes with the fourth."""
BOUNDS = {2: 50.0, 5: 25.0, 10: 25.0}


@dataclass(frozen=True)
class Occurrence:
    """One occurrence: reads, bytes read, seconds of a core that the engine took, and what it came to."""

    observations: int
    bytes: int
    seconds: float
    found: list[Root]


@dataclass
class Course:
    """The occurrences of one problem, by number."""

    incident: Incident
    made: dict[int, Occurrence] = field(default_factory=dict)

    @property
    def is_told(self) -> bool:
        """Whether the facts tell the cause clearly enough to be a precedent."""
        return self.incident.precedent is not None

    def percent(self, number: int, of: str) -> float:
        """What an occurrence takes of the first."""
        return 100 * getattr(self.made[number], of) / getattr(self.made[1], of)


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Every incident ten times; whoever comes next is given what the store would give it."""
    courses = []
    for one in incidents():
        session.tell(one.name)
        courses.append(course(one))
    told_ = [one for one in courses if one.is_told]
    rows = [row for number in SHOWN[1:] for row in _of_first(number, told_)]
    session.show(_lines(courses))
    return [*rows, *_accuracy(courses), *_everything(courses)]


def course(one: Incident) -> Course:
    """Ten occurrences, a case kept after each as the gateway keeps it; those `LOOKED_AT` are run."""
    made = Course(one)
    kept: list[PastCase] = []
    for number in range(1, max(SHOWN) + 1):
        if number not in LOOKED_AT:
            kept.append(_again(kept[-1], number))
            continue
        run = one.trace.run
        begin = time.process_time()
        trace = rerun(one.trace, *precedents(kept, run.now))
        seconds = time.process_time() - begin
        report = replay(trace)
        made.made[number] = Occurrence(len(trace.observations), report.cost.bytes, seconds, roots(report))
        kept.append(_again(case_of(_named(run, number), envelope(trace)), number))
    return made


def _named(run: Run, number: int) -> Run:
    return run.replace(name=f"inv-{number}", uid=f"uid-{number}")


def _again(case: PastCase, number: int) -> PastCase:
    return case.replace(name=f"inv-{number}", uid=f"uid-{number}")


def _of_first(number: int, courses: Sequence[Course]) -> Iterator[Row]:
    bound = Bound("<=", BOUNDS[number])
    for of in ("observations", "bytes", "seconds"):
        what = {"observations": "observations, each one call of an API", "seconds": "time of a core of the engine"}.get(
            of, of
        )
        shares = Spread.of(one.percent(number, of) for one in courses)
        over = max((one.percent(number, of), one.incident.name) for one in courses)
        note = f"of those told by facts; most {over[1]}"
        yield Row(GROUP, f"occurrence {number}, of the first: {what}", "%", shares,
                  bound if of == "observations" else None, note=note)  # fmt: skip


def _accuracy(courses: Sequence[Course]) -> Iterator[Row]:
    for number in SHOWN[1:]:
        same = [one.made[number].found == one.made[1].found for one in courses]
        what = f"occurrence {number} comes to what the full way comes to"
        yield share(GROUP, what, same, Bound(">=", 100))


def _everything(courses: Sequence[Course]) -> Iterator[Row]:
    """With those that nothing tells clearly, or where there is no fault: the full way is taken each time."""
    untold = [one.incident.name for one in courses if not one.is_told]
    first = sum(one.made[1].observations for one in courses)
    for number in SHOWN[1:]:
        then = sum(one.made[number].observations for one in courses)
        what = f"occurrence {number}, of the first: observations of all incidents together"
        note = f"{len(untold)} of {len(courses)} are told by no fact alone"
        yield Row(GROUP, what, "%", Spread.of([100 * then / first]), note=note)


def _lines(courses: Sequence[Course]) -> list[str]:
    head = "occurrence        " + "".join(f"{number:>9}" for number in SHOWN)
    lines = ["cost by occurrence, median of all incidents that facts tell", head]
    for of, scale in (("observations", 1.0), ("bytes", 1 / 1024), ("seconds", 1.0)):
        values = [median(getattr(one.made[number], of) * scale for one in courses if one.is_told) for number in SHOWN]
        name = {"bytes": "KiB read", "seconds": "seconds of core"}.get(of, of)
        lines.append(f"{name:<18}" + "".join(f"{value:>9.3g}" for value in values))
    untold = sorted(one.incident.name for one in courses if not one.is_told)
    return [*lines, f"the full way each time: {', '.join(untold)}", ""]
