"""Which memory wins where two disagree: the tenant's own before the platform's, the narrower, then the newer."""

from datetime import datetime

from casebook.api.names import placed
from casebook.api.run import Recalled
from casebook.api.scope import Operator, Scope, Terms
from casebook.knowledge.matching import requirements

_WEIGHTS = {
    Operator.IN: 6,
    Operator.PREFIX: 4,
    Operator.SUFFIX: 4,
    Operator.GLOB: 3,
    Operator.EXISTS: 1,
    Operator.NOT_IN: 1,
    Operator.DOES_NOT_EXIST: 1,
}
_EXACT = 8
Rank = tuple[bool, int, int, float, str, str]


def narrowness(scope: Scope) -> tuple[int, int]:
    """How narrow a scope is: its number of terms, then their weight, an exact value weighing most.

    Of alternatives the widest counts; an exception makes a scope narrower by one term.
    """
    terms, weight = _of(scope)
    if scope.any_of:
        widest = min(_of(one) for one in scope.any_of)
        terms, weight = terms + widest[0], weight + widest[1]
    return terms + len(scope.except_), weight + len(scope.except_)


def _of(terms: Terms) -> tuple[int, int]:
    found = requirements(terms)
    weights = [
        _EXACT if one.operator is Operator.IN and len(one.values) == 1 else _WEIGHTS[one.operator] for one in found
    ]
    return len(found), sum(weights)


def rank(memory: Recalled) -> Rank:
    """Sort key: what wins comes first."""
    terms, weight = narrowness(memory.spec.scope)
    return memory.platform, -terms, -weight, -said_at(memory).timestamp(), memory.namespace, memory.name


def said_at(memory: Recalled) -> datetime:
    """Since when it is said: the moment that it names, else when it was written."""
    return memory.spec.valid_from or memory.written_at


def replaces(one: Recalled, other: Recalled) -> bool:
    """Whether a memory names another one as superseded that does not name it as well; both of one tenant."""
    return one.platform == other.platform and _names(one, other) and not _names(other, one)


def _names(one: Recalled, other: Recalled) -> bool:
    return placed(other.namespace, other.name, one.namespace) in one.spec.supersedes


def prevails(winner: Recalled, loser: Recalled) -> str:
    """Why one wins over the other, for people."""
    if replaces(winner, loser):
        return "it supersedes the other one"
    if winner.platform != loser.platform:
        return "the tenant's own word goes before the platform's"
    if narrowness(winner.spec.scope) != narrowness(loser.spec.scope):
        return "its scope is narrower"
    return "it is newer" if said_at(winner) != said_at(loser) else "its name comes first, and nothing else decides"
