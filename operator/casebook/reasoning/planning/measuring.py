"""What is asked of a Prometheus, where there is one, and what it answered about a workload."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce

from casebook.analysis.access import listed, words
from casebook.analysis.curves import Curve, Series, curve
from casebook.analysis.measures import ADDED_UP, Measure, measures
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Container, Workload
from casebook.analysis.world import World
from casebook.api.observation import Query, Result, listing, metric_names
from casebook.api.observation import curve as asking
from casebook.reasoning.asked.alerts import RULES, Rerun, alarms
from casebook.reasoning.asked.focus import labelled

SPANS = 4
"""Curves are read over so many times the span that was asked about, so that the hours before are there to compare."""

FEW_PODS = 12
"""Pods that leave room for those that they replaced in the series that one query keeps."""

USUAL = {
    "traffic": "http_requests_total",
    "latency": "http_request_duration_seconds_sum",
    "throttling": "container_cpu_cfs_throttled_periods_total",
    "memory": "container_memory_working_set_bytes",
}
"""Measures that are missed where they are not there, with a metric that would give each."""


@dataclass(frozen=True)
class Measured:
    """The curve of one measure, cut to one workload: all its series, and their sum."""

    curve: Curve
    series: tuple[Series, ...]

    @cached_property
    def total(self) -> Series:
        """All its series as one."""
        return reduce(Series.plus, self.series)

    def of(self, container: Container) -> tuple[Series, ...]:
        """The series of one container: a label that names another pod or container tells that one is not."""
        alone = len(listed(container.pod.raw, "spec", "containers")) == 1
        unnamed = ("", container.name) if alone else (container.name,)
        pods = ("", container.pod.ref.name)
        return tuple(
            one
            for one in self.series
            if one.labels.get("container", "") in unnamed and one.labels.get("pod", "") in pods
        )

    def cite(self, said: str) -> Cite:
        """A citation of what it shows, with the curve."""
        return self.curve.cite(said, self.total)


Measurements = dict[str, dict[Ref, Measured]]


def first(world: World) -> list[Query]:
    """What can be asked before anything is known: names of metrics, and the alert's expression or the rules."""
    run = world.snapshot.run
    if not run.prometheus:
        return []
    told = [alarm.query(world) for alarm in alarms(world)] if run.spec.alert else [RULES]
    return [_names(world), *told]


def curves(world: World) -> list[Query]:
    """The expressions of alerts that fire, and each measure that the namespace has metrics for."""
    if not world.snapshot.run.prometheus:
        return []
    return [*(alarm.query(world) for alarm in alarms(world)), *(_query(world, one) for one in available(world))]


def available(world: World) -> list[Measure]:
    """What the namespace's metrics can tell, by the names that really exist."""
    return measures(metrics(world), world.home, by_pod=_few_pods(world))


def metrics(world: World) -> list[str]:
    """Names of the metrics that there are of the namespace; empty where none was told."""
    answer = world.snapshot.answer(_names(world))
    return list(words(answer.data if answer else None, "names"))


def _few_pods(world: World) -> bool:
    """Whether the namespace had few pods when it was first looked at; so that queries stay what they were."""
    pods = listing("pods", world.home)
    first = next((item for item in world.snapshot.observations if item.query == pods), None)
    return first is not None and not first.truncated and len(first.items()) <= FEW_PODS


def measurements(world: World) -> Measurements:
    """Every measure that was observed, by workload; series whose labels name no workload are left out."""
    return {one.name: _measurement(world, one) for one in available(world)}


def _measurement(world: World, measure: Measure) -> dict[Ref, Measured]:
    observation = world.snapshot.answer(_query(world, measure))
    answer = curve(observation)
    if observation is None or answer is None or (observation.truncated and measure.name in ADDED_UP):
        return {}
    found: dict[Ref, list[Series]] = {}
    for series in answer.series:
        workload = _owner(world, series.labels)
        if workload is not None:
            found.setdefault(workload.ref, []).append(series)
    return {ref: Measured(answer, tuple(mine)) for ref, mine in found.items()}


def _owner(world: World, labels: dict[str, str]) -> Workload | None:
    for ref in labelled(world, labels):
        workload = world.workloads.get(ref)
        if workload is not None:
            return workload
        selected = world.selected_by(world.things[ref]) if ref.kind == "Service" else []
        if len(selected) == 1:
            return selected[0]
    return None


def gaps(world: World, reruns: Iterable[Rerun]) -> Iterator[tuple[str, str]]:
    """What metrics could not tell, and why: (what, note)."""
    if not world.snapshot.run.prometheus:
        yield "metrics", "not read in this run; causes that only show in metrics are not weighed"
        return
    answer = world.snapshot.answer(_names(world))
    if answer is None or answer.result is not Result.OK:
        yield "metrics", "Prometheus did not say which metrics there are; causes that only show there are not weighed"
        return
    there = {one.name for one in available(world)}
    missed = [name for name in USUAL if name not in there]
    if missed:
        yield f"metrics: {', '.join(missed)}", f"namespace {world.home} has none, for example {USUAL[missed[0]]}"
    for one in available(world):
        observation = world.snapshot.answer(_query(world, one))
        answered = curve(observation)
        if observation and observation.truncated and one.name in ADDED_UP:
            yield f"metrics: {one.name}", f"{observation.message}: not all could be added up, so nothing is said of it"
        if answered and answered.series and all(series.last is None for series in answered.series):
            yield (
                f"metrics: {one.name}",
                f"stale: no value near {world.end:%H:%M:%S}, so nothing is said of how it is now",
            )
    yield from ((f"Alert/{one.alarm.name}", one.said()) for one in reruns if not one.series)


def _names(world: World) -> Query:
    return metric_names(f'{{namespace="{world.home}"}}', _start(world), world.end)


def _query(world: World, measure: Measure) -> Query:
    return asking(measure.expression, _start(world), world.end)


def _start(world: World) -> datetime:
    return world.end - SPANS * (world.end - world.begin)
