"""The board: every hypothesis with its tests and its sum, best first."""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from casebook.analysis.signs import Symptom
from casebook.analysis.things import Cite, Ref
from casebook.api.enums import Origin, Outcome, Standing
from casebook.reasoning.cause import Candidate, Cause, Finding, Prediction
from casebook.reasoning.memories.word import Force, Idle, Word
from casebook.reasoning.situation import Situation
from casebook.reasoning.skills.outcome import Practised

DECISIVE = -200
MAX_PERCENT = 99
TELLING = 100
"""A prediction that makes its cause at least e times likelier, in centinats."""
CLEAR = 200
"""Centinats by which the leader must stand above the next that explains the same, for the run to stop early."""


Test = tuple[Prediction[Any], Finding]
"""A prediction, and what became of it."""


class Part(NamedTuple):
    """One term of a score, in centinats."""

    name: str
    centinats: int


@dataclass(frozen=True)
class Ranked:
    """One hypothesis, weighed."""

    cause_entry: Cause[Any]
    candidate: Candidate[Any]
    results: tuple[Test, ...]
    parts: tuple[Part, ...]
    explained: frozenset[Symptom]
    label: str
    chosen: bool = False
    origin: Origin = Origin.DETECTOR
    word: Word | None = None
    by_skills: tuple[Test, ...] = ()
    """What steps of skills say of it; they prove nothing."""

    @property
    def tests(self) -> tuple[Test, ...]:
        """Its own predictions, and what skills say of it."""
        return (*self.results, *self.by_skills)

    @property
    def object(self) -> str:
        """Where a person would go to mend it."""
        return self.label

    @property
    def ref(self) -> Ref:
        """The entity that it names."""
        return self.candidate.object

    @property
    def cause(self) -> str:
        """Code of the cause."""
        return self.cause_entry.code

    @property
    def statement(self) -> str:
        """The hypothesis in one sentence."""
        return self.candidate.statement

    @property
    def centinats(self) -> int:
        """The sum: log-odds in hundredths of a nat."""
        return sum(part.centinats for part in self.parts)

    @property
    def percent(self) -> int:
        """Probability given the evidence, in percent; never 100."""
        odds = max(-20.0, min(20.0, self.centinats / 100))
        return min(MAX_PERCENT, round(100 / (1 + math.exp(-odds))))

    @property
    def refuted(self) -> bool:
        """Whether a decisive prediction failed, or a person's word rules it out."""
        return (self.word is not None and self.word.force is Force.RULES_OUT) or any(
            finding.outcome is Outcome.FAILED and prediction.failed <= DECISIVE for prediction, finding in self.tests
        )

    @property
    def is_proven(self) -> bool:
        """Whether a prediction of its own that tells much holds."""
        return any(
            finding.outcome is Outcome.HELD and prediction.held >= TELLING for prediction, finding in self.results
        )

    @property
    def leads(self) -> bool:
        """Whether a person's word makes it the answer, and nothing speaks against it."""
        return self.word is not None and self.word.force is Force.LEADS

    @property
    def standing(self) -> Standing:
        """Supported if the report stands behind it, Refuted if the facts speak against it, else Open."""
        if self.chosen:
            return Standing.SUPPORTED
        return Standing.REFUTED if self.refuted else Standing.OPEN

    def cites(self, outcome: Outcome) -> tuple[Cite, ...]:
        """What was cited for predictions of this outcome, without repeats."""
        found = [cite for _, finding in self.tests if finding.outcome is outcome for cite in finding.cites]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Board:
    """The situation and all hypotheses about it, best first."""

    situation: Situation
    ranked: tuple[Ranked, ...] = ()
    idle: Idle = field(default_factory=Idle)
    facts: tuple[Ranked, ...] | None = None
    """What was ranked before anybody's word about causes acted; None where there is none."""
    practised: tuple[Practised, ...] = ()

    @property
    def by_facts(self) -> "Board":
        """The board as if nobody had said anything about causes."""
        return self if self.facts is None else Board(self.situation, self.facts, practised=self.practised)

    @property
    def chosen(self) -> tuple[Ranked, ...]:
        """Faults that the report would stand behind now."""
        return tuple(item for item in self.ranked if item.chosen and item.cause_entry.fault)

    @property
    def unexplained(self) -> tuple[Symptom, ...]:
        """Pressing symptoms that no chosen hypothesis explains."""
        explained = {symptom for item in self.chosen for symptom in item.explained}
        return tuple(symptom for symptom in self.situation.pressing if symptom not in explained)

    @property
    def is_clear(self) -> bool:
        """Whether the chosen hypotheses explain all that presses, and each stands far above all that are not chosen."""
        if not self.chosen or self.unexplained:
            return False
        rivals = [item for item in self.ranked if not item.chosen and not item.refuted and item.explained]
        return all(item.centinats <= chosen.centinats - CLEAR for chosen in self.chosen for item in rivals)
