"""What is asked of a Prometheus, where there is one: the alert's expression, then rates, errors, durations and use."""

from collections.abc import Iterator
from datetime import datetime

from casebook.analysis.access import words
from casebook.analysis.curves import Curve, curve
from casebook.analysis.measures import Measure, measures
from casebook.api.observation import Query, Result, metric_names
from casebook.api.observation import curve as asking
from casebook.reasoning.alerts import RULES, alarms, reruns
from casebook.reasoning.situation import Situation

SPANS = 4
"""Curves are read over so many times the span that was asked about, so that the hours before are there to compare."""


def first(situation: Situation) -> list[Query]:
    """What can be asked before anything is known: names of metrics, and the alert's expression or the rules."""
    run = situation.world.snapshot.run
    if not run.prometheus:
        return []
    told = [alarm.query(situation.world) for alarm in alarms(situation.world)] if run.spec.alert else [RULES]
    return [_names(situation), *told]


def curves(situation: Situation) -> list[Query]:
    """The expressions of alerts that fire, and each measure that the namespace has metrics for."""
    if not situation.world.snapshot.run.prometheus:
        return []
    told = [alarm.query(situation.world) for alarm in alarms(situation.world)]
    return [*told, *(_query(situation, one) for one in available(situation))]


def available(situation: Situation) -> list[Measure]:
    """What the namespace's metrics can tell, by the names that really exist."""
    answer = situation.world.snapshot.answer(_names(situation))
    return measures(words(answer.data if answer else None, "names"), situation.world.home)


def measured(situation: Situation, name: str) -> Curve | None:
    """The curve of one measure, if it was observed."""
    found = next((one for one in available(situation) if one.name == name), None)
    return curve(situation.world.snapshot.answer(_query(situation, found))) if found else None


def gaps(situation: Situation) -> Iterator[tuple[str, str]]:
    """What metrics could not tell, and why: (what, note)."""
    if not situation.world.snapshot.run.prometheus:
        yield "metrics", "not read in this run; causes that only show in metrics are not weighed"
        return
    answer = situation.world.snapshot.answer(_names(situation))
    if answer is None or answer.result is not Result.OK:
        yield "metrics", "Prometheus did not say which metrics there are"
        return
    there = {one.name for one in available(situation)}
    for name, wanted in MISSING.items():
        if name not in there:
            yield f"metrics: {name}", f"namespace {situation.world.home} has no metric for it, for example {wanted}"
    for one in reruns(situation.world):
        if not one.series:
            yield f"Alert/{one.alarm.name}", one.said()


MISSING = {
    "traffic": "http_requests_total",
    "latency": "http_request_duration_seconds_bucket",
    "throttling": "container_cpu_cfs_throttled_periods_total",
    "memory": "container_memory_working_set_bytes",
}


def _names(situation: Situation) -> Query:
    return metric_names(f'{{namespace="{situation.world.home}"}}', _start(situation), situation.world.now)


def _query(situation: Situation, measure: Measure) -> Query:
    return asking(measure.expression, _start(situation), situation.world.now)


def _start(situation: Situation) -> datetime:
    return situation.world.now - SPANS * (situation.world.now - situation.world.begin)
