"""Which of many memories may contradict each other, without looking at every pair: a tenant can have ten thousand."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from casebook.api.enums import ClaimEffect
from casebook.api.run import Recalled

FEW = 16
"""So many are compared one by one."""


class _Answer(NamedTuple):
    """One memory's answer to a question: who answers the same way does not contradict it."""

    place: int
    answer: str
    labels: Mapping[str, str]


def rivals(claims: Sequence[Recalled]) -> list[tuple[Recalled, Recalled]]:
    """Pairs that answer a question differently and whose scopes can both apply, in the order of the claims.

    Whether they are at odds is still to be asked: their objects may differ.
    """
    asked: dict[tuple[str, ...], list[_Answer]] = {}
    for place, memory in enumerate(claims):
        for question, answer in _answers(memory):
            asked.setdefault(question, []).append(_Answer(place, answer, memory.spec.scope.match_labels))
    places = {pair for answers in asked.values() for pair in _differing(answers)}
    return [(claims[one], claims[other]) for one, other in sorted(places)]


def _answers(memory: Recalled) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each question that a claim answers, with its answer."""
    claim = memory.spec.claim
    if claim and claim.cause:
        yield ("cause", claim.cause.cause), claim.cause.effect.value
        if claim.cause.effect is ClaimEffect.CONFIRMS:
            yield ("object", claim.cause.object), claim.cause.cause
    if claim and claim.expectation:
        yield ("normal", claim.expectation.object, claim.expectation.field), claim.expectation.value


def _differing(answers: Sequence[_Answer], split: frozenset[str] = frozenset()) -> Iterator[tuple[int, int]]:
    """Pairs with other answers and without a label of two values, split by the label that most of them have."""
    if len({one.answer for one in answers}) < 2:
        return
    label = _commonest(answers, split) if len(answers) > FEW else ""
    if not label:
        yield from (_pair(one, other) for one, other in combinations(answers, 2) if _differ(one, other))
        return
    parts: dict[str, list[_Answer]] = {}
    without = [one for one in answers if label not in one.labels]
    for one in answers:
        if label in one.labels:
            parts.setdefault(one.labels[label], []).append(one)
    for part in (without, *parts.values()):
        yield from _differing(part, split | {label})
    labelled = [one for one in answers if label in one.labels]
    yield from (_pair(one, other) for one in without for other in labelled if _differ(one, other))


def _commonest(answers: Sequence[_Answer], split: frozenset[str]) -> str:
    """The label that most of them have; nothing where none is left to split by."""
    counted = Counter(name for one in answers for name in one.labels if name not in split)
    return min(counted, key=lambda name: (-counted[name], name), default="")


def _differ(one: _Answer, other: _Answer) -> bool:
    if one.answer == other.answer:
        return False
    return all(other.labels.get(name, value) == value for name, value in one.labels.items())


def _pair(one: _Answer, other: _Answer) -> tuple[int, int]:
    return min(one.place, other.place), max(one.place, other.place)
