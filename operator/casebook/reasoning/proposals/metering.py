"""Metrics that a model asks for or predicts: PromQL that only reads, in a span of the run, told in numbers by code."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from casebook.analysis.curves import Curve, Series, curve, selector, shown
from casebook.analysis.readings import reads
from casebook.analysis.robust import known
from casebook.analysis.things import Cite, clip
from casebook.api.base import timestamp
from casebook.api.consultation import Operator, ProposedPrediction
from casebook.api.observation import Observation, Query
from casebook.api.observation import curve as asking
from casebook.reasoning.cause import UNTESTED, Finding, tested
from casebook.reasoning.proposals.scope import Outside, holds
from casebook.reasoning.situation import Situation

MAX_SPAN = timedelta(hours=24)
"""How far back an expression may go; a run that was asked about a longer time may go back over that."""
ROOM = timedelta(hours=1)
"""How far ranges and offsets together may reach back before that."""
MAX_SERIES = 6


def question(situation: Situation, expression: str, since: datetime | None = None) -> Query:
    """The query for an expression since then, or over the time that was asked about. Raises `Outside`."""
    world = situation.world
    if not world.snapshot.run.prometheus:
        raise Outside("it asked for a metric, and there is no Prometheus to ask")
    try:
        found = reads(expression)
    except ValueError as error:
        raise Outside(f"it asked for a metric by what is not passed on: {error}") from error
    other = next((name for name in sorted(found.namespaces) if not holds(situation, name)), "")
    if other:
        raise Outside(f"it asked for metrics of {clip(other, 63)}, which is outside of this investigation")
    begin = since or world.begin
    if begin >= world.end:
        raise Outside("it asked for a metric since a time that is not before the end of what is looked at")
    if min(world.begin, world.end - MAX_SPAN) - begin + found.reach > ROOM:
        raise Outside(f"it asked for a metric from more than {MAX_SPAN.total_seconds() / 3600:.0f} hours back")
    return asking(expression, begin, world.end)


def told(answer: Observation) -> tuple[Cite, bool]:
    """What came of it: the newest, lowest and highest value of each series; and whether there is none."""
    found = curve(answer)
    if found is None:
        return Cite(answer.id, "the metric could not be read"), False
    return _cite(found), not found.series


def outcome(situation: Situation, prediction: ProposedPrediction) -> Finding:
    """Held, Failed or Untested, by the curve over the time that was asked about."""
    answer = answered(situation, prediction.field)
    found = curve(answer)
    if answer is None or found is None:
        return UNTESTED
    cite, operator = _cite(found), prediction.operator
    if operator in (Operator.EXISTS, Operator.ABSENT):
        return tested(bool(found.series) == (operator is Operator.EXISTS), cite)
    values = [value for one in found.series for value in known(one.values)]
    if not values:
        return UNTESTED
    bound = float(prediction.value)
    if operator is Operator.ABOVE:
        return tested(max(values) > bound, cite)
    # Of many series only the highest are read.
    return UNTESTED if answer.truncated and min(values) >= bound else tested(min(values) < bound, cite)


def answered(situation: Situation, expression: str) -> Observation | None:
    """What the expression came to over the time that was asked about, if it may be asked and was."""
    try:
        return situation.world.snapshot.answer(question(situation, expression))
    except Outside:
        return None


def _cite(found: Curve) -> Cite:
    ordered: Sequence[Series] = found.series
    lines = [_line(one) for one in ordered[:MAX_SERIES]]
    more = [f"and {len(ordered) - MAX_SERIES} more"] if len(ordered) > MAX_SERIES else []
    return Cite(found.observation, "\n".join([f"{len(ordered)} series until {timestamp(found.end)}", *lines, *more]))


def _line(one: Series) -> str:
    at = {value: one.at(index) for index, value in reversed(list(enumerate(one.values))) if value is not None}
    if not at:
        return f"{_name(one)}: no value"
    low, high = min(at), max(at)
    last = "none" if one.last is None else shown(one.last)
    ends = f"lowest {shown(low)} at {timestamp(at[low])}, highest {shown(high)} at {timestamp(at[high])}"
    return f"{_name(one)}: last {last}, {ends}"


def _name(one: Series) -> str:
    return clip(" ".join(selector(one.labels).split()), 300)
