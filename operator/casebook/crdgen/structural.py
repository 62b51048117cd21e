"""Pydantic's JSON Schema as a structural OpenAPI v3 schema, the only dialect that Kubernetes takes.

Rules: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

Schema = dict[str, Any]

_KEPT: Final = frozenset(
    {
        *("type", "format", "description", "default", "enum", "pattern", "required"),
        *("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "minProperties", "maxProperties"),
        *("properties", "items", "additionalProperties"),
    }
)
_DROPPED: Final = frozenset({"title", "$defs", "$ref", "anyOf", "const"})


class NotStructural(ValueError):
    """A model that no structural schema can express; the message names the place."""


def structural(model: type[BaseModel]) -> Schema:
    """The schema of a model: references inlined, null alternatives made optional, empty defaults left out.

    Raises `NotStructural` for recursion, unions, tuples, floats and keywords that Kubernetes does not know.
    """
    document = model.model_json_schema(by_alias=True)
    return _Converter(document.get("$defs", {})).node(document, model.__name__, ())


class _Converter:
    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def node(self, raw: Schema, place: str, above: tuple[str, ...]) -> Schema:
        """One schema node; `above` are the definitions that it stands in."""
        raw = _without_null(raw, place)
        if "$ref" in raw:
            name = raw["$ref"].rpartition("/")[2]
            if name in above:
                raise NotStructural(f"{place}: {name} contains itself")
            siblings = {key: value for key, value in raw.items() if key != "$ref"}
            return self.node(self._definitions[name] | siblings, place, (*above, name))
        return self._children(_keywords(raw, place), place, above)

    def _children(self, node: Schema, place: str, above: tuple[str, ...]) -> Schema:
        if "properties" in node:
            node["properties"] = {
                name: self.node(child, f"{place}.{name}", above) for name, child in node["properties"].items()
            }
        for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if keyword in node:
                node[keyword] = self.node(node[keyword], place + mark, above)
        return node


def _without_null(raw: Schema, place: str) -> Schema:
    if "anyOf" not in raw:
        return raw
    options = [option for option in raw["anyOf"] if option.get("type") != "null"]
    if len(options) != 1:
        raise NotStructural(f"{place}: a union; use one object with optional members and a rule")
    rest = {key: value for key, value in raw.items() if key != "anyOf"}
    return {**options[0], **rest}


def _keywords(raw: Schema, place: str) -> Schema:
    unknown = {key for key in raw if not key.startswith("x-kubernetes-")} - _KEPT - _DROPPED
    if unknown:
        raise NotStructural(f"{place}: {', '.join(sorted(unknown))} is not known to Kubernetes")
    node = {key: value for key, value in raw.items() if key not in _DROPPED}
    if "const" in raw:
        node["enum"] = [raw["const"]]
    if node.get("type") not in {"string", "integer", "boolean", "array", "object"}:
        raise NotStructural(f"{place}: type {node.get('type')!r}; the API holds no floats and no untyped values")
    if not node.get("default"):
        node.pop("default", None)
    return node
