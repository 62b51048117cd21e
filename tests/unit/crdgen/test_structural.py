"""The converter keeps what Kubernetes knows, and refuses what it could not express."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from casebook.api.base import Model, Time
from casebook.api.rules import RULES, Rule, checked_by, fixed, map_list
from casebook.crdgen.structural import NotStructural, structural


class Colour(StrEnum):
    RED = "Red"
    BLUE = "Blue"


class Inner(Model):
    """Inner words."""

    model_config = checked_by(Rule("self.a != ''", "a must say something", ".a"))

    a: Annotated[str, Field(min_length=1, max_length=5, pattern="^a")] = Field(description="An a.")


class Outer(Model):
    """Outer words."""

    one: Inner = Field(description="Words of the place win.")
    maybe: Inner | None = Field(default=None, description="May be absent.")
    many: Annotated[list[Inner], Field(max_length=3)] = Field(default_factory=list, json_schema_extra=map_list("a"))
    table: Annotated[dict[str, Annotated[str, Field(max_length=4)]], Field(max_length=2)] = Field(default_factory=dict)
    colour: Colour = Field(default=Colour.RED, description="A colour.")
    only: Literal["x"] = "x"
    count: Annotated[int, Field(ge=1, le=9)] = 3
    flag: bool = False
    text: str = ""
    at: Time | None = None


def test_a_whole_model() -> None:
    inner = {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^a", "description": "An a."}
        },
        RULES: [{"rule": "self.a != ''", "message": "a must say something", "fieldPath": ".a"}],
    }
    assert structural(Outer) == {
        "type": "object",
        "description": "Outer words.",
        "required": ["one"],
        "properties": {
            "one": {**inner, "description": "Words of the place win."},
            "maybe": {**inner, "description": "May be absent."},
            "many": {
                "type": "array",
                "maxItems": 3,
                "items": {**inner, "description": "Inner words."},
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["a"],
            },
            "table": {
                "type": "object",
                "maxProperties": 2,
                "additionalProperties": {"type": "string", "maxLength": 4},
            },
            "colour": {"type": "string", "enum": ["Red", "Blue"], "default": "Red", "description": "A colour."},
            "only": {"type": "string", "enum": ["x"], "default": "x"},
            "count": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
            "flag": {"type": "boolean"},
            "text": {"type": "string"},
            "at": {"type": "string", "format": "date-time"},
        },
    }


class Recursive(BaseModel):
    children: list["Recursive"] = []


class Union(BaseModel):
    either: str | int = ""


class Float(BaseModel):
    share: float = 0.0


class Untyped(BaseModel):
    anything: Any = None


class Tuple(BaseModel):
    pair: tuple[int, str] = (1, "")


class Exclusive(BaseModel):
    above: Annotated[int, Field(gt=0)] = 1


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Recursive, "Recursive.children[]: Recursive contains itself"),
        (Union, "Union.either: a union"),
        (Float, "Float.share: type 'number'"),
        (Untyped, "Untyped.anything: type None"),
        (Tuple, "Tuple.pair: prefixItems is not known"),
        (Exclusive, "Exclusive.above: exclusiveMinimum is not known"),
    ],
)
def test_what_cannot_be_expressed_is_refused_with_its_place(model: type[BaseModel], said: str) -> None:
    with pytest.raises(NotStructural) as refused:
        structural(model)
    assert said in str(refused.value)


def test_rules_are_inherited() -> None:
    class More(Inner):
        b: int = 0

    assert structural(More)[RULES] == structural(Inner)[RULES]


def test_a_fixed_member_may_not_come_or_go() -> None:
    (rule,) = fixed("window")
    assert rule.path == ".window"
    assert rule.expression.startswith("has(self.window) == has(oldSelf.window)")
