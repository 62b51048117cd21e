"""Cause claims that contradict each other where both apply: which one wins, and why."""

from collections.abc import Sequence

from casebook.api.enums import ClaimEffect
from casebook.api.memory import CauseClaim
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.precedence import prevails


def outranked(memories: Sequence[Recalled]) -> dict[str, tuple[Recalled, str]]:
    """Of cause claims that all apply, in the order in which they win: which lose, to which one, and why.

    By `key`. A claim that has lost takes no other one down.
    """
    standing: list[Recalled] = []
    lost: dict[str, tuple[Recalled, str]] = {}
    for memory in memories:
        winner = next((other for other in standing if contradict(claim_of(other), claim_of(memory))), None)
        if winner is None:
            standing.append(memory)
        else:
            lost[key(memory)] = (winner, prevails(winner, memory))
    return lost


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
