"""The scope language: Kubernetes label selectors plus Prefix, Suffix and Glob over a flat context. No regexes."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from casebook.api.base import Model
from casebook.api.rules import Rule, checked_by

Key = Annotated[str, Field(min_length=1, max_length=317)]
Value = Annotated[str, Field(max_length=253)]


class Operator(StrEnum):
    """How a requirement compares."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    PREFIX = "Prefix"
    SUFFIX = "Suffix"
    GLOB = "Glob"


class Requirement(Model):
    """One term: a key of the context, an operator, and values of which any may match."""

    model_config = checked_by(
        Rule(
            "!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || self.values.size() == 0",
            "Exists and DoesNotExist take no values",
            ".values",
        ),
        Rule(
            "self.operator in ['Exists', 'DoesNotExist'] || (has(self.values) && self.values.size() > 0)",
            "In, NotIn, Prefix, Suffix and Glob need at least one value",
            ".values",
        ),
    )

    key: Key = Field(description="Key of the context, for example namespace, workload.name, alertname or label:app.")
    operator: Operator = Field(description="How the key's value is compared.")
    values: Annotated[list[Value], Field(max_length=32)] = Field(
        default_factory=list, description="Values to compare with; empty for Exists and DoesNotExist."
    )


class Terms(Model):
    """Terms that must all match."""

    match_labels: Annotated[dict[str, Value], Field(max_length=32)] = Field(
        default_factory=dict, description="Keys of the context that must have exactly this value."
    )
    match_expressions: Annotated[list[Requirement], Field(max_length=16)] = Field(
        default_factory=list, description="Requirements that must all hold."
    )


class Scope(Terms):
    """Where something applies: all terms, any of the alternatives if there are some, and none of the exceptions."""

    any_of: Annotated[list[Terms], Field(max_length=8)] = Field(
        default_factory=list, description="Alternatives of which at least one must match."
    )
    except_: Annotated[list[Terms], Field(max_length=8)] = Field(
        default_factory=list, alias="except", description="Exceptions: where any of these matches, it does not apply."
    )
