"""Lineage: where knowledge came from, each source as `Kind/namespace/name`, `User/name`, `Signature/text`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from casebook.api.case import PastCase
from casebook.api.memory import KnowledgeOrigin, Quarantine
from casebook.api.names import unplaced
from casebook.api.run import Recalled, RecalledSkill
from casebook.knowledge.recurrence import signature

T = TypeVar("T", bound=Recalled | RecalledSkill)
INVESTIGATION, MEMORY, SKILL = "Investigation", "Memory", "Skill"


def itself(one: Recalled | RecalledSkill) -> str:
    """A memory or a skill as a source of others."""
    return f"{SKILL if isinstance(one, RecalledSkill) else MEMORY}/{one.namespace}/{one.name}"


def user(name: str) -> str:
    """A person as a source."""
    return f"User/{name}"


def sources(one: Recalled | RecalledSkill) -> Iterator[str]:
    """What a memory or a skill came from: itself, who wrote it last, and what its origin names."""
    yield itself(one)
    if one.spec.last_editor:
        yield user(one.spec.last_editor)
    if one.spec.origin:
        yield from _sources_of(one.spec.origin, one.namespace)


def sources_of_case(case: PastCase) -> Iterator[str]:
    """What a past case is known by."""
    yield f"{INVESTIGATION}/{case.namespace}/{case.name}"
    yield _signed(signature(case))


def target(source: Quarantine, home: str) -> str:
    """The source that a quarantine in namespace `home` names."""
    if source.person:
        return user(source.person)
    if source.signature:
        return _signed(source.signature)
    if source.investigation:
        return _named(INVESTIGATION, source.investigation, home) + _entry(source.feedback_id)
    return _named(MEMORY, source.memory, home) if source.memory else _named(SKILL, source.skill or "", home)


def descent(source: str, made_of: Mapping[str, Sequence[T]]) -> list[T]:
    """All that was made of a source, or of what was made of it; `made_of` holds what there is by its sources."""
    found: dict[str, T] = {}
    waiting = [source]
    for one in waiting:
        new = {itself(piece): piece for piece in made_of.get(one, ()) if itself(piece) not in found}
        found |= new
        waiting += new
    return list(found.values())


def _sources_of(origin: KnowledgeOrigin, home: str) -> Iterator[str]:
    if origin.author:
        yield user(origin.author)
    if origin.signature:
        yield _signed(origin.signature)
    if origin.investigation:
        investigation = _named(INVESTIGATION, origin.investigation, home)
        yield from (investigation, investigation + _entry(origin.feedback_id))
    for parent in origin.derived_from:
        kind, _, name = parent.partition("/")
        yield _named(kind, name, home)


def _named(kind: str, name: str, home: str) -> str:
    return f"{kind}/{'/'.join(unplaced(name, home))}"


def _entry(feedback_id: str) -> str:
    return f"/{feedback_id}" if feedback_id else ""


def _signed(text: str) -> str:
    return f"Signature/{text}"
