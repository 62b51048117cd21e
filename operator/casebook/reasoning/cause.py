"""What a cause is: how it is detected, what it predicts, how each prediction is tested, what a person would do."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Ref
from casebook.api.enums import Outcome
from casebook.api.observation import Query
from casebook.reasoning.situation import Situation

D = TypeVar("D")


class Finding(NamedTuple):
    """The outcome of one prediction, with what decided it."""

    outcome: Outcome
    cites: tuple[Cite, ...] = ()
    note: str = ""


UNTESTED = Finding(Outcome.UNTESTED)


def held(*cites: Cite, note: str = "") -> Finding:
    """What was predicted was seen."""
    return Finding(Outcome.HELD, cites, note)


def failed(*cites: Cite, note: str = "") -> Finding:
    """The opposite of what was predicted was seen."""
    return Finding(Outcome.FAILED, cites, note)


def tested(holds: bool, *cites: Cite) -> Finding:
    """Held or failed by a condition, on the same evidence."""
    return Finding(Outcome.HELD if holds else Outcome.FAILED, cites)


@dataclass(frozen=True)
class Candidate(Generic[D]):
    """One hypothesis: this cause on this object, since then.

    `harms` are the entities that it harms directly; on these it explains the signs in `covers`, and beyond them every
    symptom that travels along the graph. `changed` is the time of the change that brought it about, where one did, and
    `changed_on` what was changed, where that is not the object itself. `about` is whatever the cause's own checks need.
    """

    object: Ref
    statement: str
    harms: frozenset[Ref]
    covers: frozenset[Sign]
    about: D = field(repr=False)
    since: datetime | None = None
    changed: datetime | None = None
    changed_on: Ref | None = None


def asks_nothing(_: Situation, __: Candidate[D]) -> Sequence[Query]:
    """Needs no more than what every run looks at."""
    return ()


@dataclass(frozen=True)
class Prediction(Generic[D]):
    """What must be seen if the cause is real.

    `held` and `failed` are added to the log-odds, in centinats: 100 times the natural logarithm of how much likelier
    the outcome is with the cause than without it. `wants` names the queries that would decide it. A `metered` one is
    left out of runs that have no Prometheus to ask.
    """

    says: str
    check: Callable[[Situation, Candidate[D]], Finding]
    held: int
    failed: int
    wants: Callable[[Situation, Candidate[D]], Sequence[Query]] = asks_nothing
    metered: bool = False


@dataclass(frozen=True)
class Cause(Generic[D]):
    """One entry of the registry.

    `names` is the kind of object that the code names; `base_rate` the share of investigations in which it is the
    cause, before anything is seen; `fault` is false for the codes that say why there is nothing to mend.
    """

    code: str
    means: str
    names: str
    explains: str
    base_rate: float
    detect: Callable[[Situation], Iterable[Candidate[D]]]
    predictions: tuple[Prediction[D], ...]
    steps: Callable[[Situation, Candidate[D]], Sequence[str]]
    fault: bool = True
