"""Memories as a run recalls them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from casebook.api.investigation import Feedback, Investigation, ObjectMeta
from casebook.api.memory import MemorySpec
from casebook.api.report import Report
from casebook.api.run import Recalled, Trace
from casebook.knowledge.corrections import correction

WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)


def memory(
    name: str = "m",
    *,
    claim: dict[str, Any] | None = None,
    scope: dict[str, Any] | None = None,
    namespace: str = "shop",
    version: int = 1,
    written_at: datetime = WRITTEN,
    platform: bool = False,
    stale: str = "",
    quarantined: str = "",
    **spec: Any,
) -> Recalled:
    """A confirmed memory; without a claim it is a note."""
    held = {"statement": f"{name} says so", "state": "Confirmed", "scope": scope or {}, **spec}
    return Recalled(
        name=name,
        namespace=namespace,
        version=version,
        written_at=written_at,
        platform=platform,
        stale=stale,
        quarantined=quarantined,
        spec=MemorySpec.model_validate(held | ({"claim": claim} if claim else {})),
    )


def cause(code: str, object_: str = "", effect: str = "Confirms") -> dict[str, Any]:
    """A claim about a cause."""
    return {"cause": {"object": object_, "cause": code, "effect": effect}}


def concept(label: dict[str, str], *, when: dict[str, Any] | None = None) -> dict[str, Any]:
    """A claim that derives labels."""
    return {"concept": {"label": label, "when": when or {}}}


def quarantine(name: str = "q", *, reach: str = "Namespace", namespace: str = "shop", **source: str) -> Recalled:
    """A quarantine by bob of one source: person, memory, skill, investigation (and feedbackId) or signature."""
    held: dict[str, Any] = {"statement": "stolen", "lastEditor": "bob", "reach": reach}
    return memory(name, claim={"quarantine": source}, namespace=namespace, **held)


def labelled(**labels: str) -> dict[str, Any]:
    """A scope of exact values; `__` in a name stands for a colon or a dot."""
    return {"matchLabels": {name.replace("__", ":"): value for name, value in labels.items()}}


def correction_of(
    kept: Trace,
    report: Report,
    *,
    id_: str = "f1",
    author: str = "alice",
    written_at: datetime = WRITTEN,
    used: Iterable[Recalled] = (),
    **said: Any,
) -> Recalled:
    """The memory that the controller makes of a person's word on this report of this run; confirmed unless it says so.

    Raises `ValueError` where the word says nothing that could be remembered.
    """
    metadata = ObjectMeta(name=kept.run.name, namespace=kept.run.namespace, uid=kept.run.uid)
    of = Investigation(metadata=metadata, spec=kept.run.spec).replace(status={"report": report.wire()})
    entry = Feedback.model_validate({"id": id_, "author": author, "standing": "Confirmed", "verdict": "Wrong"} | said)
    made = correction(of, entry, "casebook-system", used)
    if made is None:
        raise ValueError(f"{said} says nothing of a cause of {kept.run.name}")
    return Recalled(name=made.name, namespace=made.namespace, version=1, written_at=written_at, spec=made.spec)


def knowing(kept: Trace, *memories: Recalled) -> Trace:
    """The run as if it had recalled these memories besides its own."""
    return kept.replace(run=kept.run.replace(recalled=[*kept.run.recalled, *memories]))
