"""Expectations in CEL (https://cel.dev), checked before they run; they do no I/O and cost a bounded amount.

What an expression may say is decided on its syntax tree: how deep it is, which names it reads, and which functions it
calls. None of these reads a clock or a file, or makes something large of something small; patterns are RE2's, which
takes linear time. What it costs is counted while it runs, in steps and in what it looks at, and never in seconds: a
replay ends where the run ended.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import re2
from celpy.adapter import json_to_cel
from celpy.celparser import CELParseError, CELParser
from celpy.celtypes import BoolType, DoubleType, DurationType, IntType, TimestampType, UintType, Value
from celpy.evaluation import (
    Activation,
    CELEvalError,
    CELSyntaxError,
    CELUnsupportedError,
    Evaluator,
    Result,
    base_functions,
)
from lark import Tree
from lark.exceptions import LarkError

MAX_DEPTH = 120
"""Levels of a syntax tree, of which a bracket takes ten; each takes five frames of the interpreter's stack of 1,000."""
MAX_COST = 100_000
"""Steps of one evaluation, at most two seconds of a core: a comparison on each of some thousands of objects."""
MAX_DATA = 200_000
"""Values that one expectation may look at: the pods of some hundreds, as the API server tells of them."""
CHARS = 64
"""Characters of a text, or members of a list, that count as one step."""
MAX_PATTERN_BYTES = 1 << 20

MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
FUNCTIONS = frozenset({"has", "size", "int", "double", "string", "timestamp", "duration", "matches"})
METHODS = frozenset({"size", "contains", "startsWith", "endsWith", "matches"})
_REFUSED = {
    "member_object": "messages are not built here",
    "dot_ident": "names do not begin with a dot here",
    "dot_ident_arg": "names do not begin with a dot here",
}
_SAID = {
    IndexError: "an index is outside of its list",
    ZeroDivisionError: "something is divided by zero",
    TypeError: "values of different types are compared or computed with",
    ValueError: "a value cannot be converted, or is too large",
}
_FAILURES = (
    *(CELEvalError, CELUnsupportedError, CELSyntaxError),
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
)


class BadExpression(Exception):
    """It is no expression that may run; the message says why, for people."""


class Undecided(Exception):
    """It could not be told for these values; the message says why, for people."""


class _TooCostly(Exception):
    """The cost of an evaluation is used up."""


class Expectation:
    """An expression that is true or false of what was observed, and may run."""

    def __init__(self, tree: Tree[Any]) -> None:
        self._tree = tree

    def holds(self, values: Mapping[str, Any], now: datetime) -> bool:
        """What it says of these JSON values at this moment. Raises `Undecided`."""
        if _weight(values, MAX_DATA) > MAX_DATA:
            raise Undecided("more was there than an expectation may look at; narrow the query")
        meter = _Meter(MAX_COST)
        try:
            given: dict[str, Value] = {name: json_to_cel(value) for name, value in values.items()}
            given["now"] = TimestampType(now)
            found = _Metered(self._tree, Activation(functions=_functions(meter)), meter).evaluate(given)
        except _TooCostly:
            raise Undecided(f"it takes more than {MAX_COST} steps; narrow the query") from None
        except _FAILURES as error:
            raise Undecided(_why(error)) from error
        if not isinstance(found, BoolType):
            raise Undecided("it is neither true nor false")
        return bool(found)


@lru_cache(maxsize=256)
def compiled(text: str, names: frozenset[str]) -> Expectation:
    """The expectation that this text is, reading no names but these and `now`. Raises `BadExpression`."""
    try:
        tree = CELParser().parse(text)
    except (CELParseError, LarkError) as error:
        raise BadExpression(f"it is not CEL: {_where(error)}") from None
    for node, depth in _nodes(tree):
        if depth > MAX_DEPTH:
            raise BadExpression("it is nested too deeply; make steps of its parts")
        _check(node)
    unknown = _read(tree) - names - {"now"}
    if unknown:
        raise BadExpression(f"{min(unknown)} is not known here; known are {', '.join(sorted({*names, 'now'}))}")
    return Expectation(tree)


def _where(error: Exception) -> str:
    column = getattr(error, "column", None)
    return f"at character {column} something else was expected" if isinstance(column, int) else "it ends too early"


def _nodes(tree: Tree[Any]) -> Iterator[tuple[Tree[Any], int]]:
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting += [(child, depth + 1) for child in node.children if isinstance(child, Tree)]


def _check(node: Tree[Any]) -> None:
    if node.data in _REFUSED:
        raise BadExpression(_REFUSED[node.data])
    if node.data == "ident_arg" and node.children[0] not in FUNCTIONS:
        raise BadExpression(f"there is no function {node.children[0]}; there are {', '.join(sorted(FUNCTIONS))}")
    if node.data != "member_dot_arg":
        return
    name, given = str(node.children[1]), node.children[2].children if len(node.children) > 2 else []
    if name not in MACROS | METHODS:
        known = ", ".join(sorted(MACROS | METHODS))
        raise BadExpression(f"there is no function {name} of a value; there are {known}")
    if name in MACROS and len(given) != 2:
        raise BadExpression(f"{name} takes a name and an expression: items.{name}(item, item.ready)")


def _read(tree: Tree[Any]) -> set[str]:
    """The names that it reads, but for those that its macros bind."""
    bound, read = set(), set()
    for node, _ in _nodes(tree):
        if node.data == "ident":
            read.add(str(node.children[0]))
        if node.data == "member_dot_arg" and node.children[1] in MACROS:
            bound |= {str(one.children[0]) for one in node.children[2].children[0].find_data("ident")}
    return read - bound


class _Meter:
    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise _TooCostly


class _Metered(Evaluator):
    """The library's evaluator, which counts what it visits and how large the values are that it makes of that."""

    def __init__(self, ast: Tree[Any], activation: Activation, meter: _Meter) -> None:
        super().__init__(ast, activation)
        self._meter = meter

    def sub_evaluator(self, ast: Tree[Any]) -> "_Metered":
        return _Metered(ast, self.activation, self._meter)

    def visit_children(self, tree: Tree[Any]) -> list[Result]:
        self._meter.spend(1)
        found = super().visit_children(tree)
        self._meter.spend(sum(len(one) // CHARS for one in found if isinstance(one, str | bytes | list | dict)))
        return found


def _functions(meter: _Meter) -> dict[str, Callable[..., Any]]:
    """The operators that compare whole objects pay for these; those that would format text only compute."""

    def paying(name: str) -> Callable[..., Any]:
        known = base_functions[name]

        def compare(one: Any, other: Any) -> Any:
            meter.spend(_weight([one, other], meter.left))
            return known(one, other)

        return compare

    compared = {name: paying(name) for name in ("_==_", "_!=_", "_in_")}
    return {**compared, "_*_": _computed("_*_"), "_%_": _computed("_%_"), "matches": _matches}


def _computed(name: str) -> Callable[..., Any]:
    known, numbers = base_functions[name], (IntType, UintType, DoubleType, DurationType)

    def compute(one: Any, other: Any) -> Any:
        if not isinstance(one, numbers) or not isinstance(other, numbers):
            raise TypeError("only numbers are computed with")
        return known(one, other)

    return compute


def _matches(text: Any, pattern: Any) -> Any:
    options = re2.Options()
    options.log_errors, options.max_mem = False, MAX_PATTERN_BYTES
    try:
        return BoolType(re2.search(str(pattern), str(text), options) is not None)
    except re2.error as error:
        return CELEvalError("the pattern is no pattern of RE2", ValueError, error.args)


def _weight(value: object, enough: int) -> int:
    """How many values this holds, a long text counting as several; counted no further than a little past `enough`."""
    count, waiting = 0, [value]
    while waiting and count <= enough:
        one = waiting.pop()
        count += 1 + (len(one) // CHARS if isinstance(one, str | bytes) else 0)
        if isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, Sequence) and not isinstance(one, str | bytes):
            waiting += one
    return count


def _why(error: Exception) -> str:
    kind = error.args[1] if isinstance(error, CELEvalError) and len(error.args) > 1 else type(error)
    if kind is KeyError:
        return f"{str(error.args[0])[:100]}; ask with has() first"
    known = (said for one, said in _SAID.items() if isinstance(kind, type) and issubclass(kind, one))
    return next(known, "it cannot be computed")
