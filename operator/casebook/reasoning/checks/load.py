"""How many requests workloads answer and how fast: as curves tell, else as two parts of a busy log do."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis.curves import shown
from casebook.analysis.requests import Compared, compared, parted
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Cite, Ref
from casebook.analysis.world import World
from casebook.reasoning.checks.deviations import SLOW_SECONDS, SLOWER
from casebook.reasoning.planning.measuring import Measured, Measurements

TIMES = 2.0
LEAST = 1.0
"""Requests a second: below that, a doubling is a handful of requests."""
CURVES_LAG = timedelta(minutes=3)
"""A rate looks back over three minutes, so that a symptom may show before the rise does."""
LOGS_LAG = timedelta(seconds=30)
"""Of a log that was read in parts the rise may lie between two of them."""

Comparisons = dict[Ref, Compared]


class Rise(NamedTuple):
    """A lasting rise of the requests to a workload: the rates a second before and since, and when it began.

    By `lag` the rise may really have begun earlier; `cite` makes a citation of what shows it.
    """

    before: float
    after: float
    began: datetime
    lag: timedelta
    cite: Callable[[str], Cite]

    def said(self) -> str:
        """From how many to how many."""
        return f"{shown(self.before)} -> {shown(self.after)} requests a second"


def comparisons(world: World, changes: Sequence[datetime]) -> Comparisons:
    """Every workload of which an earlier part of a busy log was read beside the last lines, compared at `changes`."""
    found: Comparisons = {}
    for workload in world.workloads.values():
        for log in world.logs_of(workload):
            earlier = world.earlier_logs.get((log.namespace, log.pod, log.container))
            if earlier is not None and log.truncated and not log.previous:
                found.setdefault(workload.ref, compared(earlier, log, changes))
    return found


def within(world: World, changes: Sequence[datetime]) -> Comparisons:
    """Every workload whose log was read whole, each compared with itself at `changes`."""
    found: Comparisons = {}
    for workload in world.workloads.values():
        for log in world.logs_of(workload):
            if not log.truncated and not log.previous:
                found.setdefault(workload.ref, parted(log, changes))
    return found


def rises(world: World, measured: Measurements, logged: Comparisons) -> dict[Ref, Rise]:
    """The workloads that have at least twice as many requests as before."""
    found = {ref: rise for ref, one in logged.items() if (rise := _by_log(one))}
    found |= {ref: rise for ref, one in measured.get("traffic", {}).items() if (rise := _by_curve(world, one))}
    return dict(sorted(found.items()))


def _by_curve(world: World, requests: Measured) -> Rise | None:
    change = requests.total.shift(world.begin)
    if change is None or not _is_rise(change.before, change.after):
        return None
    return Rise(change.before, change.after, requests.total.at(change.step), CURVES_LAG, requests.cite)


def _by_log(one: Compared) -> Rise | None:
    before, after = one.before.rate, one.now.rate
    if before is None or after is None or not _is_rise(before, after):
        return None
    return Rise(before, after, one.faster_since(), LOGS_LAG, lambda said: Cite(one.log.source, said))


def _is_rise(before: float, after: float) -> bool:
    return after >= TIMES * before and after - before >= LEAST


def slower(logged: Comparisons) -> Iterator[Symptom]:
    """Workloads that answer later than before, as their logs tell; by the measure that curves are held to."""
    for ref, one in logged.items():
        before, now = one.before.wait, one.now.wait
        if before is not None and now is not None and now >= SLOWER * before and now - before >= SLOW_SECONDS:
            said = f"answers nine of ten requests in {shown(now)} s, before in {shown(before)} s"
            yield Symptom(ref, Sign.SLOW, said, one.slower_since(), (Cite(one.log.source, said),))


def would_show(world: World, measured: Measured | None, changed: datetime) -> bool:
    """Whether a curve reaches until now and far enough past a moment that a change since then would show in it."""
    return measured is not None and measured.total.last is not None and measured.total.compares(world.begin, changed)
