"""What memories about causes do to a board."""

from dataclasses import dataclass, field
from enum import Enum

from casebook.api.run import Recalled
from casebook.knowledge.matching import Match


class Force(Enum):
    """How a person's word and the facts meet on a hypothesis."""

    LEADS = "leads"
    RULES_OUT = "rules out"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True)
class Word:
    """A memory's word on a hypothesis that stood at `before` percent; `proven` where telling predictions held."""

    memory: Recalled
    force: Force
    before: int
    proven: bool = False
    against: str = ""
    """The prediction that failed, where the facts contradict it."""


@dataclass(frozen=True)
class Idle:
    """Memories about causes that did nothing, by `namespace/name`: why not, or what would have to be known."""

    unused: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, Match] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    """Of those that did nothing, the ones that name an object which is not there."""
