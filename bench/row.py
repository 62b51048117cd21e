"""One figure: what was measured, beside which floor, against which bound."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bench.spread import Spread

Unit = Literal["s", "ms", "MiB", "MB", "%", ""]
Relation = Literal["<", "<=", ">="]


@dataclass(frozen=True)
class Floor:
    """What is at best possible on this machine, or what a peer needs, from the same run and in the row's unit."""

    values: Spread
    name: str


class Result(StrEnum):
    """How a figure stands to its bound."""

    OK = "ok"
    OVER = "over"
    MISSING = "not measured"
    FREE = "-"


@dataclass(frozen=True)
class Bound:
    """What a figure must hold: `limit` in the row's unit, on top of the floor's median where `over_floor`.

    `judged` is the value of the spread that must hold it.
    """

    relation: Relation
    limit: float
    over_floor: bool = False
    judged: Literal["median", "p95", "max"] = "median"

    def value(self, floor: Floor | None) -> float:
        """The limit as one number. Raises `ValueError` where it counts from a floor and there is none."""
        if not self.over_floor:
            return self.limit
        if floor is None:
            raise ValueError("a bound over the floor needs a floor")
        return floor.values.median + self.limit

    def holds(self, measured: Spread, floor: Floor | None) -> bool:
        """Whether the measured spread keeps it."""
        judged = {"median": measured.median, "p95": measured.p95, "max": measured.most}[self.judged]
        limit = self.value(floor)
        return {"<": judged < limit, "<=": judged <= limit, ">=": judged >= limit}[self.relation]


@dataclass(frozen=True)
class Row:
    """One line of the table. Without `measured`, `note` says why there is nothing."""

    group: str
    what: str
    unit: Unit = "s"
    measured: Spread | None = None
    bound: Bound | None = None
    floor: Floor | None = None
    note: str = ""

    @property
    def result(self) -> Result:
        """ok, over, not measured, or nothing to hold."""
        if self.measured is None:
            return Result.MISSING
        if self.bound is None:
            return Result.FREE
        if self.bound.over_floor and self.floor is None:
            return Result.MISSING
        return Result.OK if self.bound.holds(self.measured, self.floor) else Result.OVER

    def wire(self) -> dict[str, object]:
        """For JSON."""
        bound = self.bound
        limit = bound.value(self.floor) if bound and (self.floor or not bound.over_floor) else None
        return {
            "group": self.group,
            "what": self.what,
            "unit": self.unit,
            "measured": self.measured.wire() if self.measured else None,
            "floor": {"what": self.floor.name, **self.floor.values.wire()} if self.floor else None,
            "bound": {"relation": bound.relation, "judged": bound.judged, "limit": limit} if bound else None,
            "result": self.result.value,
            "note": self.note,
        }


def broken(rows: list[Row]) -> list[Row]:
    """The rows that hold no bound: over it, or not measured."""
    return [row for row in rows if row.result in {Result.OVER, Result.MISSING}]
