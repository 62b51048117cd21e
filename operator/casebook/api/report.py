"""The report of an investigation: competing hypotheses, their predictions and the evidence for and against each."""

from typing import Annotated

from pydantic import Field

from casebook.api.base import Model, Percent, Time
from casebook.api.enums import Novelty, Origin, Outcome, Role, Standing, Verdict
from casebook.api.meta import Line, Placed, Short, Text
from casebook.api.spending import Spent

EvidenceId = Annotated[str, Field(max_length=32)]
Citations = Annotated[list[EvidenceId], Field(max_length=16)]
CauseCode = Annotated[str, Field(max_length=64, pattern=r"^[A-Z][A-Za-z0-9]*$")]


class Window(Model):
    """A span of time that was looked at."""

    start: Time = Field(description="Begin of the span.")
    end: Time = Field(description="End of the span.")


class Evidence(Model):
    """One cited observation, with the excerpt that the citation rests on."""

    id: EvidenceId = Field(description="Identity within the report, for example e12.")
    source: Short = Field(description="Where it was read: kubernetes, logs, metrics.")
    query: Line = Field(description="A command that a person can paste to look for themselves.")
    observed_at: Time = Field(description="When it was read.")
    window: Window | None = Field(default=None, description="The span of time that it covers.")
    excerpt: Text = Field(description="The part that matters, redacted.")
    digest: Annotated[str, Field(max_length=64)] = Field(description="SHA-256 of the whole stored observation.")
    truncated: bool = Field(default=False, description="Whether more was there than was read.")


class Prediction(Model):
    """What must be seen if a hypothesis is true, and what was seen."""

    statement: Line = Field(description="What the hypothesis predicts.")
    outcome: Outcome = Field(description="Held, Failed or Untested.")
    evidence: Citations = Field(default_factory=list, description="Evidence that decided it.")


class Term(Model):
    """One term of the sum that is a hypothesis's score."""

    name: Line = Field(description="What contributed: the prior, or a prediction.")
    centinats: int = Field(description="Its share of the log-odds, in hundredths of a nat (natural logarithm).")


class Hypothesis(Model):
    """One possible cause, with its tests."""

    id: EvidenceId = Field(description="Identity within the report, for example h1.")
    object: Short = Field(
        description="Where a person would go to mend it: Kind/name, or Kind/namespace/name elsewhere."
    )
    cause: CauseCode = Field(description="Code of the cause, from the registry.")
    statement: Line = Field(description="The hypothesis in one sentence.")
    origin: Origin = Field(description="Where it came from.")
    verdict: Standing = Field(description="Supported, Refuted or Open.")
    confidence_percent: Percent = Field(description="Probability given the evidence, in percent.")
    since: Time | None = Field(default=None, description="Since when the cause has been there, if known.")
    predictions: Annotated[list[Prediction], Field(max_length=12)] = Field(
        default_factory=list, description="What it predicts, and what became of each."
    )
    evidence_for: Citations = Field(default_factory=list, description="Evidence that speaks for it.")
    evidence_against: Citations = Field(default_factory=list, description="Evidence that speaks against it.")
    terms: Annotated[list[Term], Field(max_length=16)] = Field(
        default_factory=list, description="The sum that made its score, term by term."
    )


class FieldChange(Model):
    """One field that the change behind a root cause wrote."""

    field: Line = Field(description="Path of the field in the object.")
    new: Line | None = Field(default=None, description="The value that it got; absent where it was removed.")
    old: Line | None = Field(default=None, description="The value before; absent where there was none or see oldKnown.")
    old_known: bool = Field(default=True, description="Whether the value before is still recorded anywhere.")


class Change(Model):
    """One change in the span of time that was asked about."""

    at: Time = Field(description="When it was made.")
    object: Short = Field(description="Kind/name, or Kind/namespace/name elsewhere.")
    what: Line = Field(description="What changed, in one line.")
    by: Short = Field(default="", description="The field manager that wrote it, where one is recorded; not a person.")
    before_onset: bool | None = Field(
        default=None, description="Whether it came before the first symptom; absent where that is not known."
    )
    root_cause: EvidenceId = Field(default="", description="Id of the supported hypothesis that it belongs to, if any.")
    fields: Annotated[list[FieldChange], Field(max_length=4)] = Field(
        default_factory=list, description="Old and new values; only of a change that belongs to a root cause."
    )
    evidence: Citations = Field(default_factory=list, description="Evidence that shows it.")


class LogNews(Model):
    """One kind of log message that was not there before, comes more often, or comes no more."""

    object: Short = Field(description="The workload: Kind/name, or Kind/namespace/name elsewhere.")
    container: Short = Field(description="Name of the container.")
    novelty: Novelty = Field(
        description="New; Uncompared: an error, but too little older was read to compare with; More; or Gone."
    )
    since: Time = Field(description="When it was first seen, or when its rate changed.")
    count: Annotated[int, Field(ge=0)] = Field(description="How often it was seen since, in what was read of the log.")
    per_hour_before: Annotated[int, Field(ge=0)] = Field(default=0, description="Its rate until then.")
    per_hour_since: Annotated[int, Field(ge=0)] = Field(default=0, description="Its rate since.")
    message: Line = Field(description="An example: the exception, or the message without its envelope.")
    template: Line = Field(description="The message with * for what varies.")
    level: Short = Field(default="", description="DEBUG, INFO, WARN, ERROR or FATAL, where the log tells.")
    exception: Short = Field(default="", description="Type of the exception, if it carries one.")
    peers: Annotated[list[Line], Field(max_length=4)] = Field(
        default_factory=list, description="What a connection error speaks of: object, host and port, error number."
    )
    evidence: Citations = Field(default_factory=list, description="The first entry with the end of its stack trace.")


def entity(kind: str, namespace: str, name: str) -> str:
    """`Kind/namespace/name`, with an empty namespace for what stands in none."""
    return f"{kind}/{namespace}/{name}"


class RootCause(Model):
    """A hypothesis that the report stands behind."""

    hypothesis: EvidenceId = Field(description="Id of the hypothesis.")
    object: Short = Field(description="Where a person would go to mend it.")
    namespace: Short | None = Field(
        default=None, description="Namespace of the object; empty where it stands in none, absent in old reports."
    )
    cause: CauseCode = Field(description="Code of the cause.")
    statement: Line = Field(description="The cause in one sentence.")
    confidence_percent: Percent = Field(description="Probability given the evidence, in percent.")
    since: Time | None = Field(default=None, description="Since when.")
    chain: Annotated[list[Line], Field(max_length=12)] = Field(
        default_factory=list, description="How the cause leads to the symptom, one step a line."
    )

    @property
    def entity(self) -> str | None:
        """`Kind/namespace/name`, the same wherever the report was made; None where the namespace is not recorded."""
        kind, _, name = self.object.partition("/")
        return None if self.namespace is None else entity(kind, self.namespace, name.rpartition("/")[2])


class KnowledgeUse(Model):
    """A piece of knowledge that was recalled, and what it changed."""

    kind: Short = Field(description="Memory, Skill or Case.")
    name: Short = Field(description="Name of the resource.")
    version: Short = Field(description="Version that was used.")
    why: Line = Field(description="Why it applied, or under which condition it would.")
    effect: Line = Field(description="What it changed.")
    role: Role = Field(default=Role.SHOWN, description="Led, Alone, Acted, Contradicted, Gone or Shown.")


class Statement(Model):
    """One sentence that a model wrote and that its evidence bears out."""

    text: Line = Field(description="The sentence.")
    evidence: Citations = Field(default_factory=list, description="Evidence that it cites; at least one.")


class Finding(Model):
    """One thing that was affected, healthy or not checked, with the reason."""

    object: Short = Field(description="Kind/name.")
    note: Line = Field(description="What was seen, or why nothing was.")
    evidence: Citations = Field(default_factory=list, description="Evidence that it rests on.")


class Cost(Model):
    """What the investigation cost."""

    observations: int = Field(default=0, ge=0, description="Queries made.")
    bytes: int = Field(default=0, ge=0, description="Bytes read.")
    milliseconds: int = Field(default=0, ge=0, description="Time from start to report.")
    prompt_tokens: int = Field(default=0, ge=0, description="Tokens sent to a model.")
    completion_tokens: int = Field(default=0, ge=0, description="Tokens that a model answered.")
    model_calls: int = Field(default=0, ge=0, description="Calls of a model, those that failed included.")
    charged_tokens: int = Field(
        default=0, ge=0, description="Tokens that these calls count: as answered, or as reserved for one that failed."
    )
    money_billionths: int = Field(
        default=0, ge=0, description="What they cost by the price table, in billionths of its currency; 0 without one."
    )

    @property
    def spent(self) -> Spent:
        """What models were charged for."""
        return Spent(calls=self.model_calls, tokens=self.charged_tokens, money=self.money_billionths)

    def charging(self, spent: Spent) -> "Cost":
        """The same with what models are charged for."""
        return self.replace(model_calls=spent.calls, charged_tokens=spent.tokens, money_billionths=spent.money)


class Report(Model):
    """What an investigation found: a verdict, the hypotheses with their tests, and the evidence cited."""

    verdict: Verdict = Field(description="RootCause, NoFault or Inconclusive.")
    summary: Text = Field(description="One paragraph that an on-call can act on.")
    answer: Annotated[list[Statement], Field(max_length=8)] = Field(
        default_factory=list, description="What a model answers to the question; code dropped what nothing bears out."
    )
    account: Annotated[list[Statement], Field(max_length=8)] = Field(
        default_factory=list, description="The case in a model's words; code dropped what nothing bears out."
    )
    meaning: Line = Field(
        default="", description="What the question was taken to mean: objects, namespace, time in UTC."
    )
    stopped: Line = Field(default="", description="Why the investigation stopped looking.")
    explained_by: Placed | None = Field(
        default=None,
        description="Investigation of the same incident that found these root causes; here they were checked again.",
    )
    root_causes: Annotated[list[RootCause], Field(max_length=5)] = Field(
        default_factory=list, description="What the report stands behind, most important first."
    )
    hypotheses: Annotated[list[Hypothesis], Field(max_length=12)] = Field(
        default_factory=list, description="All that were considered, best first, refuted ones included."
    )
    evidence: Annotated[list[Evidence], Field(max_length=48)] = Field(
        default_factory=list, description="The observations cited."
    )
    knowledge: Annotated[list[KnowledgeUse], Field(max_length=12)] = Field(
        default_factory=list, description="What was recalled, and what it changed."
    )
    onset: Time | None = Field(
        default=None,
        description="When the first symptom was seen that the root causes explain, or that is asked about.",
    )
    changes: Annotated[list[Change], Field(max_length=12)] = Field(
        default_factory=list, description="What changed in the span of time asked about, oldest first."
    )
    logs: Annotated[list[LogNews], Field(max_length=8)] = Field(
        default_factory=list, description="What is new in the logs on the path, the most telling first."
    )
    affected: Annotated[list[Finding], Field(max_length=20)] = Field(
        default_factory=list, description="What shows symptoms."
    )
    healthy: Annotated[list[Finding], Field(max_length=20)] = Field(
        default_factory=list, description="What was checked and is well."
    )
    not_checked: Annotated[list[Finding], Field(max_length=20)] = Field(
        default_factory=list, description="What was not looked at, and why."
    )
    limitations: Annotated[list[Line], Field(max_length=20)] = Field(
        default_factory=list, description="What could not be read, and what is stale."
    )
    next_steps: Annotated[list[Line], Field(max_length=8)] = Field(
        default_factory=list, description="What a person would do now; never executed."
    )
    cost: Cost = Field(default_factory=Cost, description="What it cost.")

    def citations(self) -> set[str]:
        """Every evidence id that the report cites anywhere."""
        cited: set[str] = set()
        for hypothesis in self.hypotheses:
            cited.update(hypothesis.evidence_for, hypothesis.evidence_against)
            for prediction in hypothesis.predictions:
                cited.update(prediction.evidence)
        cited.update(*(said.evidence for said in (*self.answer, *self.account)))
        cited.update(*(finding.evidence for finding in (*self.affected, *self.healthy)))
        for told in (*(change.evidence for change in self.changes), *(news.evidence for news in self.logs)):
            cited.update(told)
        return cited
