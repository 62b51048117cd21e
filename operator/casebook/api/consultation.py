"""What a model was asked and what of its answer was taken: hypotheses in a closed form that the engine can test."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from casebook.api.base import Model, Time
from casebook.api.meta import Line, Short, Text
from casebook.api.report import CauseCode
from casebook.api.spending import Spent

MAX_PROPOSALS, MAX_REFUSED = 4, 8
MIN_PREDICTIONS, MAX_PREDICTIONS = 2, 6
MAX_SENTENCES, MAX_QUOTES = 8, 6
MAX_ANSWERED = 8000
"""Characters of an answer that are kept."""
MAX_ASKS, MAX_TURNS = 6, 3
"""Observations that a model may ask for in one turn, and turns: in the last of them it may ask for none."""
INSTALLED = "casebook"
"""The name under which agents ask for the installation's own model; the gateway knows which one that is."""
UNNAMED = "Other"
"""Code of a cause that is in no registry."""


class Look(StrEnum):
    """Where a proposed prediction is tested: a field of an object, a workload's logs, an object's events, a metric."""

    FIELD = "field"
    LOG = "log"
    EVENT = "event"
    METRIC = "metric"


class Operator(StrEnum):
    """What must hold of what is found there.

    Of logs and events only the first two make sense; of a metric only `Above`, that its highest value is over a number,
    `Below`, that its lowest is under it, and whether it exists.
    """

    CONTAINS = "Contains"
    LACKS = "Lacks"
    EQUALS = "Equals"
    DIFFERS = "Differs"
    EXISTS = "Exists"
    ABSENT = "Absent"
    ABOVE = "Above"
    BELOW = "Below"


TEXT_OPERATORS = frozenset({Operator.CONTAINS, Operator.LACKS})
BOUNDS = frozenset({Operator.ABOVE, Operator.BELOW})
OPERATORS = {
    Look.FIELD: frozenset(Operator) - BOUNDS,
    Look.LOG: TEXT_OPERATORS,
    Look.EVENT: TEXT_OPERATORS,
    Look.METRIC: BOUNDS | {Operator.EXISTS, Operator.ABSENT},
}
VALUED = TEXT_OPERATORS | BOUNDS | {Operator.EQUALS, Operator.DIFFERS}


class ProposedPrediction(Model):
    """One test: of a field of `object` (`Kind/name` or `Kind/namespace/name`), its steps joined by dots, or of text.

    Of a metric `field` is the expression.
    """

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


class Tool(StrEnum):
    """What a model may ask to see: an object or a field, objects of a kind, logs, events, what is used, a metric."""

    GET = "get"
    LIST = "list"
    LOG = "log"
    EVENTS = "events"
    USAGE = "usage"
    METRIC = "metric"


class Ask(Model):
    """One observation that a model asks for, of `Kind/name` or `Kind/namespace/name`; of a list `name` is `*`.

    `field` is what of an object is told; `contains` and `since` are which lines and events count. A metric is asked for
    by a `query` in PromQL, and of no object.
    """

    tool: Tool
    object: Short = ""
    query: Annotated[str, Field(max_length=600)] = ""
    field: Annotated[str, Field(max_length=300)] = ""
    contains: Annotated[str, Field(max_length=200)] = ""
    since: Time | None = None
    previous: bool = False

    @model_validator(mode="after")
    def _says_of_what(self) -> "Ask":
        wanted = "query" if self.tool is Tool.METRIC else "object"
        if not getattr(self, wanted):
            raise ValueError(f"{self.tool} needs {wanted}")
        return self


class Quote(Model):
    """What a sentence rests on: an observation, and what of it was shown; `absent` if that is that nothing is there."""

    observation: Short
    excerpt: Text
    absent: bool = False


class Sentence(Model):
    """One sentence of a model with what it cites; whether it is kept is for code to say."""

    says: Annotated[str, Field(min_length=1, max_length=400)]
    quotes: Annotated[list[Quote], Field(max_length=MAX_QUOTES)] = Field(default_factory=list)


Sentences = Annotated[list[Sentence], Field(max_length=MAX_SENTENCES)]


class Exchange(Model):
    """One call: SHA-256 of all that was sent, and what was answered, redacted and cut."""

    asked: Annotated[str, Field(max_length=64)]
    answered: Annotated[str, Field(max_length=MAX_ANSWERED)] = ""


class Consultation(Model):
    """What asking a model came to. `refused` says what of its answers was not taken; `problem` why there is none.

    `transcript` is every call in its order, for people and for tests; a replay rests on what was taken of it.
    `asks` is all that it asked to see; `is_open` where it waits for that and is to be asked once more. `spent` is what
    the gateway's ledger has of the run once it is over; without one, what was counted here is all that is known.
    """

    model: Short
    prompt: Annotated[str, Field(max_length=64)] = Field(default="", description="Version of the prompt.")
    turns: Annotated[int, Field(ge=0)] = 0
    asks: Annotated[list[Ask], Field(max_length=MAX_ASKS * MAX_TURNS)] = Field(default_factory=list)
    is_open: bool = False
    transcript: Annotated[list[Exchange], Field(max_length=2 * MAX_TURNS)] = Field(default_factory=list)
    answer: Sentences = Field(default_factory=list)
    account: Sentences = Field(default_factory=list)
    calls: Annotated[int, Field(ge=0)] = 0
    prompt_tokens: Annotated[int, Field(ge=0)] = 0
    completion_tokens: Annotated[int, Field(ge=0)] = 0
    proposals: Annotated[list[Proposal], Field(max_length=MAX_PROPOSALS)] = Field(default_factory=list)
    refused: Annotated[list[Line], Field(max_length=MAX_REFUSED)] = Field(default_factory=list)
    problem: Line = ""
    spent: Spent | None = None

    @property
    def charged(self) -> Spent:
        """What its calls are charged, money only where there is a ledger."""
        return self.spent or Spent(calls=self.calls, tokens=self.prompt_tokens + self.completion_tokens)
