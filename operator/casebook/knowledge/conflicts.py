"""Claims that contradict each other where both apply: which one wins, and why."""

from collections.abc import Sequence

from casebook.api.enums import ClaimEffect
from casebook.api.memory import CauseClaim
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.lifecycle import superseded
from casebook.knowledge.precedence import prevails, replaces


def outranked(memories: Sequence[Recalled]) -> dict[str, Recalled]:
    """Of claims that all apply, in the order in which they win: which lose, and to which one.

    By `key`. What another one supersedes has lost, whatever their scopes are. A claim that has lost to one that is at
    odds with it takes no other one down.
    """
    losers = superseded(memories)
    standing: list[Recalled] = []
    for memory in (one for one in memories if key(one) not in losers):
        winner = next((other for other in standing if at_odds(other, memory)), None)
        if winner is None:
            standing.append(memory)
        else:
            losers[key(memory)] = winner
    return losers


def at_odds(one: Recalled, other: Recalled) -> bool:
    """Whether two memories contradict each other wherever both apply."""
    mine, theirs = one.spec.claim, other.spec.claim
    if mine is None or theirs is None:
        return False
    if mine.cause and theirs.cause:
        return contradict(mine.cause, theirs.cause)
    if mine.expectation is None or theirs.expectation is None:
        return False
    same = (mine.expectation.object, mine.expectation.field) == (theirs.expectation.object, theirs.expectation.field)
    return same and mine.expectation.value != theirs.expectation.value


def lost(winner: Recalled, loser: Recalled) -> str:
    """What is said of a memory that does not act because another one answers the same, for people."""
    if not at_odds(winner, loser) and not replaces(winner, loser):
        return f"says what memory {winner.name} says as well"
    return f"not used: memory {winner.name} says otherwise and wins, because {prevails(winner, loser)}"


def is_about_cause(memory: Recalled) -> bool:
    """Whether a memory confirms a cause or rules it out."""
    return memory.spec.claim is not None and memory.spec.claim.cause is not None


def contradict(one: CauseClaim, other: CauseClaim) -> bool:
    """Whether two claims about the same object exclude each other: one cause both ways, or two causes."""
    if one.object and other.object and one.object != other.object:
        return False
    if one.cause == other.cause:
        return one.effect is not other.effect
    return one.effect is ClaimEffect.CONFIRMS and other.effect is ClaimEffect.CONFIRMS and one.object == other.object


def claim_of(memory: Recalled) -> CauseClaim:
    """The cause claim of a memory that has one."""
    if memory.spec.claim is None or memory.spec.claim.cause is None:
        raise ValueError(f"{memory.name} makes no claim about a cause")
    return memory.spec.claim.cause
