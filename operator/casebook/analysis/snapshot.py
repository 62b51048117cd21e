"""The observations of one run as immutable data, in an order that does not depend on arrival."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from casebook.api.consultation import Consultation
from casebook.api.observation import Observation, Query, Result
from casebook.api.run import Run


def _order(observation: Observation) -> tuple[int, str, str]:
    return observation.round, observation.id, observation.observed_at.isoformat()


@dataclass(frozen=True)
class Snapshot:
    """A run and what it has observed so far, sorted by round and id; of two with one id the earlier is kept.

    `consultation` is what a model proposed, once one was asked.
    """

    run: Run
    observations: tuple[Observation, ...] = ()
    read: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What was made of single observations, by their ids; carried along so that no round reads a log again."""
    consultation: Consultation | None = None

    def __post_init__(self) -> None:
        unique: dict[str, Observation] = {}
        for observation in sorted(self.observations, key=_order):
            unique.setdefault(observation.id, observation)
        object.__setattr__(self, "observations", tuple(unique.values()))

    def extended(self, more: Iterable[Observation]) -> "Snapshot":
        """This snapshot with more observations."""
        return Snapshot(self.run, (*self.observations, *more), self.read, self.consultation)

    def advised(self, consultation: Consultation) -> "Snapshot":
        """This snapshot with what a model proposed."""
        return Snapshot(self.run, self.observations, self.read, consultation)

    @cached_property
    def asked(self) -> dict[str, Observation]:
        """The latest observation of every query, by its canonical text."""
        return {observation.query.canonical(): observation for observation in self.observations}

    @cached_property
    def by_id(self) -> dict[str, Observation]:
        """Every observation by its id."""
        return {observation.id: observation for observation in self.observations}

    def answer(self, query: Query) -> Observation | None:
        """What this query answered, if it was made."""
        return self.asked.get(query.canonical())

    def failed(self) -> list[Observation]:
        """Reads that were refused or did not come through; a 404 is an answer, not a failure."""
        return [item for item in self.observations if item.result in (Result.DENIED, Result.UNAVAILABLE)]
