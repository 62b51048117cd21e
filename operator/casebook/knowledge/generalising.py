"""Proposals: what three or more confirmed corrections have in common, as one memory of a wider scope.

The scope is their least general generalisation: terms that all share stay, values that differ become what they begin or
end with, up to a separator, and what has nothing in common is dropped.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from casebook.analysis.things import clip
from casebook.api.enums import Source, State
from casebook.api.memory import CauseClaim, Claim, KnowledgeOrigin, MemorySpec
from casebook.api.names import digest
from casebook.api.run import Recalled
from casebook.api.scope import Operator, Requirement, Scope
from casebook.knowledge.concepts import key
from casebook.knowledge.conflicts import claim_of, contradict, is_about_cause
from casebook.knowledge.context import Context
from casebook.knowledge.lifecycle import confirmed, superseded
from casebook.knowledge.lineage import MEMORY
from casebook.knowledge.matching import Answer, match, scope_words

ENOUGH = 3
"""Corrections of different scopes, as measured on synthetic contexts: from two a rule is right in two cases of three,
from three in four of five."""
MAX_PROPOSED = 3
SEPARATORS = "-._/"
PLACE = "namespace"
NAMED = 10
MAX_CORRECTIONS = 64
"""Corrections that one proposal is made of at most: it names them all, so that it falls with any of them."""
STATEMENT = 1000


class Proposal(NamedTuple):
    """A memory to be proposed, by name and namespace."""

    name: str
    namespace: str
    spec: MemorySpec


def proposals(memories: Sequence[Recalled]) -> list[Proposal]:
    """What is to be proposed of the memories of one tenant: at most three, and nothing that was ever proposed.

    What was rejected stands there as Rejected, and so is not proposed again. Only what people confirmed is generalised.
    """
    made = [one for group in _groups(memories) if (one := _general(group, memories)) is not None]
    return sorted(never_proposed(made, memories), key=lambda one: (one.namespace, one.name))[:MAX_PROPOSED]


def never_proposed(made: Iterable[Proposal], memories: Iterable[Recalled]) -> list[Proposal]:
    """Those of whose name there is no memory, whatever became of it."""
    there = {(one.namespace, one.name) for one in memories}
    return [one for one in made if (one.namespace, one.name) not in there]


def _groups(memories: Sequence[Recalled]) -> list[list[Recalled]]:
    """Confirmed corrections to the same cause, of the same namespace and reach, that differ in their scope."""
    replaced = superseded(confirmed(memories))
    found: dict[tuple[object, ...], dict[str, Recalled]] = {}
    for memory in sorted(memories, key=lambda one: one.name):
        if _is_correction(memory) and not (memory.stale or memory.quarantined or key(memory) in replaced):
            claim, scope = claim_of(memory), memory.spec.scope
            group = memory.namespace, memory.spec.reach, claim.cause, claim.effect
            found.setdefault(group, {}).setdefault(scope_words(scope), memory)
    return [list(group.values())[:MAX_CORRECTIONS] for group in found.values() if len(group) >= ENOUGH]


def _is_correction(memory: Recalled) -> bool:
    spec = memory.spec
    by_person = spec.origin is not None and spec.origin.type is Source.PERSON
    plain = bool(spec.scope.match_labels) and spec.scope == Scope(match_labels=spec.scope.match_labels)
    return spec.state is State.CONFIRMED and by_person and plain and is_about_cause(memory)


def _general(group: Sequence[Recalled], memories: Iterable[Recalled]) -> Proposal | None:
    """None where they have nothing in common but a namespace, or where somebody said the opposite of one in scope."""
    scope = least_general([one.spec.scope.match_labels for one in group])
    if scope is None:
        return None
    objects = {claim_of(one).object for one in group}
    claim = claim_of(group[0]).replace(object=objects.pop() if len(objects) == 1 else "")
    if any(_denies(one, claim, scope) for one in memories):
        return None
    first = group[0]
    name = f"general-{digest(f'{first.spec.reach}|{claim.cause}|{claim.effect}|{scope_words(scope)}', 16)}"
    return Proposal(name, first.namespace, _spec(group, claim, scope))


def _spec(group: Sequence[Recalled], claim: CauseClaim, scope: Scope) -> MemorySpec:
    names = ", ".join(one.name for one in group[:NAMED])
    effect = f"{claim.effect.value} {claim.cause} where {scope_words(scope)}"
    return MemorySpec(
        statement=clip(f"{effect}: so say {len(group)} confirmed corrections ({names}).", STATEMENT),
        claim=Claim(cause=claim),
        scope=scope,
        reach=group[0].spec.reach,
        state=State.PROPOSED,
        origin=KnowledgeOrigin(type=Source.AGENT, derived_from=[f"{MEMORY}/{one.name}" for one in group]),
    )


def least_general(scopes: Sequence[dict[str, str]]) -> Scope | None:
    """The narrowest scope that covers all; None where nothing but a namespace is left of them."""
    shared = sorted(set.intersection(*(set(one) for one in scopes)))
    same: dict[str, str] = {}
    wider: list[Requirement] = []
    for name in shared:
        values = sorted({one[name] for one in scopes})
        if len(values) == 1:
            same[name] = values[0]
        elif (term := _common(name, values)) is not None:
            wider.append(term)
    return Scope(match_labels=same, match_expressions=wider) if wider or same.keys() - {PLACE} else None


def _common(name: str, values: Sequence[str]) -> Requirement | None:
    """What values begin with, else what they end with, up to a separator."""
    begin = _begin(values)
    if begin:
        return Requirement(key=name, operator=Operator.PREFIX, values=[begin])
    end = _begin([value[::-1] for value in values])[::-1]
    return Requirement(key=name, operator=Operator.SUFFIX, values=[end]) if end else None


def _begin(values: Sequence[str]) -> str:
    """What all begin with, up to and with the last separator in it."""
    first, last = min(values), max(values)
    length = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    shared = first[:length]
    return shared[: max(shared.rfind(one) for one in SEPARATORS) + 1]


def says_already(memory: Recalled, claim: CauseClaim, scope: Scope) -> bool:
    """Whether a memory decides on a claim for all of a scope of exact values: says it, denies it, or was rejected."""
    spec = memory.spec
    if spec.claim is None or spec.claim.cause is None or spec.state is State.RETIRED:
        return False
    told = Context({name: frozenset({value}) for name, value in scope.match_labels.items()})
    if match(spec.scope, told).answer is not Answer.MATCH:
        return False
    known = spec.claim.cause
    same = known.cause == claim.cause and known.effect is claim.effect and known.object in ("", claim.object)
    return same or (spec.state is State.CONFIRMED and contradict(known, claim))


def _denies(memory: Recalled, claim: CauseClaim, scope: Scope) -> bool:
    """Whether a memory says the opposite for something that lies in a scope, or the same was rejected there."""
    spec = memory.spec
    if spec.claim is None or spec.claim.cause is None:
        return False
    told = Context({name: frozenset({value}) for name, value in spec.scope.match_labels.items()})
    inside = match(scope, told).answer is Answer.MATCH
    same = spec.claim.cause.cause == claim.cause and spec.claim.cause.effect is claim.effect
    if spec.state is State.REJECTED:
        return inside and same
    return inside and spec.state is State.CONFIRMED and contradict(spec.claim.cause, claim)
