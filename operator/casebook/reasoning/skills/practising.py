"""What skills do to the hypotheses of a board: evidence for or against the causes that they name, and never more.

A step speaks for a cause with the weight of one telling prediction, all steps of all skills together with that of two.
They never make a cause the answer that nothing else speaks for: without a telling prediction of its own that held, a
cause that they speak for stays below `covering.THRESHOLD`. One that a step rules out is refuted, unless a telling
prediction of its own held: then the step only counts against it, and the report says that facts and skill disagree.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from casebook.api.enums import Origin, Outcome
from casebook.api.run import RecalledSkill
from casebook.api.skill import Suspect
from casebook.knowledge.matching import Answer, Match
from casebook.knowledge.skills import unusable
from casebook.reasoning.board import Part, Ranked, Test
from casebook.reasoning.cause import Candidate, Finding, Prediction
from casebook.reasoning.judging.covering import THRESHOLD
from casebook.reasoning.judging.unsuspected import Suspicion, put_forward
from casebook.reasoning.memories.naming import Hypotheses, meant, place
from casebook.reasoning.situation import Situation
from casebook.reasoning.skills.asking import applying
from casebook.reasoning.skills.outcome import Moved, Practised, Tried
from casebook.reasoning.skills.testing import tried

SPEAKS_FOR, SPEAKS_AGAINST, RULES_OUT = 150, -150, -250
"""Centinats of one step; the last is decisive."""
MOST = 300
"""Centinats that all steps together may add to a cause or take from it."""
BOUNDED = "as far as skills may: they confirm nothing alone"


class Said(NamedTuple):
    """What one step of a skill says of a hypothesis."""

    skill: RecalledSkill
    tried: Tried
    speaks_for: bool


def practise(situation: Situation, ranked: Sequence[Ranked]) -> tuple[list[Ranked], tuple[Practised, ...]]:
    """The hypotheses as the skills that apply change them, and what became of each; the same where none applies."""
    practised = [_practised(situation, skill, fits) for skill, fits in applying(situation)]
    found: Hypotheses = {(item.object, item.cause): item for item in ranked}
    said: dict[tuple[str, str], list[Said]] = {}
    for one in practised:
        for name, word in _words(situation, one, found):
            said.setdefault(name, []).append(word)
    before = dict(found)
    for name, words in said.items():
        found[name] = _weighed(found[name], words)
    moved = [replace(one, moved=tuple(_moved(one.skill, said, before, found))) for one in practised]
    return [found[name] for name in sorted(found)], tuple(moved)


def _practised(situation: Situation, skill: RecalledSkill, fits: Match) -> Practised:
    if fits.answer is not Answer.MATCH:
        return Practised(skill, fits)
    wrong = unusable(skill)
    return Practised(skill, fits, problem=wrong) if wrong else Practised(skill, fits, tried(situation, skill))


def _words(situation: Situation, one: Practised, found: Hypotheses) -> Iterator[tuple[tuple[str, str], Said]]:
    """What the steps of a skill say of which hypotheses; a cause that nobody suspected is put on the board."""
    for step in one.tried:
        effect = {Outcome.HELD: step.step.on_true, Outcome.FAILED: step.step.on_false}.get(step.finding.outcome)
        if effect and effect.supports:
            item = next(iter(meant(situation, effect.supports, found)), None) or _suspected(
                situation, one.skill, effect.supports
            )
            found.setdefault((item.object, item.cause), item)
            yield (item.object, item.cause), Said(one.skill, step, speaks_for=True)
        if effect and effect.rules_out:
            for item in meant(situation, effect.rules_out, found):
                yield (item.object, item.cause), Said(one.skill, step, speaks_for=False)


def _suspected(situation: Situation, skill: RecalledSkill, suspect: Suspect) -> Ranked:
    said = f"skill {skill.name} suspects it, and nothing that was read shows it otherwise"
    statement = f"{suspect.cause}, as skill {skill.name} suspects"
    return put_forward(
        situation, Suspicion(suspect.cause, statement, said, Origin.SKILL), place(situation, suspect.object)
    )


def _weighed(item: Ranked, words: Sequence[Said]) -> Ranked:
    tests = tuple(_test(item, word) for word in words)
    highest = MOST if item.is_proven else min(MOST, max(0, THRESHOLD - 1 - item.centinats))
    parts: list[Part] = []
    told = 0
    for one, finding in tests:
        wanted = told + (one.held if finding.outcome is Outcome.HELD else one.failed)
        bounded = max(-MOST, min(highest, wanted))
        if bounded != told:
            parts.append(Part(one.says if bounded == wanted else f"{one.says}, {BOUNDED}", bounded - told))
        told = bounded
    return replace(item, parts=(*item.parts, *parts), by_skills=tests)


def _test(item: Ranked, word: Said) -> Test:
    """The step as a prediction of the cause: it held where it speaks for it, and failed where it speaks against it."""
    step, finding = word.tried.step, word.tried.finding
    outcome = Outcome.HELD if word.speaks_for else Outcome.FAILED
    against = SPEAKS_AGAINST if item.is_proven else RULES_OUT
    says = f"skill {word.skill.name}, step {step.name} speaks {'for' if word.speaks_for else 'against'} it"
    note = f"{step.expect}: {'true' if finding.outcome is Outcome.HELD else 'false'}"
    return Prediction(says, _untested, SPEAKS_FOR, against), Finding(outcome, finding.cites, note)


def _untested(_: Situation, __: Candidate[None]) -> Finding:
    return Finding(Outcome.UNTESTED)


def _moved(
    skill: RecalledSkill, said: dict[tuple[str, str], list[Said]], before: Hypotheses, after: Hypotheses
) -> Iterable[Moved]:
    for name, words in said.items():
        own = [word for word in words if word.skill is skill]
        if own:
            item = before[name]
            against = item.is_proven and any(not word.speaks_for for word in own)
            yield Moved(f"{item.cause} on {item.object}", item.percent, after[name].percent, against)
