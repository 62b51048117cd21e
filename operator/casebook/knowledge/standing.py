"""How memories stand: fresh or stale, contradicted or not; for their status, so that people see it in `kubectl get`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from casebook.analysis.things import clip
from casebook.api.base import timestamp
from casebook.api.case import Use
from casebook.api.enums import ConditionStatus, KnowledgeReach, State
from casebook.api.run import Recalled
from casebook.api.scope import Scope
from casebook.knowledge.concepts import key
from casebook.knowledge.conflicts import at_odds
from casebook.knowledge.credit import spent
from casebook.knowledge.known import Known
from casebook.knowledge.lifecycle import superseded
from casebook.knowledge.precedence import prevails, replaces
from casebook.knowledge.recall import FRESH, QUARANTINED
from casebook.knowledge.rivals import rivals

CONFLICTING = "Conflicting"
MESSAGE = 1000
TRUE, FALSE, UNKNOWN = ConditionStatus.TRUE, ConditionStatus.FALSE, ConditionStatus.UNKNOWN


class Told(NamedTuple):
    """What one condition says."""

    type: str
    status: ConditionStatus
    reason: str
    message: str


def standings(
    memories: Sequence[Recalled],
    now: datetime,
    uses: Mapping[str, Sequence[Use]] | None = None,
    published: Sequence[Recalled] = (),
) -> dict[str, tuple[Told, ...]]:
    """The conditions of each memory of one tenant, by `namespace/name`; uses are the newest first.

    What the platform published may contradict them; it is not told of that, for that would tell of the tenant.
    """
    used = uses or {}
    # What the status says now is no ground for what it is to say.
    known = Known.of([memory.replace(stale="") if memory.stale else memory for memory in memories], now)
    beside = Known.of([*known.memories, *published], now).memories if published else known.memories
    conflicts = {**_contradicted(beside), **_circular(known)}
    alone = Told(CONFLICTING, FALSE, "Alone", "No other memory contradicts it.")
    return {
        key(one): (_fresh(one, now, used.get(key(one), ())), conflicts.get(key(one), alone), *hostile(one.quarantined))
        for one in memories
    }


def next_change(memories: Sequence[Recalled], now: datetime) -> datetime | None:
    """When a condition changes next by itself."""
    moments = [at for one in memories for at in (one.spec.valid_from, one.spec.valid_until, one.spec.verify_by)]
    return min((at for at in moments if at is not None and at > now), default=None)


def _fresh(memory: Recalled, now: datetime, uses: Sequence[Use]) -> Told:
    due = memory.spec.verify_by
    if memory.spec.state is State.CONFIRMED and memory.quarantined:
        return Told(FRESH, FALSE, QUARANTINED, memory.quarantined)
    if memory.spec.state is not State.CONFIRMED:
        return Told(FRESH, UNKNOWN, "NotConfirmed", f"It is {memory.spec.state.value} and has no force.")
    if due is not None and due <= now:
        said = f"It was to be verified by {timestamp(due)}; it has no force until somebody gives a later verifyBy."
        return Told(FRESH, FALSE, "VerifyByPassed", said)
    lost = spent(memory.version, uses)
    if lost is not None:
        return Told(FRESH, FALSE, lost.reason, clip(lost.message, MESSAGE))
    return Told(FRESH, TRUE, "Verified", f"To be verified by {timestamp(due)}." if due else "Nothing makes it stale.")


def hostile(reason: str) -> Iterator[Told]:
    """Only on what is quarantined, in whatever state it is: who decides about a proposal is to know of it."""
    if reason:
        yield Told(QUARANTINED, TRUE, "HostileSource", f"{reason}. It has no force until that is retired.")


def _circular(known: Known) -> dict[str, Told]:
    return {
        name: Told(CONFLICTING, TRUE, "Circular", f"It is not acted on: {why}.")
        for name, why in known.concepts.refused.items()
    }


def _contradicted(claims: Sequence[Recalled]) -> dict[str, Told]:
    """Of claims in the order in which they win: the first other one that each contradicts, and which wins."""
    found: dict[str, Told] = {}
    for winner, loser in _at_odds(claims):
        if _meet(winner, loser):
            why = prevails(winner, loser)
            found.setdefault(key(winner), _told(loser, "this one", why))
            found.setdefault(key(loser), _told(winner, "that one", why))
    return found


def _at_odds(claims: Sequence[Recalled]) -> Iterator[tuple[Recalled, Recalled]]:
    """Winners and losers: what supersedes another one first, then what answers a question differently."""
    held = {key(one): one for one in claims}
    replaced = superseded(claims)
    yield from ((winner, held[loser]) for loser, winner in replaced.items())
    for one, other in rivals(claims):
        if at_odds(one, other) and not (replaces(one, other) or replaces(other, one)):
            yield one, other


def _told(other: Recalled, wins: str, why: str) -> Told:
    said = f"Memory {other.name} says otherwise; where both apply {wins} wins: {why}."
    return Told(CONFLICTING, TRUE, "Contradicted", said)


def _meet(one: Recalled, other: Recalled) -> bool:
    """Whether there can be an investigation that may use both and in which both apply."""
    apart = one.spec.reach is other.spec.reach is KnowledgeReach.NAMESPACE and one.namespace != other.namespace
    return not apart and not _disjoint(one.spec.scope, other.spec.scope)


def _disjoint(one: Scope, other: Scope) -> bool:
    shared = one.match_labels.keys() & other.match_labels.keys()
    return any(one.match_labels[name] != other.match_labels[name] for name in shared)
