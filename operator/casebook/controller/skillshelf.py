"""Writes into the status of each skill which content it is, and whether runs can use it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from casebook.analysis.access import count, mapping, text
from casebook.analysis.things import clip
from casebook.api.base import SKILLS
from casebook.api.run import RecalledSkill
from casebook.api.skill import SkillStatus
from casebook.cluster.writer import Writer
from casebook.controller.shelf import Judged
from casebook.controller.statuses import Held, conditions, settle
from casebook.knowledge.lineage import itself
from casebook.knowledge.quarantine import marked
from casebook.knowledge.recall import quarantined
from casebook.knowledge.skills import problem, read
from casebook.knowledge.standing import FALSE, MESSAGE, TRUE, Told, hostile

VALID = "Valid"


@dataclass(frozen=True)
class SkillView:
    """One skill as the API server holds it, with the status that it has."""

    skill: RecalledSkill
    generation: int
    resource_version: str
    status: dict[str, Any]


def skill_of(raw: dict[str, Any]) -> SkillView | None:
    """The view of a Skill; None where its content makes no sense to this version of Casebook."""
    try:
        skill = read(raw)
    except ValidationError:
        return None
    # What the status says now is no ground for what it is to say.
    skill = skill.replace(quarantined="") if skill.quarantined else skill
    generation, version = count(raw, "metadata", "generation"), text(raw, "metadata", "resourceVersion")
    return SkillView(skill, generation or 0, version, mapping(raw, "status"))


class SkillShelf:
    """The skills of the cluster, as watches tell of them."""

    def __init__(self, writer: Writer, now: Callable[[], datetime]) -> None:
        self._writer = writer
        self._now = now
        self._held: dict[tuple[str, str], SkillView] = {}

    def put(self, view: SkillView) -> None:
        """It is there, or has changed."""
        self._held[view.skill.namespace, view.skill.name] = view

    def drop(self, view: SkillView) -> None:
        """It is gone."""
        self._held.pop((view.skill.namespace, view.skill.name), None)

    def touched(self, judged: Judged) -> list[tuple[str, str]]:
        """The skills of a tenant whose status says something else of quarantines than holds now."""
        found = self._marked(judged)
        return [
            (one.namespace, one.name)
            for one in found
            if _is_struck(self._held[one.namespace, one.name]) != bool(one.quarantined)
        ]

    def _marked(self, judged: Judged) -> list[RecalledSkill]:
        own = [view.skill for view in self._held.values() if view.skill.namespace in judged.namespaces]
        return marked(own, judged.against, judged.memories)

    async def judge(self, namespace: str, name: str, judged: Judged) -> None:
        """Write how one skill stands among what is known in its tenant, if that has changed. Raises `ClusterError`."""
        view = self._held.get((namespace, name))
        if view is None:
            return
        struck = next((one.quarantined for one in self._marked(judged) if itself(one) == itself(view.skill)), "")
        wrong = await asyncio.to_thread(problem, view.skill.spec)
        held = Held(SKILLS, namespace, name, view.resource_version, view.status)
        status = {
            "observedGeneration": view.generation,
            "version": view.skill.version,
            "conditions": conditions(view.status, (_told(wrong), *hostile(struck)), view.generation, self._now()),
        }
        made = await settle(self._writer, held, status)
        fresh = skill_of(made) if made else None
        if fresh is not None:
            self.put(fresh)


def _told(wrong: str) -> Told:
    if wrong:
        return Told(VALID, FALSE, "BadStep", clip(f"Runs skip it: {wrong}.", MESSAGE))
    return Told(VALID, TRUE, "Usable", "Every step can be read and tested.")


def _is_struck(view: SkillView) -> bool:
    return bool(quarantined(SkillStatus.model_validate(view.status).conditions))
