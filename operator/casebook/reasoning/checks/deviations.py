"""Symptoms that only curves show: slower answers, failing requests, a backlog, memory that runs out."""

from collections.abc import Iterator
from datetime import datetime

from casebook.analysis.access import quantity
from casebook.analysis.curves import Series, shown
from casebook.analysis.graph import Graph
from casebook.analysis.ongoing import still
from casebook.analysis.robust import Shift, climbs, known, share, stretch, teeth
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Container
from casebook.analysis.world import World
from casebook.reasoning.planning.measuring import Measured, Measurements

SLOWER, SLOW_SECONDS = 2.0, 0.1
"""Answers are slow where they take twice as long as before and a tenth of a second longer, which a person notices."""
FAILING = 0.05
FEW_REQUESTS = 20
"""Of fewer requests in the span asked about no share is told: one failure more would change it too much."""
YOUNG = 2
"""Steps within which a rate still counts what ended before them."""
WAITING = 5.0
NEAR = 0.9


def deviations(world: World, graph: Graph, measured: Measurements) -> Iterator[Symptom]:
    """Every lasting deviation of a workload's curves."""
    requests = measured.get("traffic", {})
    for ref, found in measured.get("latency", {}).items():
        yield from _slow(world, ref, found)
    for ref, found in measured.get("errors", {}).items():
        if ref in requests:
            yield from _failing(world, ref, found, requests[ref])
    for ref, found in measured.get("backlog", {}).items():
        yield from _backlog(world, graph, ref, found)
    for ref, found in measured.get("memory", {}).items():
        near = [one for container in world.workloads[ref].containers if (one := nearing(container, found))]
        yield from (Symptom(ref, Sign.NEAR_LIMIT, said, None, (cite,)) for said, cite in near)


def _slow(world: World, ref: Ref, found: Measured) -> Iterator[Symptom]:
    for series in found.series:
        change = series.shift(world.begin)
        if change and change.ratio >= SLOWER and change.after - change.before >= SLOW_SECONDS:
            said = f"answers in {shown(change.after)} s, before in {shown(change.before)} s{_scored(change)}"
            yield Symptom(ref, Sign.SLOW, said, series.at(change.step), (found.curve.cite(said, series),))


def _failing(world: World, ref: Ref, found: Measured, requests: Measured) -> Iterator[Symptom]:
    if volume(world, requests.total) < FEW_REQUESTS:
        return
    shares = ratio(found.total, requests.total)
    bad = [index for index, value in enumerate(shares.values) if value is not None and value >= FAILING]
    # A rate looks back: a share that has fallen to half of its peak tells of what is over.
    if bad and shares.last is not None and shares.last >= max(FAILING, shares.highest / 2):
        began, said = stretch(bad), f"fails {shares.last:.0%} of its requests"
        if bad[-1] - began < YOUNG and _is_told_over(world, ref, shares.at(began) - YOUNG * shares.step):
            return
        yield Symptom(ref, Sign.FAILING, said, shares.at(began), (found.curve.cite(said, found.total),))


def _is_told_over(world: World, ref: Ref, since: datetime) -> bool:
    """Whether the log says that the failures which a rate still counts are over: errors since, and none goes on."""
    logs = [log for log in world.logs_of(world.workloads[ref]) if not log.previous]
    told = any(entry.at and entry.at >= since for log in logs for entry in log.errors)
    return told and not any(still(world, log) for log in logs)


def _backlog(world: World, graph: Graph, ref: Ref, found: Measured) -> Iterator[Symptom]:
    series = found.total
    change = series.shift(world.begin)
    if change and change.after - change.before >= WAITING and series.last is not None and series.last >= change.after:
        callers = frozenset(edge.source for one in _called(world, ref) for edge in graph.needed_by(one))
        said = f"its backlog grows: {shown(series.last)} wait, before {shown(change.before)}{_scored(change)}"
        yield Symptom(
            ref, Sign.BACKLOG, said, series.at(change.step), (found.cite(said),), callers & set(world.workloads)
        )


def _called(world: World, ref: Ref) -> list[Ref]:
    return [ref, *(service.ref for service in world.services_of(world.workloads[ref]))]


def nearing(container: Container, found: Measured) -> tuple[str, Cite] | None:
    """That a container uses nearly all of its memory limit and climbs, in words and cited; None if it does not."""
    limit = quantity(container.spec, "resources", "limits", "memory")
    for series in found.of(container):
        used = share(series.values, limit) if limit else None
        if used and used[0] >= NEAR and climbs(series.values[slice(*teeth(series.values)[-1])]):
            said = f"container {container.name} uses {used[0]:.0%} of its memory limit, and climbs"
            return said, found.curve.cite(said, series)
    return None


def volume(world: World, rate: Series) -> float:
    """Requests in the span asked about, from their rate in each second."""
    return sum(known(rate.values[rate.index(world.begin) :])) * rate.step.total_seconds()


def ratio(part: Series, whole: Series) -> Series:
    """One series as a share of another; None where the whole is nothing."""
    pairs = zip(part.values, whole.values, strict=True)
    values = tuple((one or 0.0) / other if other else None for one, other in pairs)
    return Series(part.labels, part.start, part.step, values)


def _scored(change: Shift) -> str:
    return "" if change.score in (float("inf"), float("-inf")) else f" (robust z-score {change.score:.1f})"
