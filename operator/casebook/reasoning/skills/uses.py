"""What became of each skill, for the report: what its steps showed, what that moved, or why it was not used."""

from collections.abc import Iterator, Sequence

from casebook.api.enums import Outcome, Role
from casebook.api.report import KnowledgeUse
from casebook.knowledge.matching import Answer
from casebook.reasoning.memories.mention import mention
from casebook.reasoning.situation import Situation
from casebook.reasoning.skills.outcome import Moved, Practised, Tried

_SAID = {Outcome.HELD: "true", Outcome.FAILED: "false"}


def skill_uses(situation: Situation, practised: Sequence[Practised]) -> Iterator[KnowledgeUse]:
    """A line for every skill, those that moved something first."""
    for one in sorted(practised, key=lambda one: not one.moved):
        yield mention(situation, one.skill, one.fits, _effect(one), _role(one))


def _role(one: Practised) -> Role:
    if any(moved.against for moved in one.moved):
        return Role.CONTRADICTED
    return Role.ACTED if one.moved else Role.SHOWN


def _effect(one: Practised) -> str:
    if one.problem:
        return f"skipped, it cannot be used: {one.problem}"
    if one.fits.answer is not Answer.MATCH:
        return "not acted on: whether it applies is not known"
    if not one.tried:
        return "shown and not acted on: it has no steps"
    moved = [_moving(moved) for moved in one.moved] or ["changed nothing"]
    return "; ".join([*moved, *(_step(step) for step in one.tried)])


def _moving(moved: Moved) -> str:
    stays = f"tested {moved.about}, which stays at {moved.after} %"
    said = stays if moved.before == moved.after else f"moved {moved.about} from {moved.before} % to {moved.after} %"
    return f"{said}, though the facts speak for it" if moved.against else said


def _step(one: Tried) -> str:
    said = _SAID.get(one.finding.outcome)
    return f"{one.step.name}: {said}" if said else f"{one.step.name}: not told, {one.finding.note}"
