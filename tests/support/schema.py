"""Examples and counter-examples, derived from a structural schema so that no constraint is forgotten."""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]
Path = tuple[str, ...]
"""Names of members; `[]` is the item of a list and `{}` the value of a map."""

KEYWORDS = frozenset(
    {
        *("type", "enum", "pattern", "format", "required", "default"),
        *("minLength", "maxLength", "minimum", "maximum", "maxItems", "minProperties", "maxProperties"),
        "x-kubernetes-list-map-keys",
    }
)
STRUCTURE = frozenset(
    {"description", "properties", "items", "additionalProperties", "x-kubernetes-list-type", "x-kubernetes-validations"}
)


@dataclass(frozen=True)
class Hints:
    """What a schema does not say: members that exclude each other, values that fit together, texts for patterns.

    `without`: places that are left out where an example leads toward another one.
    """

    exclusive: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    patterns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Constraint:
    """One keyword at one place."""

    path: Path
    keyword: str
    node: Schema

    @property
    def place(self) -> str:
        """The path as it is spoken of: `spec.feedback[].author`."""
        return dotted(self.path)


def dotted(path: Path) -> str:
    """`spec.feedback[].author`."""
    return ".".join(path).replace(".[]", "[]").replace(".{}", "{}")


def constraints(node: Schema, path: Path) -> Iterator[Constraint]:
    """Every constraint below this node. Fails on a keyword that nothing here knows how to try."""
    unknown = set(node) - KEYWORDS - STRUCTURE
    assert not unknown, f"{dotted(path)}: no test knows {sorted(unknown)}"
    for keyword in sorted(set(node) & KEYWORDS):
        yield Constraint(path, keyword, node)
    for name, child in node.get("properties", {}).items():
        yield from constraints(child, (*path, name))
    for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if keyword in node:
            yield from constraints(node[keyword], (*path, mark))


def rules(node: Schema, path: Path = ()) -> Iterator[tuple[str, str]]:
    """Place and message of every CEL rule."""
    for rule in node.get("x-kubernetes-validations", ()):
        yield dotted(path), rule["message"]
    for name, child in node.get("properties", {}).items():
        yield from rules(child, (*path, name))
    for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if keyword in node:
            yield from rules(node[keyword], (*path, mark))


def example(node: Schema, path: Path, hints: Hints, toward: Path = ()) -> Any:
    """A valid value with every member there; of members that exclude each other, the one that leads `toward`."""
    place = dotted(path)
    if place in hints.values:
        return copy.deepcopy(hints.values[place])
    if node["type"] == "object" and "additionalProperties" in node:
        return {"key": example(node["additionalProperties"], (*path, "{}"), hints, toward)}
    if node["type"] == "object":
        left_out = _left_out(hints.exclusive.get(place, ()), path, toward)
        gone = {one for there, places in hints.without.items() if dotted(toward).startswith(there) for one in places}
        left_out |= {name for name in node.get("properties", {}) if dotted((*path, name)) in gone}
        members = {name: child for name, child in node.get("properties", {}).items() if name not in left_out}
        return {name: example(child, (*path, name), hints, toward) for name, child in members.items()}
    if node["type"] == "array":
        return [example(node["items"], (*path, "[]"), hints, toward)]
    return _scalar(node, hints)


def _left_out(members: tuple[str, ...], path: Path, toward: Path) -> set[str]:
    if not members:
        return set()
    following = toward[len(path)] if toward[: len(path)] == path and len(toward) > len(path) else ""
    return set(members) - {following if following in members else members[0]}


def _scalar(node: Schema, hints: Hints) -> Any:
    if "enum" in node:
        return node["enum"][0]
    if node["type"] == "integer":
        return max(1, node.get("minimum", 1))
    if node["type"] == "boolean":
        return True
    if node.get("format") == "date-time":
        return "2026-01-01T00:00:00Z"
    return hints.patterns[node["pattern"]] if "pattern" in node else "x"


@dataclass(frozen=True)
class Try:
    """One value to put at a place, and whether the API server must take it; `also` mends what hangs on it."""

    value: Any
    good: bool
    also: Callable[[Any], None] = lambda _document: None


REMOVED = object()
WRONG = {
    "object": ["x", 1],
    "array": ["x", {}],
    "string": [1, {}, True],
    "integer": ["x", 1.5],
    "boolean": ["x", 1],
}


def tries(constraint: Constraint, value: Any) -> list[Try]:
    """Values just inside and just outside a constraint; `value` is a good one."""
    node, keyword = constraint.node, constraint.keyword
    return _TRIES[keyword](node, node[keyword], value)


def _text(node: Schema, length: int, value: str) -> str:
    return (value + "a" * length)[:length]


def _many(node: Schema, count: int, value: list[Any]) -> list[Any]:
    keys = node.get("x-kubernetes-list-map-keys", ())
    made = [copy.deepcopy(value[0]) for _ in range(count)]
    for number, item in enumerate(made):
        for key in keys:
            item[key] = f"x{number}"
    return made


def _not_matching(node: Schema) -> str:
    candidates = ("", "-", "é", "x y", "9", "lower")
    return next(c for c in candidates if len(c) >= node.get("minLength", 0) and not re.search(node["pattern"], c))


_TRIES: dict[str, Callable[[Schema, Any, Any], list[Try]]] = {
    "type": lambda _node, type_, value: [Try(value, good=True), *(Try(bad, good=False) for bad in WRONG[type_])],
    "enum": lambda _node, values, _value: [*(Try(v, good=True) for v in values), Try("Bogus", good=False)],
    "pattern": lambda node, _pattern, value: [Try(value, good=True), Try(_not_matching(node), good=False)],
    "format": lambda _node, _format, value: [Try(value, good=True), Try("yesterday", good=False)],
    "required": lambda _node, _names, _value: [],
    "default": lambda _node, _default, _value: [],
    "minLength": lambda node, least, value: [
        Try(_text(node, least, value), good=True),
        Try(_text(node, least - 1, value), good=False),
    ],
    "maxLength": lambda node, most, value: [
        Try(_text(node, most, value), good=True),
        Try(_text(node, most + 1, value), good=False),
    ],
    "minimum": lambda _node, least, _value: [Try(least, good=True), Try(least - 1, good=False)],
    "maximum": lambda _node, most, _value: [Try(most, good=True), Try(most + 1, good=False)],
    "maxItems": lambda node, most, value: [
        Try(_many(node, most, value), good=True),
        Try(_many(node, most + 1, value), good=False),
    ],
    "minProperties": lambda _node, least, value: [
        Try({f"k{n}": value["key"] for n in range(least)}, good=True),
        Try({f"k{n}": value["key"] for n in range(least - 1)}, good=False),
    ],
    "maxProperties": lambda _node, most, value: [
        Try({f"k{n}": value["key"] for n in range(most)}, good=True),
        Try({f"k{n}": value["key"] for n in range(most + 1)}, good=False),
    ],
    "x-kubernetes-list-map-keys": lambda node, _keys, value: [
        Try(_many(node, 2, value), good=True),
        Try([copy.deepcopy(value[0]), copy.deepcopy(value[0])], good=False),
    ],
}


def value_at(document: Any, path: Path) -> Any:
    """The value at a path; the first item of a list, the one value of a map."""
    for name in path:
        document = document[0] if name == "[]" else document["key"] if name == "{}" else document[name]
    return document


def put(document: Any, path: Path, value: Any) -> None:
    """Set, or with `REMOVED` take away, the value at a path."""
    holder, last = value_at(document, path[:-1]), path[-1]
    name: Any = 0 if last == "[]" else "key" if last == "{}" else last
    if value is REMOVED:
        del holder[name]
    else:
        holder[name] = value
