"""The engine over saved investigations of known faults: how right it is, also where evidence is withheld."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from bench.process import ROOT
from bench.replays import Replay, at_least, curve, reliability, replayed, replayed_in
from bench.retelling import TELLINGS
from bench.row import Bound, Floor, Relation, Row
from bench.session import Session
from bench.snapshots import Snapshot, snapshots
from bench.spread import Spread
from bench.withholding import KINDS
from casebook.api.run import Trace
from casebook.cli import tracefile
from casebook.reasoning import replay as engine
from scenariokit.cli import SCENARIOS
from scenariokit.format import load_all
from scenariokit.score import summarise

T = TypeVar("T")
GROUP = "recorded"
KEPT = tuple(ROOT / "tests" / "unit" / "reasoning" / name for name in ("recorded", "measured"))
"""Folders of the saved investigations that the repository holds."""
LIMIT_MS = 300.0
TIMES = 3
SURE = 90
AC1, AC3, SPECIFICITY, RELIABLE = 92.0, 97.0, 95.0, 95.0
FALSE_WHOLE, FALSE_WITHHELD = 4.0, 5.0


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Scores whole, with evidence withheld, with logs in other words; reliability, time, sameness of bytes."""
    found = snapshots([*KEPT, *session.options.saved], load_all(SCENARIOS))
    session.tell(f"{len(found)} saved investigations")
    sets = {"whole": [replayed(snapshot) for snapshot in found]}
    for kind in KINDS:
        session.tell(f"without {kind}")
        sets[f"without {kind}"] = [replayed(snapshot, kind) for snapshot in found]
    for language, form in TELLINGS:
        session.tell(f"logs in {language}, {form}")
        sets[f"logs in {language}, {form}"] = [replayed_in(snapshot, language, form) for snapshot in found]
    everything = [one for replays in sets.values() for one in replays]
    rows = [row for name, replays in sets.items() for row in scores(name, replays)]
    session.show([line for name, replays in sets.items() for line in wrong(name, replays)])
    session.show(["reliability, whole", *curve(reliability(sets["whole"])), ""])
    session.show(["reliability, all of these sets", *curve(reliability(everything))])
    return [*rows, _sure(everything), _engine(found, session.runs), _sameness(found)]


def scores(name: str, replays: Sequence[Replay]) -> list[Row]:
    """What the set reaches; without evidence only false causes are bounded: what cannot be seen cannot be found."""
    summary, whole = summarise([one.scored for one in replays]), not name.startswith("without")
    most = FALSE_WHOLE if whole else FALSE_WITHHELD
    return [
        _share(f"{name}: AC@1", summary.ac1, (">=", AC1) if whole else None),
        _share(f"{name}: AC@3", summary.ac3, (">=", AC3) if whole else None),
        _share(f"{name}: no-fault specificity", summary.no_fault, (">=", SPECIFICITY) if whole else None),
        _share(f"{name}: false causes for each 100", summary.false_causes, ("<=", most)),
    ]


def wrong(name: str, replays: Sequence[Replay]) -> list[str]:
    """The answers that are not right, one a line: what was said, what was missed, what is false."""
    lines = []
    for one in replays:
        if not one.judgement.right:
            said = ", ".join(f"{root.object} {root.cause}" for root in one.report.root_causes)
            missed, false = "; ".join(one.judgement.missed), "; ".join(one.judgement.false_causes)
            parts = [
                f"{one.report.verdict} {said}".strip(),
                f"missed {missed}" * bool(missed),
                f"false {false}" * bool(false),
            ]
            lines.append(f"{name}: {one.name}: {', '.join(part for part in parts if part)}")
    return lines


def _share(what: str, hits: tuple[int, int], bound: tuple[Relation, float] | None) -> Row:
    if not hits[1]:
        return Row(GROUP, what, "%", note="none of that kind was saved")
    percent = Spread.of([100 * hits[0] / hits[1]])
    return Row(GROUP, what, "%", percent, Bound(*bound) if bound else None, note=f"{hits[0]} of {hits[1]}")


def _sure(replays: Sequence[Replay]) -> Row:
    hits = at_least(reliability(replays), SURE)
    return _share(f"right of what is said with {SURE} % or more, in all of these sets", hits, (">=", RELIABLE))


def _engine(found: Sequence[Snapshot], runs: int) -> Row:
    """Time of a core for each replay, the middle one of several; beside it what reading the same snapshot takes.

    The time of a core and not of the clock, since others may be using the machine.
    """
    taken = {one.name: Spread.of(milliseconds(engine.replay, one.trace) for _ in range(runs)).median
             for one in found}  # fmt: skip
    reading = Spread.of(milliseconds(tracefile.load, one.path) for one in found)
    times = Spread.of(taken.values())
    note = f"slowest {max(taken, key=lambda name: taken[name])}; {times.median / reading.median:.1f} times the reading"
    floor = Floor(reading, "reading the same snapshots")
    what = "engine alone over a snapshot, time of a core"
    return Row(GROUP, what, "ms", times, Bound("<", LIMIT_MS, judged="max"), floor, note)


def milliseconds(work: Callable[[T], object], over: T) -> float:
    """How long a core of this process is busy with a piece of work."""
    begin = time.process_time()
    work(over)
    return (time.process_time() - begin) * 1000


def _sameness(found: Sequence[Snapshot]) -> Row:
    differing = [one.name for one in found if len({_bytes(one.trace) for _ in range(TIMES)}) > 1]
    what = f"snapshots whose report is not the same, byte for byte, {TIMES} times"
    return Row(GROUP, what, "", Spread.of([len(differing)]), Bound("<=", 0), note=", ".join(differing))


def _bytes(trace: Trace) -> str:
    return engine.replay(trace).model_dump_json()
