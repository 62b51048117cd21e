"""Three-valued matching of scopes: applies, does not apply, or cannot be told; in Kleene's logic.

What is not known never decides: learning the value of an unknown key can settle what could not be told, and never
turns "applies" into "does not apply" or back.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from casebook.api.report import KnowledgeUse
from casebook.api.scope import Operator, Scope, Terms
from casebook.knowledge.context import Context, Values

_WORDS = {
    Operator.IN: "is",
    Operator.NOT_IN: "is not",
    Operator.PREFIX: "begins with",
    Operator.SUFFIX: "ends with",
    Operator.GLOB: "is like",
    Operator.EXISTS: "is there",
    Operator.DOES_NOT_EXIST: "is not there",
}


class Answer(Enum):
    """Whether a scope applies; ordered, so that "and" is the least and "or" the greatest."""

    CONFLICT = 0
    UNKNOWN = 1
    MATCH = 2


_WHY = {
    Answer.MATCH: "applies: {}",
    Answer.UNKNOWN: "applies only if {}",
    Answer.CONFLICT: "does not apply to what was asked: {}",
}


class Term(NamedTuple):
    """One requirement, however it was written."""

    key: str
    operator: Operator
    values: Sequence[str]


class Match(NamedTuple):
    """The answer, with the terms that it rests on in words: those that hold, that fail, or that are not known."""

    answer: Answer
    because: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The terms as one line; what applies everywhere has none."""
        return " and ".join(self.because) or "it applies everywhere"


def match(scope: Scope, context: Context) -> Match:
    """Whether a scope applies in a context: all its terms, one of its alternatives, none of its exceptions."""
    parts = [match_terms(scope, context)]
    if scope.any_of:
        parts.append(_any([match_terms(one, context) for one in scope.any_of]))
    parts += [_opposite(match_terms(one, context)) for one in scope.except_]
    return _all(parts)


def match_terms(terms: Terms, context: Context) -> Match:
    """Whether all terms hold."""
    required = requirements(terms)
    return _all([Match(_holds(one, context.at(one.key)), (words(one),)) for one in required])


Exact = tuple[str, Values]


class Compiled(NamedTuple):
    """A scope in the form in which it is matched fastest, and the keys that it speaks of."""

    terms: tuple[Term, ...]
    any_of: tuple[tuple[Term, ...], ...]
    except_: tuple[tuple[Term, ...], ...]
    keys: frozenset[str]
    exact: Exact | None
    """A key and the values of which one is required, to tell most of what does not match at a glance."""

    def matches(self, context: Context) -> bool:
        """Whether it applies for sure."""
        if self.exact is not None:
            values = context.at(self.exact[0])
            if values is None or values.isdisjoint(self.exact[1]):
                return False
        return answer(self, context) is Answer.MATCH

    def conflicts(self, context: Context) -> bool:
        """Whether it does not apply; a scope whose keys are all unknown conflicts only by an exception of all."""
        if self.keys.isdisjoint(context.values) and not self.except_ and not context.closed:
            return False
        if self.exact is not None:
            values = context.at(self.exact[0])
            if values is not None and values.isdisjoint(self.exact[1]):
                return True
        return answer(self, context) is Answer.CONFLICT


def compiled(scope: Scope) -> Compiled:
    """Compile a scope, to match it many times."""
    terms = tuple(requirements(scope))
    any_of = tuple(tuple(requirements(one)) for one in scope.any_of)
    except_ = tuple(tuple(requirements(one)) for one in scope.except_)
    keys = frozenset(one.key for part in (terms, *any_of, *except_) for one in part)
    exact = next(((one.key, frozenset(one.values)) for one in terms if one.operator is Operator.IN), None)
    return Compiled(terms, any_of, except_, keys, exact)


def answer(scope: Compiled, context: Context) -> Answer:
    """The answer of `match` without its reasons."""
    least = _least(scope.terms, context)
    if scope.any_of and least:
        least = min(least, max(_least(one, context) for one in scope.any_of))
    for one in scope.except_:
        least = min(least, Answer.MATCH.value - _least(one, context))
    return _ANSWERS[least]


def _least(terms: Iterable[Term], context: Context) -> int:
    least = Answer.MATCH.value
    for one in terms:
        values = context.at(one.key)
        if values is None:
            least = Answer.UNKNOWN.value
        elif not _TESTS[one.operator](values, one.values):
            return Answer.CONFLICT.value
    return least


def requirements(terms: Terms) -> list[Term]:
    """The terms in one form, in an order that does not depend on how they were written."""
    found = [Term(key, Operator.IN, [value]) for key, value in terms.match_labels.items()]
    found += [Term(one.key, one.operator, one.values) for one in terms.match_expressions]
    return sorted(found) if len(found) > 1 else found


def words(one: Term) -> str:
    """A requirement as a person would say it."""
    values = " or ".join(one.values)
    return f"{one.key} {_WORDS[one.operator]}{f' {values}' if values else ''}"


def scope_words(scope: Scope) -> str:
    """A scope in one line."""
    parts = [words(one) for one in requirements(scope)]
    if scope.any_of:
        parts.append(f"({' or '.join(_terms_words(one) for one in scope.any_of)})")
    parts += [f"not ({_terms_words(one)})" for one in scope.except_]
    return " and ".join(parts) or "everywhere"


def _terms_words(terms: Terms) -> str:
    return " and ".join(words(one) for one in requirements(terms)) or "everywhere"


def _holds(one: Term, values: Values | None) -> Answer:
    if values is None:
        return Answer.UNKNOWN
    return Answer.MATCH if _TESTS[one.operator](values, one.values) else Answer.CONFLICT


def like(pattern: str, value: str) -> bool:
    """Whether `*` (any text) and `?` (one character) make the pattern fit; time is at most the product of lengths."""
    at = start = 0
    star, mark = -1, 0
    while start < len(value):
        if at < len(pattern) and pattern[at] != "*" and pattern[at] in ("?", value[start]):
            at, start = at + 1, start + 1
        elif at < len(pattern) and pattern[at] == "*":
            star, mark, at = at, start, at + 1
        elif star >= 0:
            mark += 1
            at, start = star + 1, mark
        else:
            return False
    return all(rest == "*" for rest in pattern[at:])


_TESTS: dict[Operator, Callable[[Values, Sequence[str]], bool]] = {
    Operator.IN: lambda values, wanted: not values.isdisjoint(wanted),
    Operator.NOT_IN: lambda values, wanted: values.isdisjoint(wanted),
    Operator.EXISTS: lambda values, _: bool(values),
    Operator.DOES_NOT_EXIST: lambda values, _: not values,
    Operator.PREFIX: lambda values, wanted: any(value.startswith(one) for value in values for one in wanted),
    Operator.SUFFIX: lambda values, wanted: any(value.endswith(one) for value in values for one in wanted),
    Operator.GLOB: lambda values, wanted: any(like(one, value) for value in values for one in wanted),
}


_ANSWERS = {one.value: one for one in Answer}


def _all(parts: Iterable[Match]) -> Match:
    found = list(parts)
    answer = min((part.answer for part in found), key=lambda one: one.value, default=Answer.MATCH)
    return Match(answer, _because(found, answer))


def _any(parts: Iterable[Match]) -> Match:
    found = list(parts)
    answer = max((part.answer for part in found), key=lambda one: one.value)
    return Match(answer, next(part.because for part in found if part.answer is answer))


def _opposite(part: Match) -> Match:
    answer = Answer(Answer.MATCH.value - part.answer.value)
    return Match(answer, (f"not ({' and '.join(part.because)})",))


def _because(parts: Iterable[Match], answer: Answer) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said for part in parts if part.answer is answer for said in part.because))


def why(found: Match) -> str:
    """Why a memory or a skill applied or would, for a line of a report."""
    return _WHY[found.answer].format(found.said)


def applied(use: KnowledgeUse) -> bool:
    """Whether a line of a report says that what it names applied, whatever it changed."""
    return use.why.startswith(_WHY[Answer.MATCH].format(""))
