"""Taught facts about objects: what depends on what, and what is normal."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import dig, text
from casebook.analysis.changes import edited
from casebook.analysis.graph import Edge
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref, Thing, shown
from casebook.api.memory import Expectation
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.conflicts import lost
from casebook.reasoning.memories.taught import Taught

KNOWN = "is known to need"
_STEP = re.compile(r"[^.\[\]]+")


class Taken(NamedTuple):
    """An expectation that applies to an object that was seen, and the value found there."""

    memory: Recalled
    thing: Thing
    path: tuple[str | int, ...]
    found: str

    @property
    def expected(self) -> str:
        """The value that is normal."""
        return expectation_of(self.memory).value

    @property
    def holds(self) -> bool:
        """Whether the value is the normal one."""
        return self.found == self.expected


def dependencies(taught: Taught) -> list[Edge]:
    """Edges that memories add between entities, where the one that needs was seen."""
    return [edge for memory in taught.known.claiming("dependency") if (edge := edge_of(taught, memory))]


def edge_of(taught: Taught, memory: Recalled) -> Edge | None:
    """The edge that a memory adds; None where what needs was not seen, or its scope does not apply to that."""
    claim = memory.spec.claim.dependency if memory.spec.claim else None
    if claim is None:
        return None
    source = taught.ref(claim.from_)
    seen = source in taught.world.things and taught.applies(memory, source)
    return Edge(source, taught.ref(claim.to), KNOWN) if seen else None


def unexpected(taught: Taught) -> list[Symptom]:
    """Symptoms on objects that are not as they are expected to be."""
    return [_symptom(one) for one in expectations(taught) if not one.holds]


def expectations(taught: Taught) -> Iterator[Taken]:
    """Expectations of objects that were seen; of two about one field the one that takes precedence."""
    for first, *_ in _by_field(taught):
        claim = expectation_of(first)
        thing = taught.world.things[taught.ref(claim.object)]
        path = _path(thing, claim.field)
        yield Taken(first, thing, path, shown(dig(thing.raw, *path)))


def overruled(taught: Taught) -> dict[str, str]:
    """Why expectations of objects that were seen do not act, by `key`: another one speaks of the same field."""
    return {key(one): lost(first, one) for first, *others in _by_field(taught) for one in others}


def _by_field(taught: Taught) -> list[list[Recalled]]:
    """The expectations that apply to objects that were seen, by object and field, what takes precedence first."""
    found: dict[tuple[Ref, str], list[Recalled]] = {}
    for memory in taught.known.claiming("expectation"):
        claim = expectation_of(memory)
        ref = taught.ref(claim.object)
        if ref in taught.world.things and taught.applies(memory, ref):
            found.setdefault((ref, claim.field), []).append(memory)
    return list(found.values())


def expectation_of(memory: Recalled) -> Expectation:
    """The claim of a memory about what is normal."""
    if memory.spec.claim is None or memory.spec.claim.expectation is None:
        raise ValueError(f"{memory.name} expects nothing")
    return memory.spec.claim.expectation


def _symptom(one: Taken) -> Symptom:
    field = expectation_of(one.memory).field
    edit = edited(one.thing, *(step for step in one.path if isinstance(step, str)))
    said = f"{field} is {one.found}, where {one.expected} is normal"
    return Symptom(one.thing.ref, Sign.UNEXPECTED, said, edit.at if edit else None, (one.thing.cite(*one.path),))


def _path(thing: Thing, field: str) -> tuple[str | int, ...]:
    """The steps of `spec.containers[app].image`: a step into a list is a number, or the `name` of the item."""
    found: list[str | int] = []
    for step in _STEP.findall(field):
        here = dig(thing.raw, *found)
        if isinstance(here, list):
            named = [index for index, item in enumerate(here) if text(item, "name") == step]
            found.append(named[0] if named else int(step) if step.isdecimal() else len(here))
        else:
            found.append(step)
    return tuple(found)
