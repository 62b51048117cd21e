"""The Investigation resource: what is asked, how far to look, and what was found."""

from typing import Annotated, Literal

from pydantic import Field

from casebook.api.base import Model, Percent, Time
from casebook.api.enums import (
    ConditionStatus,
    Intent,
    Judgement,
    KnowledgeReach,
    Phase,
    Rating,
    Reach,
    Reasoning,
    ReplayStanding,
    Severity,
    State,
    Trigger,
    Verdict,
)
from casebook.api.meta import Condition, Line, ObjectRef, Placed, Short, Text
from casebook.api.report import CauseCode, Cost, Report
from casebook.api.rules import Rule, checked_by, fixed, map_list
from casebook.api.scope import Scope

LabelMap = Annotated[dict[str, Annotated[str, Field(max_length=1024)]], Field(max_length=64)]


class Alert(Model):
    """The alert that asked, as Alertmanager sent it, clipped to size."""

    receiver: Short = Field(default="", description="Receiver of the gateway that took it.")
    group_key: Text = Field(default="", description="Alertmanager's key of the alert group.")
    fingerprint: Annotated[str, Field(max_length=64)] = Field(default="", description="Fingerprint of the first alert.")
    status: Annotated[str, Field(max_length=16)] = Field(default="firing", description="firing or resolved.")
    labels: LabelMap = Field(default_factory=dict, description="Labels of the alert.")
    annotations: LabelMap = Field(default_factory=dict, description="Annotations of the alert.")
    starts_at: Time | None = Field(default=None, description="When it began to fire.")
    generator_url: Annotated[str, Field(max_length=2048)] = Field(
        default="", alias="generatorURL", description="Where the alert was computed."
    )
    truncated: bool = Field(default=False, description="Whether the payload was clipped to fit.")


class TimeWindow(Model):
    """The span of time to look at; give both ends."""

    model_config = checked_by(Rule("self.start <= self.end", "end must not be before start", ".end"))

    start: Time = Field(description="Begin.")
    end: Time = Field(description="End; not before the begin.")


class Budget(Model):
    """Bounds on one investigation."""

    seconds: Annotated[int, Field(ge=10, le=3600)] = Field(default=300, description="Wall-clock time of one attempt.")
    observations: Annotated[int, Field(ge=10, le=5000)] = Field(default=300, description="Queries to make at most.")
    tokens: Annotated[int, Field(ge=0, le=2_000_000)] = Field(default=200_000, description="Tokens of a model at most.")


class CorrectedCause(Model):
    """What a person says the cause was."""

    object: Short = Field(default="", description="Kind/name where it would be mended.")
    cause: CauseCode = Field(description="Code of the cause.")
    statement: Line = Field(default="", description="The cause in a sentence.")


class Feedback(Model):
    """One person's word on the report; never changed once written."""

    model_config = checked_by(
        Rule("self == oldSelf", "a feedback entry is never changed once written; add another"),
        Rule(
            "has(self.rating) || has(self.verdict) || has(self.rootCause) || (has(self.note) && self.note != '')",
            "a feedback entry must say something: rating, verdict, rootCause or note",
        ),
    )

    id: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")] = Field(
        description="Identity within the investigation."
    )
    author: Annotated[Short, Field(min_length=1)] = Field(description="Who says so; must be the user who writes it.")
    at: Time | None = Field(default=None, description="When it was said.")
    rating: Rating | None = Field(default=None, description="Up or Down.")
    verdict: Judgement | None = Field(default=None, description="Correct, Partial or Wrong.")
    root_cause: CorrectedCause | None = Field(default=None, description="The true cause, if the report was wrong.")
    scope: Scope | None = Field(default=None, description="Where the correction applies.")
    reach: KnowledgeReach = Field(default=KnowledgeReach.NAMESPACE, description="Whose investigations may use it.")
    standing: Literal[State.PROPOSED, State.CONFIRMED] = Field(
        default=State.PROPOSED, description="Proposed, or Confirmed by someone who may confirm."
    )
    note: Text = Field(default="", description="Free text.")


class InvestigationSpec(Model):
    """What is asked. Fixed once written, but for intent, feedback and ttlSecondsAfterFinished."""

    model_config = checked_by(
        Rule(
            "has(self.alert) || has(self.target) || (has(self.question) && self.question.trim() != '')",
            "say what to investigate: give a question, a target or an alert",
        ),
        Rule("self.trigger != 'Alert' || has(self.alert)", "trigger Alert needs an alert", ".alert"),
        Rule(
            "!has(self.window) || !has(self.lookbackSeconds)",
            "give either window or lookbackSeconds, not both",
            ".lookbackSeconds",
        ),
        Rule("oldSelf.intent != 'Cancel' || self.intent == 'Cancel'", "a cancelled run cannot go on", ".intent"),
        Rule(
            "!has(oldSelf.feedback)"
            " || (has(self.feedback) && oldSelf.feedback.all(old, self.feedback.exists(new, new.id == old.id)))",
            "a feedback entry is never removed; add another that corrects it",
            ".feedback",
        ),
        *fixed(
            "trigger",
            "question",
            "alert",
            "target",
            "scope",
            "window",
            "lookbackSeconds",
            "severity",
            "budget",
            "reasoning",
        ),
    )

    trigger: Trigger = Field(default=Trigger.QUESTION, description="What asked for it.")
    question: Annotated[str, Field(max_length=2048)] = Field(
        default="", description="What to find out, in any language."
    )
    alert: Alert | None = Field(default=None, description="The alert that asked, if one did.")
    target: ObjectRef | None = Field(default=None, description="Where to begin; else it is inferred.")
    scope: Reach = Field(default=Reach.NAMESPACE, description="How far to look from the target.")
    window: TimeWindow | None = Field(default=None, description="The span of time to look at.")
    lookback_seconds: Annotated[int, Field(ge=60, le=604_800)] | None = Field(
        default=None,
        description="Instead of a window: how far back from now; for an alert at least to before it began to fire. "
        "3600 where neither is given, or what a time in the question asks for.",
    )
    severity: Severity = Field(default=Severity.WARNING, description="Order in the queue.")
    budget: Budget = Field(default_factory=Budget, description="Bounds on the investigation.")
    reasoning: Reasoning = Field(default=Reasoning.BUILT_IN, description="Whether a model takes part.")
    intent: Intent = Field(default=Intent.RUN, description="Run, or Cancel to stop it.")
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=31_536_000)] | None = Field(
        default=None, description="Deleted this long after it finished; the installation's default where absent."
    )
    feedback: Annotated[list[Feedback], Field(max_length=20)] = Field(
        default_factory=list,
        description="What people say of the report; entries are only ever added.",
        json_schema_extra=map_list("id"),
    )


class SeenAlert(Model):
    """One alert of the group, by what tells a re-fire from a repeat."""

    fingerprint: Annotated[str, Field(max_length=64)] = Field(description="Fingerprint of the alert.")
    starts_at: Time = Field(description="When this firing began.")


class AlertStatus(Model):
    """What has come in for the alert group of this investigation."""

    last_seen_at: Time | None = Field(default=None, description="When Alertmanager last spoke of it.")
    resolved_at: Time | None = Field(default=None, description="When the group resolved.")
    count: Annotated[int, Field(ge=0)] = Field(default=0, description="Notifications taken.")
    seen: Annotated[list[SeenAlert], Field(max_length=100)] = Field(
        default_factory=list, description="Alerts of this episode."
    )


class Occurrence(Model):
    """An earlier investigation of the same question: what it found, what people said of it, what it cost."""

    namespace: Short = Field(description="Its namespace.")
    name: Short = Field(description="Its name.")
    at: Time = Field(description="When it was concluded.")
    verdict: Verdict = Field(description="Its verdict.")
    cause: Short = Field(default="", description="Code of its first root cause.")
    object: Short = Field(default="", description="Object of its first root cause.")
    judgement: Judgement | None = Field(default=None, description="What was last said of it.")
    by: Short = Field(default="", description="Who said that.")
    truth: Line = Field(default="", description="What it was as they say, where they say so.")
    afterwards: Line = Field(
        default="", description="What was seen to be done about it later: weak evidence, and nobody's word."
    )
    cost: Cost = Field(default_factory=Cost, description="What it cost.")


class Recurrence(Model):
    """Which occurrence of the same problem this is."""

    signature: Line = Field(description="The problem: alert, object, cause, and what told it, in this order.")
    occurrence: Annotated[int, Field(ge=1)] = Field(description="1 for the first.")
    cost: Cost = Field(default_factory=Cost, description="What this one cost.")
    saved_percent: Percent = Field(
        default=0, description="By how much fewer reads it took than the last that looked at everything."
    )
    resolved_alone: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="Earlier alerts of this problem that went away within ten minutes, with nothing seen to be done: "
        "from three on weak evidence that nobody is needed.",
    )
    previous: Annotated[list[Occurrence], Field(max_length=10)] = Field(
        default_factory=list, description="Earlier investigations of the same question, the newest first."
    )


class SimilarCase(Occurrence):
    """An earlier investigation of another question whose text is like this one's."""

    percent: Percent = Field(description="How much of its text is like this one's, of what this one's own would be.")


class Similar(Model):
    """Earlier investigations that were found by text: shown to people, they move no verdict."""

    by: Line = Field(description="What they were found by: words, or words and meaning and the model of the latter.")
    cases: Annotated[list[SimilarCase], Field(max_length=3)] = Field(
        default_factory=list, description="The most alike first."
    )


class ReplaySide(Model):
    """One side of a replay."""

    verdict: Verdict = Field(description="Verdict.")
    object: Short = Field(default="", description="Object of the first root cause.")
    cause: Short = Field(default="", description="Code of the first root cause.")
    confidence_percent: Percent = Field(default=0, description="Its confidence.")


class Replay(Model):
    """What a correction changes on the stored observations."""

    feedback_id: Short = Field(description="The feedback that was applied.")
    before: ReplaySide = Field(description="Without it.")
    after: ReplaySide = Field(description="With it.")
    note: Line = Field(default="", description="What a person should know of the difference.")


class Lesson(Model):
    """What became of one feedback entry: the memory that it was made into, or why none was."""

    feedback_id: Annotated[Short, Field(min_length=1)] = Field(description="The feedback entry.")
    memory: Short = Field(default="", description="Memory made of it; empty where it teaches nothing.")
    namespace: Short = Field(default="", description="Namespace of that memory.")
    state: State | None = Field(default=None, description="State in which the memory was made.")
    replay: ReplayStanding | None = Field(default=None, description="Whether the investigation was replayed with it.")
    message: Line = Field(default="", description="What was done, for people.")


class Followers(Model):
    """Other investigations of the same incident, which this one explains."""

    count: Annotated[int, Field(ge=1)] = Field(description="How many there are.")
    names: Annotated[list[Placed], Field(max_length=10)] = Field(
        default_factory=list, description="The earliest of them; namespace/name elsewhere."
    )


class InvestigationStatus(Model):
    """What became of it."""

    model_config = checked_by(
        Rule(
            "!has(oldSelf.attempt) || (has(self.attempt) && self.attempt >= oldSelf.attempt)",
            "attempt numbers only grow",
            ".attempt",
        )
    )

    observed_generation: Annotated[int, Field(ge=0)] | None = Field(default=None, description="Generation acted on.")
    phase: Phase | None = Field(default=None, description="A summary of the conditions, for people.")
    verdict: Verdict | None = Field(default=None, description="The report's verdict.")
    cause: Short | None = Field(default=None, description="Code of the first root cause.")
    object: Short | None = Field(default=None, description="Object of the first root cause.")
    confidence_percent: Percent | None = Field(default=None, description="Confidence in it.")
    conditions: Annotated[list[Condition], Field(max_length=16)] = Field(
        default_factory=list,
        description="Queued, Running, Succeeded, Finished, TraceStored, Claimed, Notified.",
        json_schema_extra=map_list("type"),
    )
    alert: AlertStatus | None = Field(
        default=None, description="What came in for the alert group; absent while that is no more than spec.alert says."
    )
    notified: ConditionStatus | None = Field(
        default=None, description="Whether the receiver of the alert was told how it ended; as condition Notified."
    )
    attempt: Annotated[int, Field(ge=0, le=100)] | None = Field(default=None, description="Attempts started.")
    attempt_pod_uid: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, alias="attemptPodUID", description="The only pod whose writes are taken."
    )
    started_at: Time | None = Field(default=None, description="When the first attempt was started.")
    finished_at: Time | None = Field(default=None, description="When it finished.")
    report: Report | None = Field(default=None, description="What was found.")
    explained_by: Placed | None = Field(
        default=None, description="Investigation whose root causes explain this one; namespace/name elsewhere."
    )
    followers: Followers | None = Field(default=None, description="Investigations that this one explains.")
    recurrence: Recurrence | None = Field(default=None, description="Which occurrence of the problem this is.")
    similar: Similar | None = Field(default=None, description="Earlier investigations whose text is like this one's.")
    lessons: Annotated[list[Lesson], Field(max_length=20)] = Field(
        default_factory=list,
        description="What became of each feedback entry; one that stands here is never acted on again.",
        json_schema_extra=map_list("feedbackId"),
    )
    replay: Replay | None = Field(default=None, description="What a correction changes.")


class ObjectMeta(Model):
    """The metadata of a resource that Casebook acts on."""

    name: Short
    namespace: Short = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class Investigation(Model):
    """An Investigation as the API server holds it."""

    metadata: ObjectMeta
    spec: InvestigationSpec = Field(default_factory=InvestigationSpec)
    status: InvestigationStatus = Field(default_factory=InvestigationStatus)
