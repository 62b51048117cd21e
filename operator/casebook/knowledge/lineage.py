"""Lineage: where knowledge came from, each source as `Kind/namespace/name`, `User/name`, `Signature/text`."""

from collections.abc import Iterator, Mapping, Sequence

from casebook.api.case import PastCase
from casebook.api.memory import KnowledgeOrigin, Quarantine
from casebook.api.names import unplaced
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.recurrence import signature

INVESTIGATION, MEMORY, SKILL = "Investigation", "Memory", "Skill"


def itself(memory: Recalled) -> str:
    """A memory as a source of others."""
    return f"{MEMORY}/{key(memory)}"


def user(name: str) -> str:
    """A person as a source."""
    return f"User/{name}"


def sources(memory: Recalled) -> Iterator[str]:
    """What a memory came from: itself, who wrote it last, and what its origin names."""
    yield itself(memory)
    if memory.spec.last_editor:
        yield user(memory.spec.last_editor)
    if memory.spec.origin:
        yield from _sources_of(memory.spec.origin, memory.namespace)


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


def descent(source: str, made_of: Mapping[str, Sequence[Recalled]]) -> list[Recalled]:
    """All that was made of a source, or of what was made of it; `made_of` holds the memories by their sources."""
    found: dict[str, Recalled] = {}
    waiting = [source]
    for one in waiting:
        new = {itself(memory): memory for memory in made_of.get(one, ()) if itself(memory) not in found}
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
