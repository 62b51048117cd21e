"""PromQL confined to namespaces: every selector gets a matcher, what cannot be proven to hold is refused."""

import re
from collections.abc import Collection
from typing import Any

import promql_parser as promql

from casebook.analysis.promql import guarded, parse, printed
from casebook.evidence.source import Refused

MAX_ADDED = 64 << 10
"""Characters that the matchers may add to an expression in all."""

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_HIDDEN_READS = frozenset({"info"})
"""Functions that read series which no selector of the expression names."""


_EQUALS, _MATCHES = str(promql.MatchOp.Equal), str(promql.MatchOp.Re)
_SIGNS = {_EQUALS: "=", _MATCHES: "=~"}

_Matcher = tuple[str, str, str]
"""Operator, label and value."""


def confine(expression: str, namespaces: Collection[str]) -> str:
    """The expression on one line, each of its selectors held to these namespaces. Raises `Refused`.

    A series that carries `exported_namespace` speaks of that one: it too must be among them, or the label be absent.
    """
    allowed = _checked(namespaces)
    try:
        tree = parse(expression)
        _check(tree, sum(map(len, allowed)))
        with guarded():
            confined = printed(promql.transform(tree, lambda node: _held(node, allowed)))
            _prove(confined, allowed)
    except ValueError as error:
        raise Refused(str(error)) from error
    return confined


def _checked(namespaces: Collection[str]) -> list[str]:
    wrong = [name for name in namespaces if not _NAMESPACE.fullmatch(name)]
    if wrong or not namespaces:
        raise Refused(f"{wrong[0]!r} is not the name of a namespace" if wrong else "there is no namespace to ask about")
    return sorted(set(namespaces))


def _check(tree: Any, added: int) -> None:
    nodes = _nodes(tree)
    if added * sum(isinstance(node, promql.VectorSelector) for node in nodes) > MAX_ADDED:
        raise Refused("the expression has too many selectors to confine each of them to so many namespaces")
    for node in nodes:
        if isinstance(node, promql.VectorSelector) and node.matchers.or_matchers:
            raise Refused("matchers joined by `or` are no PromQL of Prometheus and cannot be confined")
        if isinstance(node, promql.Call) and node.func.name in _HIDDEN_READS:
            raise Refused(f"{node.func.name}() reads series that cannot be confined to a namespace")


def _nodes(tree: Any) -> list[Any]:
    found: list[Any] = []
    promql.walk(tree, found.append)
    return found


def _needed(selector: Any, allowed: list[str]) -> set[_Matcher]:
    """What holds a selector: the allowed namespace that it names itself, else all of them."""
    own = [
        value for sign, name, value in _said(selector) if (sign, name) == (_EQUALS, "namespace") and value in allowed
    ]
    if own:
        return {(_EQUALS, "namespace", min(own)), (_MATCHES, "exported_namespace", f"|{min(own)}")}
    every = "|".join(allowed)
    return {(_MATCHES, "namespace", every), (_MATCHES, "exported_namespace", f"|{every}")}


def _held(node: Any, allowed: list[str]) -> Any:
    if not isinstance(node, promql.VectorSelector):
        return None
    text = printed(node)
    name = _METRIC.match(text)
    end = name.end() if name else 0
    rest = text[end + 1 :] if text[end : end + 1] == "{" else f"}}{text[end:]}"
    missing = sorted(_needed(node, allowed) - _said(node))
    added = "".join(f'{label}{_SIGNS[sign]}"{value}",' for sign, label, value in missing)
    return promql.parse(f"{text[:end]}{{{added}{rest}")


def _prove(confined: str, allowed: list[str]) -> None:
    """Raise `Refused` unless what was printed reads back as the same, and every selector in it is held."""
    if _CONTROL.search(confined):
        raise Refused("a PromQL expression with control characters is not passed on")
    tree = promql.parse(confined)
    if printed(tree) != confined:
        raise Refused("the confined expression does not read back as it was written")
    for node in _nodes(tree):
        if isinstance(node, promql.VectorSelector) and not _needed(node, allowed) <= _said(node):
            raise Refused("a selector of the expression cannot be confined to a namespace")


def _said(selector: Any) -> set[_Matcher]:
    return {(str(one.op), one.name, one.value) for one in selector.matchers.matchers}
