"""Recall: which of the memories that exist a run is given. Complete: whatever may turn out to apply is among them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from casebook.analysis.access import listed, moment, text
from casebook.analysis.things import clip
from casebook.api.base import EPOCH
from casebook.api.enums import ConditionStatus, KnowledgeReach, State
from casebook.api.memory import MemorySpec, MemoryStatus
from casebook.api.meta import Condition
from casebook.api.names import placed
from casebook.api.problems import explain
from casebook.api.run import MAX_RECALLED, Recalled, RecalledSkill, Run
from casebook.knowledge.concepts import key
from casebook.knowledge.context import Context, of_run
from casebook.knowledge.matching import Compiled, Exact, compiled
from casebook.knowledge.precedence import Rank, rank
from casebook.knowledge.quarantine import heeding, is_quarantine, marked, quarantines

FRESH = "Fresh"
QUARANTINED = "Quarantined"
MEMORY = "Memory"
"""Kind of knowledge, as a report names it."""
CONFIRMED = "spec.state=Confirmed"
"""The field selector of memories and skills that can have force."""
SETTLED = frozenset({"alertname", "severity", "namespace"})
"""Keys whose values what is seen later may not add to."""
EVERYWHERE, NOWHERE = "", "-"
"""No names of namespaces."""
T = TypeVar("T")


def read(raw: Mapping[str, Any], *, platform: bool = False) -> Recalled:
    """A Memory as the API server holds it; its version is the generation of its spec. Raises `ValidationError`."""
    metadata, status = raw.get("metadata") or {}, MemoryStatus.model_validate(raw.get("status") or {})
    return Recalled(
        name=metadata.get("name", ""),
        namespace=metadata.get("namespace", ""),
        version=metadata.get("generation", 0),
        written_at=written_at(raw),
        platform=platform,
        stale=_stale(status, metadata.get("generation", 0)),
        quarantined=quarantined(status.conditions),
        spec=MemorySpec.model_validate(raw.get("spec") or {}),
    )


def read_all(raws: Iterable[Mapping[str, Any]]) -> tuple[list[Recalled], list[str]]:
    """The memories that make sense, and in a line each what does not make sense in the others."""
    return understood(raws, MEMORY.lower(), read)


def understood(
    raws: Iterable[Mapping[str, Any]], kind: str, reader: Callable[[Mapping[str, Any]], T]
) -> tuple[list[T], list[str]]:
    """What a reader makes of resources of a kind, and in a line each what does not make sense in the others."""
    found, odd = [], []
    for raw in raws:
        try:
            found.append(reader(raw))
        except ValidationError as error:
            odd.append(f"{kind} {text(raw, 'metadata', 'name')} was not understood: spec.{explain(error)}"[:1000])
    return found, odd


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


def quarantined(conditions: Iterable[Condition]) -> str:
    """Why it is quarantined; an edit of what is quarantined lifts nothing, so its generation does not count."""
    told = (one for one in conditions if one.type == QUARANTINED and one.status is ConditionStatus.TRUE)
    return next((one.message or one.reason for one in told), "")


def published(memories: Sequence[Recalled], now: datetime) -> list[Recalled]:
    """What tenants see of the memories of the platform: those that were published."""
    return [as_published(one) for one in heeding(memories, now) if one.spec.reach is KnowledgeReach.PLATFORM]


def as_published(memory: Recalled) -> Recalled:
    """A memory of the platform without who wrote it, what it came from, and who quarantined that."""
    struck = "by the platform" if memory.quarantined else ""
    spec = memory.spec.replace(origin=None, last_editor="")
    return memory.replace(platform=True, quarantined=struck, spec=spec)


def as_confirmed(memory: Recalled) -> Recalled:
    """A proposal as it would act if somebody confirmed it: that is what a replay or a backtest of it shows."""
    return memory.replace(spec=memory.spec.replace(state=State.CONFIRMED))


def reaches(one: Recalled | RecalledSkill, namespace: str) -> bool:
    """Whether investigations in a namespace may use it; it must be of their tenant, or be the platform's."""
    return confines(one) in (EVERYWHERE, namespace)


def confines(one: Recalled | RecalledSkill) -> str:
    """The only namespace whose investigations may use it, or `EVERYWHERE`, or `NOWHERE`."""
    if one.platform:
        return EVERYWHERE if one.spec.reach is KnowledgeReach.PLATFORM else NOWHERE
    return one.namespace if one.spec.reach is KnowledgeReach.NAMESPACE else EVERYWHERE


class Shelved(NamedTuple):
    """A memory with what is worth working out once.

    Of ten thousand most are passed over by what stands right here, since to look into each takes the longest.
    """

    order: tuple[bool, bool, Rank]
    """Sort key: quarantines before all, then those that win first; what is quarantined last."""
    quarantines: bool
    name: str
    """`namespace/name`."""
    home: str
    """As `confines` says."""
    settles: bool
    """Whether its scope can conflict with what a run knows from the beginning."""
    exact: Exact | None
    """Of its scope."""
    scope: Compiled
    memory: Recalled


def shelved(memories: Iterable[Recalled]) -> list[Shelved]:
    """The confirmed ones, those that win first."""
    held = [memory for memory in memories if memory.spec.state is State.CONFIRMED]
    return in_order(_shelve(one, compiled(one.spec.scope)) for one in held)


def _shelve(memory: Recalled, scope: Compiled) -> Shelved:
    settles = bool(scope.except_) or not scope.keys.isdisjoint(SETTLED)
    quarantines = is_quarantine(memory)
    order = not quarantines, bool(memory.quarantined), rank(memory)
    return Shelved(order, quarantines, key(memory), confines(memory), settles, scope.exact, scope, memory)


def in_order(found: Iterable[Shelved]) -> list[Shelved]:
    """Sorted by where they stand."""
    return sorted(found, key=itemgetter(0))


def recalled(
    memories: Iterable[Recalled], run: Run, skills: Sequence[RecalledSkill] = ()
) -> tuple[list[Recalled], int]:
    """The confirmed memories that may apply to a run, those that win first; and how many more there were than fit."""
    return chosen(fitting(shelved(memories), run, skills), {})


class Fitting(NamedTuple):
    """The memories that may apply to a run: quarantines with those that apply for sure, and the others."""

    sure: list[Shelved]
    others: list[Shelved]


def fitting(memories: Sequence[Shelved], run: Run, skills: Sequence[RecalledSkill] = ()) -> Fitting:
    """The memories that may apply to a run; `skills` is what else there is that a lineage may go through.

    Quarantines come before all, and what they strike comes last: it is shown with the reason, and has no force.
    """
    settled, homes = _settled(run), (EVERYWHERE, run.namespace)
    may_apply = (
        one
        for one in _heeding(memories, run.now, skills)
        if one.home in homes and not (one.settles and one.scope.conflicts(settled))
    )
    return _told_apart(may_apply, of_run(run))


def applicable(run: Run) -> Callable[[Recalled | RecalledSkill, Compiled], bool]:
    """Tells whether something reaches a run, and its scope may turn out to apply.

    What cannot apply is known before anything was looked at: by the alert, the severity, and the namespace of a run
    that does not look further.
    """
    settled = _settled(run)

    def may_apply(one: Recalled | RecalledSkill, scope: Compiled) -> bool:
        return reaches(one, run.namespace) and not scope.conflicts(settled)

    return may_apply


def in_force(memories: Iterable[Shelved], now: datetime) -> list[Recalled]:
    """The quarantines among them, what takes precedence first."""
    return quarantines((one.memory for one in memories if one.quarantines), now)


def _heeding(memories: Sequence[Shelved], now: datetime, skills: Sequence[RecalledSkill]) -> Sequence[Shelved]:
    """The memories as the quarantines among them leave them."""
    against = in_force(memories, now)
    if not against:
        return memories
    left = marked([one.memory for one in memories], against, skills)
    return [
        one if memory is one.memory else _shelve(memory, one.scope) for one, memory in zip(memories, left, strict=True)
    ]


def _told_apart(found: Iterable[Shelved], asked: Context) -> Fitting:
    sure: list[Shelved] = []
    others: list[Shelved] = []
    known, unknown = asked.values, frozenset[str]()
    for one in found:
        may = one.exact is None or not known.get(one.exact[0], unknown).isdisjoint(one.exact[1])
        (sure if one.quarantines or (may and _applies(one, asked)) else others).append(one)
    return Fitting(sure, others)


def _applies(one: Shelved, asked: Context) -> bool:
    return not one.memory.quarantined and one.scope.matches(asked)


def chosen(found: Fitting, scores: Mapping[str, float]) -> tuple[list[Recalled], int]:
    """As many of these as a run may recall, those that win first; and how many were left out.

    Of too many, quarantines are taken and those that apply for sure; then those whose text is most like the question,
    by scores of `namespace/name`; then those that win, and what is quarantined last.
    """
    held = [*found.sure, *found.others]
    left = max(0, len(held) - MAX_RECALLED)
    if left:
        held = [*in_order(found.sure), *_alike_first(found.others, scores)][:MAX_RECALLED]
    return [one.memory for one in in_order(held)], left


def _alike_first(found: Iterable[Shelved], scores: Mapping[str, float]) -> list[Shelved]:
    alike: list[Shelved] = []
    others: list[Shelved] = []
    for one in found:
        (alike if one.name in scores and not one.memory.quarantined else others).append(one)
    alike.sort(key=lambda one: (-scores[one.name], one.order))
    return [*alike, *in_order(others)]


def display_name(one: Recalled | RecalledSkill, home: str) -> str:
    """Its name in a report, with its namespace where that is not the investigation's own."""
    return clip(placed(one.namespace, one.name, home), 253)


def _settled(run: Run) -> Context:
    """What nothing that is seen later can add to."""
    alone = run.scene.namespaces == [run.namespace] and not run.scene.platform
    keys = SETTLED if alone else SETTLED - {"namespace"}
    return Context({key: values for key, values in of_run(run).values.items() if key in keys})
