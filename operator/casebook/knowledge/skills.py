"""Skills as they are recalled: which may apply to a run, which content is which version, and which make no sense."""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from casebook.api.enums import KnowledgeReach, State
from casebook.api.run import MAX_SKILLS, RecalledSkill, Run
from casebook.api.skill import SkillSpec, SkillStatus, Step
from casebook.knowledge import matching
from casebook.knowledge.precedence import narrowness
from casebook.knowledge.quarantine import marked
from casebook.knowledge.recall import Shelved, applicable, in_force, quarantined, understood
from casebook.knowledge.steps import VALUES, BadStep, reading

if TYPE_CHECKING:
    from casebook.knowledge.cel import Expectation

SKILL = "Skill"
"""Kind of knowledge, as a report names it."""
PARAMS = "params"
"""The name under which an expectation reads the values of the parameters."""
_CONTENT = ("description", "when", "parameters", "steps", "instructions")


def read(raw: Mapping[str, Any], *, platform: bool = False) -> RecalledSkill:
    """A Skill as the API server holds it. Raises `ValidationError`."""
    metadata = raw.get("metadata") or {}
    spec = SkillSpec.model_validate(raw.get("spec") or {})
    name, place = metadata.get("name", ""), metadata.get("namespace", "")
    struck = quarantined(SkillStatus.model_validate(raw.get("status") or {}).conditions)
    return RecalledSkill(
        name=name, namespace=place, version=version(spec), platform=platform, quarantined=struck, spec=spec
    )


def read_all(raws: Iterable[Mapping[str, Any]]) -> tuple[list[RecalledSkill], list[str]]:
    """The skills that make sense, and in a line each what does not make sense in the others."""
    return understood(raws, SKILL.lower(), read)


def version(spec: SkillSpec) -> str:
    """SHA-256 of what it does: who wrote it and whether it is confirmed make no other version of it."""
    wire = spec.wire()
    content = {name: wire[name] for name in _CONTENT if name in wire}
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")).hexdigest()


def ordered(skills: Iterable[RecalledSkill]) -> list[RecalledSkill]:
    """The tenant's own first, then the narrower; the same whatever their order was."""
    return sorted(skills, key=_rank)


def _rank(skill: RecalledSkill) -> tuple[bool, int, int, str, str]:
    terms, weight = narrowness(skill.spec.when)
    return skill.platform, -terms, -weight, skill.namespace, skill.name


def recalled_skills(
    skills: Iterable[RecalledSkill], run: Run, memories: Sequence[Shelved] = ()
) -> tuple[list[RecalledSkill], int]:
    """The confirmed skills that may apply to a run, and how many more there were than it may recall.

    As the quarantines among the memories leave them: what is struck comes last, is shown, and is not used.
    """
    may_apply = applicable(run)
    held = [*skills]
    against = in_force(memories, run.now)
    left = marked(held, against, [one.memory for one in memories]) if against else held
    confirmed = (one for one in left if one.spec.state is State.CONFIRMED)
    found = ordered(one for one in confirmed if may_apply(one, matching.compiled(one.spec.when)))
    found.sort(key=lambda one: bool(one.quarantined))
    return found[:MAX_SKILLS], len(found[MAX_SKILLS:])


def published(skills: Iterable[RecalledSkill]) -> list[RecalledSkill]:
    """The platform's skills as a tenant sees them: those for all, without who wrote them or what they came from."""
    return [
        one.replace(
            platform=True,
            quarantined="by the platform" if one.quarantined else "",
            spec=one.spec.replace(origin=None, last_editor=""),
        )
        for one in skills
        if one.spec.reach is KnowledgeReach.PLATFORM
    ]


def expectation(step: Step) -> "Expectation":
    """What a step expects of what it observes. Raises `cel.BadExpression`."""
    # Loading the language takes longer than a short run: only who has a step to test pays for it.
    from casebook.knowledge.cel import compiled

    return compiled(step.expect, frozenset({VALUES.get(step.observe.source, "items"), PARAMS}))


def unusable(skill: RecalledSkill) -> str:
    """Why a run does not use a skill, for people; empty where it does."""
    return f"quarantined: {skill.quarantined}" if skill.quarantined else problem(skill.spec)


def problem(spec: SkillSpec) -> str:
    """Why a skill cannot be used, for people; empty where it can."""
    from casebook.knowledge.cel import BadExpression

    names = [one.name for one in spec.parameters]
    for step in spec.steps:
        try:
            reading(step.observe, dict.fromkeys(names, "x"))
        except BadStep as error:
            return f"step {step.name}: observe: {error}"
        try:
            expectation(step)
        except BadExpression as error:
            return f"step {step.name}: expect: {error}"
    return ""
