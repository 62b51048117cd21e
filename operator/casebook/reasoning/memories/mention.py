"""One line of a report's knowledge: a memory or a skill, why it applied or would, and what it changed."""

from casebook.analysis.things import clip
from casebook.api.enums import Role
from casebook.api.report import KnowledgeUse
from casebook.api.run import Recalled, RecalledSkill
from casebook.knowledge.matching import Match, why
from casebook.knowledge.recall import MEMORY, display_name
from casebook.knowledge.skills import SKILL
from casebook.reasoning.situation import Situation

WHY, EFFECT = 300, 500


def mention(
    situation: Situation, known: Recalled | RecalledSkill, fits: Match, effect: str, role: Role = Role.SHOWN
) -> KnowledgeUse:
    """The line for one memory or skill."""
    return KnowledgeUse(
        kind=SKILL if isinstance(known, RecalledSkill) else MEMORY,
        name=display_name(known, situation.world.snapshot.run.namespace),
        version=str(known.version),
        why=clip(why(fits), WHY),
        effect=clip(effect, EFFECT),
        role=role,
    )
