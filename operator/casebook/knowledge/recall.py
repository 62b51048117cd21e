"""Recall: which of the memories that exist a run is given. Complete: whatever may turn out to apply is among them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from casebook.analysis.access import listed, moment, text
from casebook.analysis.things import clip
from casebook.api.base import EPOCH
from casebook.api.enums import ConditionStatus, KnowledgeReach, State
from casebook.api.memory import MemorySpec, MemoryStatus
from casebook.api.names import placed
from casebook.api.problems import explain
from casebook.api.run import MAX_RECALLED, Recalled, Run
from casebook.knowledge.concepts import key
from casebook.knowledge.context import Context, of_run
from casebook.knowledge.matching import Answer, Compiled, answer, compiled
from casebook.knowledge.precedence import Rank, rank

FRESH = "Fresh"
MEMORY = "Memory"
"""Kind of knowledge, as a report names it."""
CONFIRMED = "spec.state=Confirmed"
"""The field selector of memories that can have force."""


def read(raw: Mapping[str, Any], *, platform: bool = False) -> Recalled:
    """A Memory as the API server holds it; its version is the generation of its spec. Raises `ValidationError`."""
    metadata = raw.get("metadata") or {}
    return Recalled(
        name=metadata.get("name", ""),
        namespace=metadata.get("namespace", ""),
        version=metadata.get("generation", 0),
        written_at=written_at(raw),
        platform=platform,
        stale=_stale(MemoryStatus.model_validate(raw.get("status") or {}), metadata.get("generation", 0)),
        spec=MemorySpec.model_validate(raw.get("spec") or {}),
    )


def read_all(raws: Iterable[Mapping[str, Any]]) -> tuple[list[Recalled], list[str]]:
    """The memories that make sense, and in a line each what does not make sense in the others."""
    memories, odd = [], []
    for raw in raws:
        try:
            memories.append(read(raw))
        except ValidationError as error:
            odd.append(f"memory {text(raw, 'metadata', 'name')} was not understood: spec.{explain(error)}"[:1000])
    return memories, odd


def written_at(raw: Mapping[str, Any]) -> datetime:
    """When the spec was last written, as far as the object tells."""
    fields = [item for item in listed(raw, "metadata", "managedFields") if not text(item, "subresource")]
    times = [at for at in (moment(item, "time") for item in fields) if at]
    return max(times, default=moment(raw, "metadata", "creationTimestamp") or EPOCH)


def _stale(status: MemoryStatus, generation: int) -> str:
    """What the status says of this spec; what it says of an earlier one counts no more."""
    told = [one for one in status.conditions if one.type == FRESH and one.status is ConditionStatus.FALSE]
    current = [one for one in told if one.observed_generation in (None, generation)]
    return current[0].message or current[0].reason if current else ""


def as_confirmed(memory: Recalled) -> Recalled:
    """A proposal as it would act if somebody confirmed it: that is what a replay or a backtest of it shows."""
    return memory.replace(spec=memory.spec.replace(state=State.CONFIRMED))


def reaches(memory: Recalled, namespace: str) -> bool:
    """Whether investigations in a namespace may use it; it must be of their tenant, or be the platform's."""
    if memory.platform:
        return memory.spec.reach is KnowledgeReach.PLATFORM
    return memory.namespace == namespace or memory.spec.reach is not KnowledgeReach.NAMESPACE


class Shelved(NamedTuple):
    """A memory with what is worth working out once: how it ranks, its `namespace/name`, and its scope."""

    rank: Rank
    name: str
    scope: Compiled
    memory: Recalled


def shelved(memories: Iterable[Recalled]) -> list[Shelved]:
    """The confirmed ones, those that win first."""
    held = [memory for memory in memories if memory.spec.state is State.CONFIRMED]
    return in_order(Shelved(rank(one), key(one), compiled(one.spec.scope), one) for one in held)


def in_order(found: Iterable[Shelved]) -> list[Shelved]:
    """Those that win first."""
    return sorted(found, key=lambda one: one.rank)


def recalled(memories: Iterable[Recalled], run: Run) -> tuple[list[Recalled], int]:
    """The confirmed memories that may apply to a run, those that win first; and how many more there were than fit."""
    return chosen(fitting(shelved(memories), run), run, {})


def fitting(memories: Iterable[Shelved], run: Run) -> list[Shelved]:
    """The memories that may apply to a run.

    What cannot apply is known before anything was looked at: by the alert, the severity, and the namespace of a run
    that does not look further.
    """
    settled = _settled(run)
    return [
        one
        for one in memories
        if reaches(one.memory, run.namespace)
        and not (one.scope.may_conflict(settled) and answer(one.scope, settled) is Answer.CONFLICT)
    ]


def chosen(found: Iterable[Shelved], run: Run, scores: Mapping[str, float]) -> tuple[list[Recalled], int]:
    """As many of these as a run may recall, those that win first; and how many were left out.

    Of too many, those are taken that apply for sure; then those whose text is most like the question, by scores of
    `namespace/name`; then those that win.
    """
    taken = in_order(found)
    left = max(0, len(taken) - MAX_RECALLED)
    if left:
        taken = in_order(_needed(taken, of_run(run), scores)[:MAX_RECALLED])
    return [one.memory for one in taken], left


def _needed(found: Sequence[Shelved], asked: Context, scores: Mapping[str, float]) -> list[Shelved]:
    sure, alike, others = [], [], []
    for one in found:
        if answer(one.scope, asked) is Answer.MATCH:
            sure.append(one)
        else:
            (alike if one.name in scores else others).append(one)
    return [*sure, *sorted(alike, key=lambda one: -scores[one.name]), *others]


def display_name(memory: Recalled, home: str) -> str:
    """Its name in a report, with its namespace where that is not the investigation's own."""
    return clip(placed(memory.namespace, memory.name, home), 253)


def _settled(run: Run) -> Context:
    """What nothing that is seen later can add to."""
    keys = {"alertname", "severity"}
    if run.scene.namespaces == [run.namespace] and not run.scene.platform:
        keys.add("namespace")
    return Context({key: values for key, values in of_run(run).values.items() if key in keys})
