"""What the API server checks beyond types: CEL rules and list keys, written beside the models that they speak of.

Expressions are Kubernetes' CEL: `self` is the value, `oldSelf` what it was. They ask `has(...)` rather than use
optional members (`.?name`), whose size the API server cannot tell and whose cost it therefore refuses.
"""

from typing import Any, Final, NamedTuple

from pydantic import ConfigDict

RULES: Final = "x-kubernetes-validations"


class Rule(NamedTuple):
    """One rule: the expression that must hold, what a person reads where it does not, and the member it is about."""

    expression: str
    message: str
    path: str = ""

    def wire(self) -> dict[str, str]:
        """As it stands in a schema."""
        where = {"fieldPath": self.path} if self.path else {}
        return {"rule": self.expression, "message": self.message, **where}


def checked_by(*rules: Rule) -> ConfigDict:
    """The configuration of a model whose values must satisfy these rules; a subclass inherits them."""
    extra: dict[str, Any] = {RULES: [rule.wire() for rule in rules]}
    return ConfigDict(json_schema_extra=extra)


def fixed(*names: str) -> tuple[Rule, ...]:
    """Members that may be neither changed, added nor removed once the object is written."""
    return tuple(
        Rule(
            f"has(self.{name}) == has(oldSelf.{name}) && (!has(self.{name}) || self.{name} == oldSelf.{name})",
            f"{name} is fixed once written; create another object",
            f".{name}",
        )
        for name in names
    )


def map_list(key: str) -> dict[str, Any]:
    """A list whose items are told apart by this member, so that several writers can each own their items."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}
