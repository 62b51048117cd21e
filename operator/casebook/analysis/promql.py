"""PromQL expressions as trees: parsed within bounds, printed on one line, split at their threshold."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import promql_parser as promql

MAX_CHARS = 4096
MAX_OPERATORS = 80
"""The parser copies a tree for every step of a walk: its time grows with the cube of the nesting."""

_OPERATOR = re.compile(r"[-+*/%^(\[=<>!]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


def parse(expression: str) -> Any:
    """The tree of an expression. Raises `ValueError` for what is not PromQL, too long or too deep."""
    if len(expression) > MAX_CHARS:
        raise ValueError(f"a PromQL expression may have {MAX_CHARS} characters, this one has {len(expression)}")
    if len(_OPERATOR.findall(expression)) > MAX_OPERATORS:
        raise ValueError(f"a PromQL expression may have {MAX_OPERATORS} operators and brackets, this one has more")
    with guarded():
        return promql.parse(expression)


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever the parser fails with comes as a `ValueError`."""
    try:
        yield
    except _failures() as error:
        raise ValueError(f"this is not PromQL that can be checked: {error}") from error


def _failures() -> tuple[type[BaseException], ...]:
    """The parser is written in Rust: what panics there comes as a class that cannot be imported by its name."""
    panics = [kind for kind in BaseException.__subclasses__() if kind.__name__ == "PanicException"]
    return ValueError, OverflowError, *panics


def printed(tree: Any) -> str:
    """The expression of a tree on one line; a line break inside a string literal is escaped there."""
    return " ".join(line.strip(" ") for line in tree.prettify().split("\n"))


class Condition(NamedTuple):
    """What an alert measures and when it fires; where no threshold can be told, it fires wherever there is a value."""

    expression: str
    operator: str = ""
    threshold: float = 0.0

    def holds(self, value: float | None) -> bool:
        """Whether it fires at this value; None stands for no value."""
        if value is None or not self.operator:
            return value is not None
        below, equal = value < self.threshold, value == self.threshold
        return {">": not below and not equal, ">=": not below, "<": below, "<=": below or equal}[self.operator]


def condition(expression: str) -> Condition:
    """The condition of an alert: `x > 5` as x and its threshold; any other shape as a whole."""
    try:
        tree = parse(expression)
    except ValueError:
        return Condition(expression)
    if not isinstance(tree, promql.BinaryExpr) or str(tree.op) not in _FLIPPED:
        return Condition(expression)
    if isinstance(tree.rhs, promql.NumberLiteral):
        return Condition(printed(_bare(tree.lhs)), str(tree.op), float(tree.rhs.val))
    if isinstance(tree.lhs, promql.NumberLiteral):
        return Condition(printed(_bare(tree.rhs)), _FLIPPED[str(tree.op)], float(tree.lhs.val))
    return Condition(expression)


def is_quotient(expression: str) -> bool:
    """Whether an expression divides one selection by another at its top."""
    try:
        tree = _bare(parse(expression))
    except ValueError:
        return False
    constant = promql.NumberLiteral
    return isinstance(tree, promql.BinaryExpr) and str(tree.op) == "/" and not isinstance(tree.rhs, constant)


def _bare(tree: Any) -> Any:
    while isinstance(tree, promql.ParenExpr):
        tree = tree.expr
    return tree
