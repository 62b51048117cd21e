"""The alert that asked, or those that fire about what was asked: its expression, asked again, and what it shows now."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

from casebook.analysis.access import listed, moment, strings, text
from casebook.analysis.curves import Curve, Series, curve, shown
from casebook.analysis.promql import Condition, condition
from casebook.analysis.robust import stretch
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Cite, Ref
from casebook.analysis.world import World
from casebook.api.base import timestamp
from casebook.api.observation import PROMETHEUS, Query
from casebook.api.observation import curve as asking
from casebook.reasoning.asked.focus import labelled

RULES: Final = Query(source=PROMETHEUS, resource="rules")
_RESTARTS = re.compile(r"restarts_total|(?:process|container)_start_time_seconds|kube_pod_start_time")
ANNOTATIONS = ("expr", "expression", "query", "promql")
MAX_ALERTS = 2
SPANS = 2
"""The curve of an alert is shown over so many times the span that was asked about."""


@dataclass(frozen=True)
class Alarm:
    """One alert: its name, labels, what it measures, since when it fires if that is known, and what it names."""

    name: str
    labels: dict[str, str]
    condition: Condition
    began: datetime | None
    named: tuple[Ref, ...]

    def query(self, world: World) -> Query:
        """Its expression without the threshold, over the span asked about and as long before."""
        length = world.end - world.begin
        return asking(self.condition.expression, world.end - SPANS * length, world.end)


@dataclass(frozen=True)
class Rerun:
    """An alert whose expression was asked again; `series` are those that it is about."""

    alarm: Alarm
    curve: Curve
    series: tuple[Series, ...]

    @property
    def worst(self) -> Series | None:
        """The series that holds now, else the one that came closest."""
        condition = self.alarm.condition
        sign = -1 if condition.operator in ("<", "<=") else 1
        return max(self.series, key=lambda one: (condition.holds(one.last), sign * one.highest), default=None)

    @property
    def holds(self) -> bool:
        """Whether the alert's condition holds at the end."""
        return self.worst is not None and self.alarm.condition.holds(self.worst.last)

    @property
    def since(self) -> datetime | None:
        """Since when it holds without a break; None if it does not."""
        return self.worst.at(stretch(_held(self.worst, self.alarm.condition))) if self.worst and self.holds else None

    @property
    def until(self) -> datetime | None:
        """When it last held; None if it holds now or never did."""
        held = [place for one in self.series for place in _held(one, self.alarm.condition)]
        return None if self.holds or not held else self.series[0].at(max(held))

    @property
    def presses(self) -> bool:
        """Whether it holds for what goes on: a count of restarts holds on, and the pods tell of those themselves."""
        return self.holds and not _RESTARTS.search(self.alarm.condition.expression)

    def said(self) -> str:
        """What the curve shows, in one clause."""
        name, limit = self.alarm.name, _limit(self.alarm.condition)
        if self.worst is None:
            return f"alert {name}: its expression gives no value in this span"
        last = self.worst.last
        now = "no value" if last is None else shown(last)
        if self.holds:
            return f"alert {name} holds: {now}{limit}"
        over = f"; it held until {timestamp(self.until)}" if self.until else "; it does not hold in this span"
        return f"alert {name}: {now} now{f' (fires{limit})' if limit else ''}{over}"

    def cite(self) -> Cite:
        """What the curve shows, with the curve."""
        since = f" since {timestamp(self.since)}" if self.since else ""
        return self.curve.cite(f"{self.said()}{since}", *([self.worst] if self.worst else []))


def alarms(world: World) -> list[Alarm]:
    """The run's own alert; where there is none, those that fire in the namespace, as the rules say."""
    spec = world.snapshot.run.spec.alert
    if spec is not None:
        expression = _expression(spec.generator_url, spec.annotations)
        name = spec.labels.get("alertname", "")
        return [_alarm(world, name, spec.labels, expression, spec.starts_at)] if expression else []
    found = list(_firing(world))
    target = world.snapshot.run.spec.target
    wanted = [one for one in found if target and any(ref.name == target.name for ref in one.named)]
    return (wanted or found)[:MAX_ALERTS]


def _firing(world: World) -> Iterator[Alarm]:
    answer = world.snapshot.answer(RULES)
    for rule in listed(answer.data if answer else None, "rules"):
        for one in listed(rule, "alerts"):
            labels = strings(one, "labels")
            if text(one, "state") == "firing" and labels.get("namespace") == world.home:
                yield _alarm(world, text(rule, "name"), labels, text(rule, "query"), moment(one, "activeAt"))


def _alarm(world: World, name: str, labels: dict[str, str], expression: str, began: datetime | None) -> Alarm:
    return Alarm(name, labels, condition(expression), began, tuple(labelled(world, labels)))


def _expression(url: str, annotations: dict[str, str]) -> str:
    """From the link that Prometheus gives (`g0.expr`), else from an annotation."""
    given = parse_qs(urlsplit(url).query).get("g0.expr", [""])[0]
    return given or next((annotations[name] for name in ANNOTATIONS if annotations.get(name)), "")


def reruns(world: World) -> list[Rerun]:
    """Alerts whose expression was asked again."""
    found = []
    for alarm in alarms(world):
        answer = curve(world.snapshot.answer(alarm.query(world)))
        if answer is not None:
            fitting = tuple(one for one in answer.series if _fits(one.labels, alarm.labels))
            found.append(Rerun(alarm, answer, fitting))
    return found


def _fits(series: dict[str, str], alert: dict[str, str]) -> bool:
    return all(alert.get(name, value) == value for name, value in series.items())


def holding(world: World, found: Iterable[Rerun]) -> Iterator[Symptom]:
    """A symptom on what an alert names, where its condition still holds and presses."""
    for one in found:
        entity = next((ref for ref in one.alarm.named if ref in world.workloads), None)
        entity = entity or next(iter(one.alarm.named), None)
        if entity is not None and one.presses:
            yield Symptom(entity, Sign.ALERT, one.said(), one.since, (one.cite(),))


def _held(series: Series, condition: Condition) -> list[int]:
    return [index for index, value in enumerate(series.values) if value is not None and condition.holds(value)]


def _limit(condition: Condition) -> str:
    return f" {condition.operator} {shown(condition.threshold)}" if condition.operator else ""
