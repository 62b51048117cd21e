"""What became of the skills that a run recalled."""

from dataclasses import dataclass

from casebook.api.run import RecalledSkill
from casebook.api.skill import Step
from casebook.knowledge.matching import Match
from casebook.reasoning.cause import Finding


@dataclass(frozen=True)
class Tried:
    """One step and what its expectation turned out to be: Held is true, Failed is false."""

    step: Step
    finding: Finding


@dataclass(frozen=True)
class Moved:
    """A hypothesis that a skill speaks for or against, as `Cause on object`, with its percent before and after.

    `against` the facts where a telling prediction of the cause held and the skill would rule it out.
    """

    about: str
    before: int
    after: int
    against: bool = False


@dataclass(frozen=True)
class Practised:
    """One skill: whether it applies, what its steps showed, what that changed; or why it cannot be used."""

    skill: RecalledSkill
    fits: Match
    tried: tuple[Tried, ...] = ()
    moved: tuple[Moved, ...] = ()
    problem: str = ""
