"""Curves: what a Prometheus answered about an expression over a span of time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from casebook.analysis.access import count, dig, listed, moment, strings, text
from casebook.analysis.robust import Shift, compares, known, shift
from casebook.analysis.things import Cite
from casebook.api.base import timestamp
from casebook.api.observation import Observation, Result

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 40
STALE_STEPS = 3


@dataclass(frozen=True)
class Series:
    """One series: its labels, and a value or None for each step from `start`."""

    labels: dict[str, str]
    start: datetime
    step: timedelta
    values: tuple[float | None, ...]

    def at(self, index: int) -> datetime:
        """The moment of a step."""
        return self.start + index * self.step

    def index(self, at: datetime) -> int:
        """The step at or before a moment."""
        return max(0, int((at - self.start) / self.step))

    @property
    def last(self) -> float | None:
        """The value at the end of the span; None if there is none near it."""
        recent = known(self.values[-STALE_STEPS:])
        return recent[-1] if recent else None

    @property
    def highest(self) -> float:
        """The highest value; 0 without any."""
        return max(known(self.values), default=0.0)

    def shift(self, begin: datetime) -> Shift | None:
        """The lasting change of its level against the time before `begin`."""
        return shift(self.values, self.index(begin))

    def compares(self, begin: datetime, changed: datetime) -> bool:
        """Whether a change of level after `changed` would show: enough is there of before `begin`, and since."""
        return compares(self.values, self.index(begin), self.index(changed) + 1)

    def plus(self, other: "Series") -> "Series":
        """The sum of two series of one span, with the labels of the first; where one has no value, the other's."""
        values = tuple(_sum(a, b) for a, b in zip(self.values, other.values, strict=True))
        return Series(self.labels, self.start, self.step, values)

    def drawn(self) -> str:
        """The curve in a line of bars from 0 to the highest value, with dots for gaps."""
        most = max((abs(value) for value in known(self.values)), default=0.0)
        return "".join(_bar(value, most) for value in _thinned(self.values))


@dataclass(frozen=True)
class Curve:
    """The answer to one range query."""

    observation: str
    expression: str
    end: datetime
    series: tuple[Series, ...]

    def cite(self, said: str, *series: Series) -> Cite:
        """A citation of what was found, with the curves that show it."""
        drawn = [f"{selector(one.labels)} {one.drawn()} from {timestamp(one.start)}" for one in series[:3]]
        return Cite(self.observation, "\n".join([said, *drawn]))


def curve(observation: Observation | None) -> Curve | None:
    """The curve that was observed; None where nothing was, or not as expected."""
    if observation is None or observation.result is not Result.OK or not isinstance(observation.data, dict):
        return None
    data = observation.data
    start, end, seconds = moment(data, "start"), moment(data, "end"), count(data, "step")
    if start is None or end is None or seconds <= 0:
        return None
    steps = round((end - start).total_seconds()) // seconds + 1
    found = [
        Series(strings(one, "labels"), start, timedelta(seconds=seconds), _values(one, steps))
        for one in listed(data, "series")
    ]
    return Curve(observation.id, text(data, "expr"), end, tuple(found))


def selector(labels: dict[str, str]) -> str:
    """Labels as Prometheus writes them."""
    inner = ", ".join(f'{name}="{value}"' for name, value in labels.items() if name != "__name__")
    return f"{labels.get('__name__', '')}{{{inner}}}"


def shown(value: float) -> str:
    """A number of a curve in a sentence."""
    return f"{value:.3g}" if abs(value) < 1e6 else f"{value:.3e}"


def _values(raw: object, steps: int) -> tuple[float | None, ...]:
    found = dig(raw, "values")
    read = [float(value) if isinstance(value, int | float) else None for value in found or ()][:steps]
    return (*read, *[None] * (steps - len(read)))


def _sum(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else one + other


def _thinned(values: tuple[float | None, ...]) -> list[float | None]:
    """At most `WIDTH` of them; of those that share a place the highest."""
    size = -(-len(values) // WIDTH)
    parts = [known(values[place : place + size]) for place in range(0, len(values), size)]
    return [max(part) if part else None for part in parts]


def _bar(value: float | None, most: float) -> str:
    if value is None:
        return "·"
    return BARS[min(len(BARS) - 1, int(max(0.0, value) / most * len(BARS)))] if most else BARS[0]
