"""The Memory resource: one claim, its scope, its standing."""

from typing import Annotated

from pydantic import Field

from casebook.api.base import Model, Percent, Time
from casebook.api.enums import ClaimEffect, KnowledgeReach, Source, State
from casebook.api.meta import Condition, Line, Placed, Short, Text
from casebook.api.report import CauseCode
from casebook.api.rules import Rule, checked_by, map_list
from casebook.api.scope import Scope, Terms


def _exactly_one(*names: str) -> Rule:
    count = " + ".join(f"(has(self.{name}) ? 1 : 0)" for name in names)
    return Rule(f"{count} == 1", f"give exactly one of {', '.join(names)}")


class Concept(Model):
    """Objects of this description carry these derived labels."""

    label: Annotated[dict[str, Short], Field(min_length=1, max_length=4)] = Field(description="Labels that it derives.")
    when: Terms = Field(description="Which contexts it applies to.")


class CauseClaim(Model):
    """A cause that is known to be behind such problems, or known not to be."""

    object: Short = Field(default="", description="Kind/name; any object where absent.")
    cause: CauseCode = Field(description="Code of the cause.")
    effect: ClaimEffect = Field(description="Confirms or RulesOut.")


class Noise(Model):
    """A symptom that means nothing here; give exactly one."""

    model_config = checked_by(_exactly_one("alertname", "eventReason", "logTemplate", "metric"))

    alertname: Short | None = Field(default=None, description="Name of an alert.")
    event_reason: Short | None = Field(default=None, description="Reason of an event.")
    log_template: Line | None = Field(default=None, description="Template of a log line.")
    metric: Short | None = Field(default=None, description="Name of a metric.")


class Dependency(Model):
    """One object needs another."""

    model_config = checked_by(Rule("self.from != self.to", "an object cannot depend on itself", ".to"))

    from_: Short = Field(alias="from", description="Kind/name that needs.")
    to: Short = Field(description="Kind/name that is needed.")


class Expectation(Model):
    """What normal looks like."""

    object: Short = Field(description="Kind/name.")
    field: Short = Field(description="Path of the field.")
    value: Line = Field(description="Value that is normal.")


class Quarantine(Model):
    """A source that is not to be trusted: what comes from it, however far back, has no force; give exactly one.

    Takes the verb `quarantine` to confirm. The memory's reach says whose memories it strikes.
    """

    model_config = checked_by(
        _exactly_one("memory", "skill", "investigation", "person", "signature"),
        Rule(
            "!has(self.feedbackId) || self.feedbackId == '' || has(self.investigation)",
            "feedbackId needs the investigation that holds the entry",
            ".feedbackId",
        ),
    )

    memory: Placed | None = Field(default=None, description="Name of a memory; namespace/name elsewhere.")
    skill: Placed | None = Field(default=None, description="Name of a skill; namespace/name elsewhere.")
    investigation: Placed | None = Field(
        default=None, description="Name of an investigation; namespace/name elsewhere."
    )
    feedback_id: Short = Field(default="", description="Of that investigation only this feedback entry.")
    person: Short | None = Field(default=None, description="User who taught, wrote, confirmed or rated.")
    signature: Line | None = Field(default=None, description="Signature of a problem, as status.recurrence says it.")


class Claim(Model):
    """What the memory says, in a form that code can act on; exactly one member."""

    model_config = checked_by(_exactly_one("concept", "cause", "noise", "dependency", "expectation", "quarantine"))

    concept: Concept | None = Field(default=None, description="Derives labels.")
    cause: CauseClaim | None = Field(default=None, description="Confirms a cause or rules it out.")
    noise: Noise | None = Field(default=None, description="Removes symptoms.")
    dependency: Dependency | None = Field(default=None, description="Adds an edge to the graph.")
    expectation: Expectation | None = Field(default=None, description="Makes deviations visible.")
    quarantine: Quarantine | None = Field(default=None, description="Takes the force from what a source taught.")


Parent = Annotated[str, Field(max_length=331, pattern=r"^(Memory|Skill|Investigation)/[^/]+(/[^/]+)?$")]


class KnowledgeOrigin(Model):
    """Where a memory or skill came from; in Git a claim, shown as such."""

    type: Source = Field(description="Person, Agent or Ambient.")
    author: Short = Field(default="", description="Who said it.")
    investigation: Placed = Field(default="", description="Investigation that it came from; namespace/name elsewhere.")
    feedback_id: Short = Field(default="", description="Feedback entry that it came from.")
    signature: Line = Field(default="", description="Signature of the problem that it came from.")
    derived_from: Annotated[list[Parent], Field(max_length=64)] = Field(
        default_factory=list,
        description="What it was made of, as Kind/name or Kind/namespace/name of a Memory, Skill or Investigation.",
    )


class MemorySpec(Model):
    """One claim and where it applies."""

    model_config = checked_by(
        Rule(
            "!has(self.validFrom) || !has(self.validUntil) || self.validFrom < self.validUntil",
            "validUntil must be after validFrom",
            ".validUntil",
        ),
        Rule(
            "!has(self.validFrom) || !has(self.verifyBy) || self.validFrom < self.verifyBy",
            "verifyBy must be after validFrom",
            ".verifyBy",
        ),
        Rule(
            "!has(self.claim) || !has(self.claim.quarantine) || !has(self.scope) || ("
            + " && ".join(
                f"(!has(self.scope.{name}) || self.scope.{name}.size() == 0)"
                for name in ("matchLabels", "matchExpressions", "anyOf", "except")
            )
            + ")",
            "a quarantine holds wherever its reach goes and takes no scope",
            ".scope",
        ),
    )

    statement: Annotated[Text, Field(min_length=1)] = Field(description="The claim in words, for people.")
    claim: Claim | None = Field(default=None, description="The claim for code; absent for a note that is only shown.")
    scope: Scope = Field(default_factory=Scope, description="Where it applies.")
    reach: KnowledgeReach = Field(default=KnowledgeReach.NAMESPACE, description="Whose investigations may use it.")
    state: State = Field(default=State.PROPOSED, description="Proposed, Confirmed, Rejected or Retired.")
    valid_from: Time | None = Field(default=None, description="True from this moment.")
    valid_until: Time | None = Field(default=None, description="Not true any more after this moment.")
    verify_by: Time | None = Field(default=None, description="Loses its force after this moment unless confirmed anew.")
    origin: KnowledgeOrigin | None = Field(default=None, description="Where it came from.")
    last_editor: Short = Field(default="", description="Who wrote the spec last; must be the user who writes it.")
    supersedes: Annotated[list[Placed], Field(max_length=16)] = Field(
        default_factory=list,
        description="Memories that this one replaces where it applies; namespace/name elsewhere in the tenant.",
    )


class Uses(Model):
    """How often a memory was of use."""

    shown: Annotated[int, Field(ge=0)] = Field(default=0, description="Recalled and shown.")
    cited: Annotated[int, Field(ge=0)] = Field(default=0, description="Cited by a report.")
    accepted: Annotated[int, Field(ge=0)] = Field(default=0, description="Cited by a report that people accepted.")
    rejected: Annotated[int, Field(ge=0)] = Field(default=0, description="Cited by a report that people rejected.")
    hinted: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Cited by a report that nobody judged and that was acted on, as was seen later."
    )


class Backtest(Model):
    """What it would have done to past investigations."""

    version: Annotated[int, Field(ge=0)] = Field(default=0, description="Version of the memory that was tested.")
    would_apply: Annotated[int, Field(ge=0)] = Field(description="Past investigations in its scope.")
    of: Annotated[int, Field(ge=0)] = Field(description="Past investigations looked at.")
    would_change: Annotated[int, Field(ge=0)] = Field(description="Past conclusions that it would have changed.")
    examples: Annotated[list[Short], Field(max_length=5)] = Field(default_factory=list, description="Some of them.")


class MemoryStatus(Model):
    """What became of the memory."""

    observed_generation: Annotated[int, Field(ge=0)] | None = Field(default=None, description="Generation acted on.")
    version: Annotated[int, Field(ge=0)] | None = Field(default=None, description="Version in the store.")
    scope: Line = Field(default="", description="Where it applies, in words.")
    conditions: Annotated[list[Condition], Field(max_length=8)] = Field(
        default_factory=list, description="Fresh, Conflicting, Quarantined.", json_schema_extra=map_list("type")
    )
    uses: Uses | None = Field(default=None, description="How often it was of use.")
    trust_percent: Percent | None = Field(default=None, description="How far it is trusted.")
    last_used_by: Short | None = Field(default=None, description="Investigation that used it last.")
    backtest: Backtest | None = Field(default=None, description="What it would have done to past investigations.")
