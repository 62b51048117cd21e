"""Repeated measurements of one thing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """At least one value, in the order measured."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a spread needs at least one value")

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """The spread of these values. Raises `ValueError` where there are none."""
        return cls(tuple(float(value) for value in values))

    @property
    def median(self) -> float:
        """The middle value; of an even number, the mean of the middle two."""
        return float(median(self.values))

    @property
    def least(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def most(self) -> float:
        """The largest value."""
        return max(self.values)

    @property
    def p95(self) -> float:
        """The 95th percentile: the smallest value that 95 % of the values do not exceed (nearest rank)."""
        return sorted(self.values)[math.ceil(0.95 * len(self.values)) - 1]

    def wire(self) -> dict[str, object]:
        """For JSON."""
        return {
            "median": self.median,
            "p95": self.p95,
            "min": self.least,
            "max": self.most,
            "values": list(self.values),
        }
