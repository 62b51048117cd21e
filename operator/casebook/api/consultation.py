"""What a model was asked and what of its answer was taken: hypotheses in a closed form that the engine can test."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from casebook.api.base import Model
from casebook.api.meta import Line, Short
from casebook.api.report import CauseCode

MAX_PROPOSALS = 4
MIN_PREDICTIONS, MAX_PREDICTIONS = 2, 6
INSTALLED = "casebook"
"""The name under which agents ask for the installation's own model; the gateway knows which one that is."""
UNNAMED = "Other"
"""Code of a cause that is in no registry."""


class Look(StrEnum):
    """Where a proposed prediction is tested: in a field of an object, in a workload's logs, in an object's events."""

    FIELD = "field"
    LOG = "log"
    EVENT = "event"


class Operator(StrEnum):
    """What must hold of what is found there; of logs and events only the first two make sense."""

    CONTAINS = "Contains"
    LACKS = "Lacks"
    EQUALS = "Equals"
    DIFFERS = "Differs"
    EXISTS = "Exists"
    ABSENT = "Absent"


TEXT_OPERATORS = frozenset({Operator.CONTAINS, Operator.LACKS})
VALUED = TEXT_OPERATORS | {Operator.EQUALS, Operator.DIFFERS}


class ProposedPrediction(Model):
    """One test: of a field of `object` (`Kind/name` or `Kind/namespace/name`), its steps joined by dots, or of text."""

    says: Annotated[str, Field(min_length=1, max_length=300)]
    look: Look
    object: Annotated[Short, Field(min_length=1)]
    field: Annotated[str, Field(max_length=300)] = ""
    operator: Operator
    value: Annotated[str, Field(max_length=200)] = ""


class Proposal(Model):
    """One hypothesis of a model. Whether it holds is for its predictions to show, which the engine tests."""

    object: Annotated[Short, Field(min_length=1)]
    cause: CauseCode = UNNAMED
    statement: Annotated[str, Field(min_length=1, max_length=400)]
    predictions: Annotated[list[ProposedPrediction], Field(max_length=MAX_PREDICTIONS)] = Field(default_factory=list)


class Consultation(Model):
    """What asking a model came to. `refused` says what of its answer was not taken; `problem` why there is none."""

    model: Short
    prompt: Annotated[str, Field(max_length=64)] = Field(default="", description="Version of the prompt.")
    calls: Annotated[int, Field(ge=0)] = 0
    prompt_tokens: Annotated[int, Field(ge=0)] = 0
    completion_tokens: Annotated[int, Field(ge=0)] = 0
    proposals: Annotated[list[Proposal], Field(max_length=MAX_PROPOSALS)] = Field(default_factory=list)
    refused: Annotated[list[Line], Field(max_length=8)] = Field(default_factory=list)
    problem: Line = ""
