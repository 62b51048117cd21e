"""Concepts: labels that are derived from others, so that knowledge taught with them applies to what is new."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from casebook.api.memory import Concept
from casebook.api.run import Recalled
from casebook.api.scope import Terms
from casebook.knowledge.context import LABEL, Context
from casebook.knowledge.matching import Answer, Match, match, match_terms
from casebook.knowledge.precedence import prevails

MAX_ROUNDS = 3
"""A label may be derived from a label that is derived from a third; further than that nobody can follow."""


@dataclass(frozen=True)
class Derived:
    """A context with its derived labels, and for each concept whether it applied and what it did or why not."""

    context: Context
    applied: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, Match] = field(default_factory=dict)
    outranked: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Concepts:
    """Concepts in the rounds in which they apply: each round needs only what earlier ones derive.

    Concepts that need each other in a circle, or more than `MAX_ROUNDS` rounds, are refused, with the reason by name.
    """

    rounds: tuple[tuple[Recalled, ...], ...]
    refused: dict[str, str]

    @classmethod
    def of(cls, memories: Sequence[Recalled]) -> "Concepts":
        """From memories in the order of their precedence; those that derive no label are passed over."""
        taught = [memory for memory in memories if memory.spec.claim and memory.spec.claim.concept]
        writes = [(key(one), _writes(one)) for one in taught]
        needs = {key(one): _needed(_reads(one), writes) for one in taught}
        refused = {name: "its label is derived from itself" for name in needs if name in _reached(name, needs)}
        rounds: list[tuple[Recalled, ...]] = []
        left = [one for one in taught if key(one) not in refused]
        while left and len(rounds) < MAX_ROUNDS:
            waiting = {key(one) for one in left}
            ready = tuple(one for one in left if not needs[key(one)] & waiting)
            rounds.append(ready)
            left = [one for one in left if one not in ready]
        refused |= {key(one): f"it needs labels that take more than {MAX_ROUNDS} rounds to derive" for one in left}
        return cls(tuple(rounds), refused)

    def derive(self, context: Context) -> Derived:
        """The context with every label that these concepts derive in it; the same whatever their order was."""
        found = Derived(context)
        by: dict[str, Recalled] = {}
        for ready in self.rounds:
            found = _round(ready, found, by)
        return found


def key(memory: Recalled) -> str:
    """What tells memories apart: `namespace/name`."""
    return f"{memory.namespace}/{memory.name}"


def applies(memory: Recalled, context: Context) -> Match:
    """Whether a concept's scope and its own description both fit a context."""
    concept = _concept(memory)
    both = [match(memory.spec.scope, context), match_terms(concept.when, context)]
    answer = min((one.answer for one in both), key=lambda one: one.value)
    return Match(answer, tuple(said for one in both if one.answer is answer for said in one.because))


def _round(ready: Iterable[Recalled], before: Derived, by: dict[str, Recalled]) -> Derived:
    """One round over what earlier ones derived; within it the memory that takes precedence comes first."""
    context, applied, unknown, outranked = (
        before.context,
        dict(before.applied),
        dict(before.unknown),
        dict(before.outranked),
    )
    for memory in ready:
        fits = applies(memory, before.context)
        if fits.answer is Answer.UNKNOWN:
            unknown[key(memory)] = fits
        if fits.answer is not Answer.MATCH:
            continue
        added = []
        for name, value in sorted(_concept(memory).label.items()):
            known = context.at(LABEL + name) or frozenset()
            if not known - {value}:
                context = context.having(LABEL + name, value)
                by.setdefault(LABEL + name, memory)
                added.append(f"{LABEL}{name}={value}")
            else:
                outranked[key(memory)] = _why(name, known, by.get(LABEL + name), memory)
        if added:
            applied[key(memory)] = ", ".join(added)
    return Derived(context, applied, unknown, outranked)


def _why(name: str, known: frozenset[str], winner: Recalled | None, loser: Recalled) -> str:
    if winner is None:
        return f"{LABEL}{name} was seen to be {' or '.join(sorted(known))}, which goes before what is derived"
    return f"{winner.name} says {LABEL}{name}={' or '.join(sorted(known))}, and {prevails(winner, loser)}"


def _concept(memory: Recalled) -> Concept:
    if memory.spec.claim is None or memory.spec.claim.concept is None:
        raise ValueError(f"{memory.name} derives no label")
    return memory.spec.claim.concept


def _needed(reads: set[str], writes: Iterable[tuple[str, set[str]]]) -> set[str]:
    return {name for name, labels in writes if labels & reads}


def _writes(memory: Recalled) -> set[str]:
    return {LABEL + name for name in _concept(memory).label}


def _reads(memory: Recalled) -> set[str]:
    scope = memory.spec.scope
    return {name for terms in (_concept(memory).when, scope, *scope.any_of, *scope.except_) for name in _keys(terms)}


def _keys(terms: Terms) -> Iterator[str]:
    yield from terms.match_labels
    yield from (one.key for one in terms.match_expressions)


def _reached(start: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    queue = [start]
    for name in queue:
        new = needs[name] - found
        found |= new
        queue += sorted(new)
    return found
