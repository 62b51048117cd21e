"""The Skill resource: a procedure for a kind of problem, kept in Git."""

from typing import Annotated

from pydantic import Field

from casebook.api.base import Model
from casebook.api.enums import KnowledgeReach, State
from casebook.api.memory import KnowledgeOrigin, Uses
from casebook.api.meta import Condition, Line, Short, Text
from casebook.api.report import CauseCode
from casebook.api.rules import Rule, checked_by, map_list
from casebook.api.scope import Scope


class Parameter(Model):
    """A name that the steps use, and the key of the context that fills it."""

    name: Annotated[str, Field(min_length=1, max_length=63)] = Field(description="Name in the steps.")
    from_: Short = Field(alias="from", description="Key of the context.")


class Observe(Model):
    """What a step reads."""

    source: Short = Field(description="Evidence source: kubernetes, logs or prometheus.")
    query: Line = Field(
        description="What to read there; {name} stands for the value of a parameter. kubernetes: RESOURCE [NAME]"
        " [-l SELECTOR] [--field-selector SELECTOR]. logs: KIND/NAME [-c CONTAINER] [--previous]. prometheus: PromQL."
    )


class Suspect(Model):
    """A cause on an object."""

    object: Short = Field(default="", description="Kind/name; any object where absent.")
    cause: CauseCode = Field(description="Code of the cause.")


class Effect(Model):
    """What the outcome of a step means."""

    model_config = checked_by(
        Rule("has(self.supports) || has(self.rulesOut)", "say what the outcome means: supports, rulesOut or both")
    )

    supports: Suspect | None = Field(default=None, description="Cause that it speaks for.")
    rules_out: Suspect | None = Field(default=None, description="Cause that it speaks against.")


class Step(Model):
    """One observation and what it should show."""

    name: Annotated[str, Field(min_length=1, max_length=63)] = Field(description="Name of the step.")
    observe: Observe = Field(description="What is read.")
    expect: Line = Field(
        description="CEL expression over the observation: items (kubernetes), lines (logs) or series (prometheus), and"
        " params and now."
    )
    on_true: Effect | None = Field(default=None, description="What it means if the expression is true.")
    on_false: Effect | None = Field(default=None, description="What it means if the expression is false.")


class SkillSpec(Model):
    """A procedure and when to use it."""

    description: Annotated[Text, Field(min_length=1)] = Field(description="What it is for and when to use it.")
    when: Scope = Field(default_factory=Scope, description="Where it applies.")
    parameters: Annotated[list[Parameter], Field(max_length=16)] = Field(
        default_factory=list, description="Names that the steps use.", json_schema_extra=map_list("name")
    )
    steps: Annotated[list[Step], Field(max_length=20)] = Field(
        default_factory=list, description="What to look at, in this order.", json_schema_extra=map_list("name")
    )
    instructions: Annotated[str, Field(max_length=16384)] = Field(
        default="", description="Markdown, for people and for a model."
    )
    reach: KnowledgeReach = Field(default=KnowledgeReach.NAMESPACE, description="Whose investigations may use it.")
    state: State = Field(default=State.PROPOSED, description="Proposed, Confirmed, Rejected or Retired.")
    origin: KnowledgeOrigin | None = Field(default=None, description="Where it came from.")
    last_editor: Short = Field(default="", description="Who wrote the spec last; must be the user who writes it.")


class SkillStatus(Model):
    """What became of the skill."""

    observed_generation: Annotated[int, Field(ge=0)] | None = Field(default=None, description="Generation acted on.")
    version: Annotated[str, Field(max_length=64)] | None = Field(default=None, description="SHA-256 of the content.")
    uses: Uses | None = Field(default=None, description="How often it was of use.")
    probation: Short | None = Field(default=None, description="Runs left before it counts in full.")
    conditions: Annotated[list[Condition], Field(max_length=8)] = Field(
        default_factory=list, description="Valid, Quarantined.", json_schema_extra=map_list("type")
    )
