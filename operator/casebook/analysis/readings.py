"""PromQL that only reads: what it reads is told, and it cannot make values or labels that nothing measured."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import promql_parser as promql

from casebook.analysis.promql import guarded, parse

FUNCTIONS = frozenset(
    {
        *("rate", "irate", "increase", "delta", "idelta", "deriv", "changes", "resets"),
        *("avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "last_over_time"),
        *("stddev_over_time", "quantile_over_time", "histogram_quantile", "abs", "ceil", "floor", "round"),
    }
)
"""Others could tell what no series says: `label_replace`, `vector`, `clamp_min`, `absent` of labels made up."""
AGGREGATIONS = frozenset(
    {"sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile"}
)
_PARAMETERS = frozenset({"quantile_over_time", "histogram_quantile"})
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
_PLACES = frozenset({"namespace", "exported_namespace"})
_NAMED = (str(promql.MatchOp.Equal), str(promql.MatchOp.Re))


class Reads(NamedTuple):
    """Namespaces that the selectors of an expression name, and how far back from each moment it reaches at most."""

    namespaces: frozenset[str]
    reach: timedelta


def reads(expression: str) -> Reads:
    """What an expression reads. Raises `ValueError` for what is not PromQL, or more than a plain reading."""
    tree = parse(expression)
    with guarded():
        nodes: list[Any] = []
        promql.walk(tree, nodes.append)
        _check(nodes)
        names = frozenset(name for node in _selectors(nodes) for name in _namespaces(node))
        return Reads(names, sum((span for node in nodes for span in _spans(node)), timedelta()))


def _selectors(nodes: list[Any]) -> Iterator[Any]:
    return (node for node in nodes if isinstance(node, promql.VectorSelector))


def _check(nodes: list[Any]) -> None:
    if not any(_selectors(nodes)):
        raise ValueError("it reads no metric")
    for node in nodes:
        if isinstance(node, promql.Call) and node.func.name not in FUNCTIONS:
            raise ValueError(f"{node.func.name}() is not one of the functions that only read")
        if isinstance(node, promql.AggregateExpr) and str(node.op) not in AGGREGATIONS:
            raise ValueError(f"{node.op} is not one of the aggregations that only read")
        if isinstance(node, promql.SubqueryExpr):
            raise ValueError("a query inside of a query is not passed on")
        if isinstance(node, promql.VectorSelector) and (node.at or node.matchers.or_matchers):
            raise ValueError("a fixed time, or matchers joined by `or`, are not passed on")
    numbers = sum(isinstance(node, promql.NumberLiteral) for node in nodes)
    if numbers > sum(_own_numbers(node) for node in nodes):
        raise ValueError("a number stands only in a comparison or as the parameter of a function")


def _own_numbers(node: Any) -> int:
    """Numbers that a node holds where they make no value."""
    held: list[Any] = []
    if isinstance(node, promql.Call) and node.func.name in _PARAMETERS:
        held = [one for one in node.args if not isinstance(one, promql.VectorSelector)]
    elif isinstance(node, promql.AggregateExpr):
        held = [node.param]
    elif isinstance(node, promql.BinaryExpr) and str(node.op) in _COMPARISONS:
        held = [node.lhs, node.rhs]
    return sum(isinstance(one, promql.NumberLiteral) for one in held)


def _namespaces(selector: Any) -> Iterator[str]:
    for one in selector.matchers.matchers:
        if one.name in _PLACES and str(one.op) in _NAMED:
            yield from (name for name in one.value.split("|") if name)


def _spans(node: Any) -> Iterator[timedelta]:
    if isinstance(node, promql.MatrixSelector):
        yield node.range
    if isinstance(node, promql.VectorSelector) and node.offset:
        yield abs(node.offset)
