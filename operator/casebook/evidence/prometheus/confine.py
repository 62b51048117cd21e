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


def confine(expression: str, namespaces: Collection[str]) -> str:
    """The expression on one line, each of its selectors held to these namespaces. Raises `Refused`.

    A series that carries `exported_namespace` speaks of that one: it too must be among them, or the label be absent.
    """
    matchers = _matchers(namespaces)
    try:
        tree = parse(expression)
        _check(tree, len(matchers))
        with guarded():
            confined = printed(promql.transform(tree, lambda node: _held(node, matchers)))
            _prove(confined, matchers)
    except ValueError as error:
        raise Refused(str(error)) from error
    return confined


def _matchers(namespaces: Collection[str]) -> str:
    wrong = [name for name in namespaces if not _NAMESPACE.fullmatch(name)]
    if wrong or not namespaces:
        raise Refused(f"{wrong[0]!r} is not the name of a namespace" if wrong else "there is no namespace to ask about")
    allowed = "|".join(sorted(set(namespaces)))
    return f'namespace=~"{allowed}",exported_namespace=~"|{allowed}"'


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


def _held(node: Any, matchers: str) -> Any:
    if not isinstance(node, promql.VectorSelector):
        return None
    text = printed(node)
    name = _METRIC.match(text)
    end = name.end() if name else 0
    rest = text[end + 1 :] if text[end : end + 1] == "{" else f"}}{text[end:]}"
    comma = "" if rest.startswith("}") else ","
    return promql.parse(f"{text[:end]}{{{matchers}{comma}{rest}")


def _prove(confined: str, matchers: str) -> None:
    """Raise `Refused` unless what was printed reads back as the same, and every selector in it is held."""
    if _CONTROL.search(confined):
        raise Refused("a PromQL expression with control characters is not passed on")
    tree = promql.parse(confined)
    if printed(tree) != confined:
        raise Refused("the confined expression does not read back as it was written")
    wanted = _said(promql.parse(f"{{{matchers}}}"))
    for node in _nodes(tree):
        if isinstance(node, promql.VectorSelector) and not wanted <= _said(node):
            raise Refused("a selector of the expression cannot be confined to a namespace")


def _said(selector: Any) -> set[tuple[str, str, str]]:
    return {(str(one.op), one.name, one.value) for one in selector.matchers.matchers}
