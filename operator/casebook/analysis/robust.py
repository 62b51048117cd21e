"""Robust statistics of a series of values at even steps; None stands for a step without a value."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

Values = Sequence[float | None]

CONSISTENT = 1.4826
"""The median absolute deviation of a normal distribution times this is its standard deviation."""
OUTLYING = 3.5
"""Modified z-score from which a value is an outlier: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993."""
LEAST_SPREAD = 0.05
"""The spread is taken to be at least this share of the median, so that an even series is not broken by a ripple."""
LEAST_BASE = 10
LASTING = 3
MOSTLY = 0.7


class Shift(NamedTuple):
    """A lasting change of level: its first step, the levels before and since, and the robust z-score of the change."""

    step: int
    before: float
    after: float
    score: float

    @property
    def ratio(self) -> float:
        """The level since over the level before; infinite from nothing."""
        return self.after / self.before if self.before else float("inf")


def known(values: Values) -> list[float]:
    """The values that are there."""
    return [value for value in values if value is not None]


def level(values: Values) -> tuple[float, float]:
    """Median, and spread as a standard deviation by the median absolute deviation. Raises `ValueError` for no value."""
    found = known(values)
    if not found:
        raise ValueError("a level needs at least one value")
    middle = median(found)
    return middle, CONSISTENT * median(abs(value - middle) for value in found)


def shift(values: Values, begin: int) -> Shift | None:
    """The change of level that lasts until the last value, if there is one.

    The level before is that of the steps up to `begin`, or of the first half of all where those are too few; of a
    series with less than `LEAST_BASE` values before, nothing is said. At least `LASTING` values in a row must lie off
    the level, on one side of it.
    """
    base = base_of(values, begin)
    if base is None:
        return None
    before, spread = level(values[:base])
    spread = max(spread, LEAST_SPREAD * abs(before))
    off = [(index, value) for index, value in enumerate(values) if value is not None]
    last: list[tuple[int, float]] = []
    for index, value in reversed(off):
        if not _outlying(value, before, spread) or (last and (value > before) != (last[-1][1] > before)):
            break
        last.append((index, value))
    if len(last) < LASTING:
        return None
    after = median(value for _, value in last)
    return Shift(last[-1][0], before, after, (after - before) / spread if spread else float("inf"))


def base_of(values: Values, begin: int) -> int | None:
    """The end of the steps that count as before: `begin`; where too few values lie before it, the half of those there.

    None where that is too few as well.
    """
    there = [step for step, value in enumerate(values) if value is not None]
    if sum(step < begin for step in there) >= LEAST_BASE:
        return begin
    return there[len(there) // 2] if len(there) // 2 >= LEAST_BASE else None


def compares(values: Values, begin: int, changed: int) -> bool:
    """Whether `shift` would find a change of level that began at the step `changed`."""
    return base_of(values, begin) is not None and len(known(values[changed:])) >= LASTING


def _outlying(value: float, before: float, spread: float) -> bool:
    return abs(value - before) > OUTLYING * spread


def stretch(steps: Sequence[int]) -> int:
    """The first of the last steps that follow one another; a single step left out does not part them."""
    first = steps[-1]
    for step in reversed(steps):
        if first - step > 2:
            break
        first = step
    return first


def share(values: Values, limit: float) -> tuple[float, float] | None:
    """The last and the highest value as shares of a limit; None without values or without a limit."""
    found = known(values)
    return (found[-1] / limit, max(found) / limit) if found and limit > 0 else None


def teeth(values: Values, drop: float = 0.4) -> list[tuple[int, int]]:
    """The stretches of a saw tooth, each `[first, end)`: a new one begins where a value falls by the share `drop`."""
    found: list[tuple[int, int]] = []
    first, before = 0, None
    for index, value in enumerate(values):
        if value is None:
            continue
        if before is not None and value < before * (1 - drop):
            found.append((first, index))
            first = index
        before = value
    return [*found, (first, len(values))] if before is not None else []


def climbs(values: Values, growth: float = 0.3) -> bool:
    """Whether it has grown steadily since it was lowest: by the share `growth`, by rises that are no single jump."""
    found = known(values)
    lowest = min(found, default=0.0)
    since = max((step for step, value in enumerate(found) if value <= lowest * (1 + LEAST_SPREAD)), default=0)
    found = found[since:]
    if len(found) < LASTING + 2 or found[0] <= 0 or found[-1] < found[0] * (1 + growth):
        return False
    rises = [later - earlier for earlier, later in pairwise(found)]
    upward = sum(rise > 0 for rise in rises)
    return upward >= MOSTLY * len(rises) and max(rises) <= (found[-1] - found[0]) / 2
