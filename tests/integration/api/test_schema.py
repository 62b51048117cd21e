"""Every type, enum, pattern, limit and default of the schemas, tried on the real API server: good taken, bad refused.

The cases are derived from the generated schemas; a keyword that they do not know fails the test.
"""

import asyncio
import copy
from collections.abc import Awaitable, Iterable

import pytest

from casebook.crdgen.kinds import KINDS
from casebook.crdgen.manifest import manifest
from support.schema import KEYWORDS, REMOVED, Hints, Path, constraints, dotted, example, put, tries, value_at

PLURALS = [kind.plural for kind in KINDS]
SCHEMAS = {
    kind.plural: manifest(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"] for kind in KINDS
}
LATER = "2027-01-01T00:00:00Z"
PATTERNS = {
    r"^[A-Z][A-Za-z0-9]*$": "MemoryLimitTooLow",
    r"^[A-Za-z][A-Za-z0-9]*$": "Deployment",
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$": "f1",
    r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$": "Ready",
    r"^(Memory|Skill|Investigation)/[^/]+(/[^/]+)?$": "Memory/shop/one",
}
HINTS = {
    "investigations": Hints(exclusive={"spec": ("window", "lookbackSeconds")}, patterns=PATTERNS),
    "memories": Hints(
        exclusive={
            "spec.claim": ("concept", "cause", "noise", "dependency", "expectation", "quarantine"),
            "spec.claim.quarantine": ("investigation", "memory", "skill", "person", "signature"),
            "spec.claim.noise": ("alertname", "eventReason", "logTemplate", "metric"),
        },
        without={
            "spec.claim.quarantine": ("spec.scope",),
            **{
                f"spec.claim.quarantine.{name}": ("spec.claim.quarantine.feedbackId",)
                for name in ("memory", "skill", "person", "signature")
            },
        },
        values={
            "spec.claim.dependency.to": "Deployment/other",
            "spec.validUntil": LATER,
            "spec.verifyBy": LATER,
            "spec.supersedes[]": "other",
        },
        patterns=PATTERNS,
    ),
    "skills": Hints(patterns=PATTERNS),
}


class Subject:
    """The spec or the status of a kind, and how to try one."""

    def __init__(self, api, part: str) -> None:
        self.api = api
        self.part = part
        self.plural = api.kind.plural
        self.schema = SCHEMAS[self.plural][part]
        self._stored = ""

    def document(self, toward: Path = ()) -> dict:
        return {self.part: example(self.schema, (self.part,), HINTS[self.plural], toward)}

    async def ready(self) -> "Subject":
        if self.part == "status":
            spec = example(SCHEMAS[self.plural]["spec"], ("spec",), HINTS[self.plural])
            self._stored = await self.api.store(spec)
        return self

    async def said(self, document: dict) -> str:
        if self.part == "spec":
            return await self.api.create(document["spec"])
        return await self.api.patch(self._stored, document, "status")


def _without_values_where_none_go(document: dict, path: Path) -> None:
    """Exists and DoesNotExist take no values."""
    if path[-1] == "operator":
        holder = value_at(document, path[:-1])
        if holder["operator"] in ("Exists", "DoesNotExist"):
            holder.pop("values", None)


async def _try(subject: Subject, path: Path, value, *, good: bool) -> str:
    """What is wrong with the API server's answer; "" if it is the one wanted."""
    document = subject.document(path)
    put(document, path, value if value is REMOVED else copy.deepcopy(value))
    if good:
        _without_values_where_none_go(document, path)
    said = await subject.said(document)
    shown = repr(value)[:60]
    if good and said:
        return f"{dotted(path)} = {shown} was refused: {said}"
    if not good and not said:
        return f"{dotted(path)} = {shown} was taken"
    name = next(part for part in reversed(path) if part not in ("[]", "{}"))
    return f"{dotted(path)}: the refusal does not name it: {said}" if said and name not in said else ""


async def _wrong(attempts: Iterable[Awaitable[str]]) -> list[str]:
    """What went wrong in all of these, some at a time."""
    places = asyncio.Semaphore(8)

    async def one(attempt: Awaitable[str]) -> str:
        async with places:
            return await attempt

    return [message for message in await asyncio.gather(*map(one, attempts)) if message]


@pytest.mark.parametrize("part", ["spec", "status"])
@pytest.mark.parametrize("plural", PLURALS)
async def test_a_whole_object_is_taken(api, plural, part):
    subject = await Subject(api(plural), part).ready()
    tried = []
    for constraint in constraints(subject.schema, (part,)):
        document = subject.document(constraint.path)
        value_at(document, constraint.path)
        if document not in tried:
            assert await subject.said(document) == "", constraint.place
            tried.append(document)


@pytest.mark.parametrize("keyword", sorted(KEYWORDS - {"required", "default"}))
@pytest.mark.parametrize("plural", PLURALS)
async def test_values_inside_are_taken_and_values_outside_refused(api, plural, keyword):
    for part in ("spec", "status"):
        subject = await Subject(api(plural), part).ready()
        found = [c for c in constraints(subject.schema, (part,)) if c.keyword == keyword]
        assert (
            await _wrong(
                _try(subject, constraint.path, attempt.value, good=attempt.good)
                for constraint in found
                for attempt in tries(constraint, value_at(subject.document(constraint.path), constraint.path))
            )
            == []
        )


@pytest.mark.parametrize("plural", PLURALS)
async def test_what_is_required_must_be_there(api, plural):
    for part in ("spec", "status"):
        subject = await Subject(api(plural), part).ready()
        found = [c for c in constraints(subject.schema, (part,)) if c.keyword == "required"]
        assert (
            await _wrong(
                _try(subject, (*constraint.path, name), REMOVED, good=False)
                for constraint in found
                for name in constraint.node["required"]
            )
            == []
        )


@pytest.mark.parametrize("plural", PLURALS)
async def test_defaults_are_filled_in(api, plural):
    tried = api(plural)
    subject = Subject(tried, "spec")
    found = [c for c in constraints(subject.schema, ("spec",)) if c.keyword == "default"]
    assert found
    for constraint in found:
        document = subject.document(constraint.path)
        put(document, constraint.path, REMOVED)
        stored = await tried.created(document["spec"])
        assert value_at(stored, constraint.path) == constraint.node["default"], constraint.place


@pytest.mark.parametrize("plural", PLURALS)
async def test_what_the_schema_does_not_know_is_refused_where_asked_to_be_strict(api, plural):
    subject = Subject(api(plural), "spec")
    document = subject.document()
    document["spec"]["surprise"] = 1
    assert 'unknown field "spec.surprise"' in await subject.said(document)
