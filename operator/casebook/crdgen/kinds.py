"""The custom resources: their names, what `kubectl get` shows and what people filter by."""

from dataclasses import dataclass
from typing import Final

from casebook.api.base import Model
from casebook.api.investigation import InvestigationSpec, InvestigationStatus
from casebook.api.memory import MemorySpec, MemoryStatus
from casebook.api.rules import Rule
from casebook.api.skill import SkillSpec, SkillStatus


@dataclass(frozen=True)
class Column:
    """One column of `kubectl get`; a wide one shows with `-o wide` only."""

    name: str
    path: str
    type: str = "string"
    wide: bool = False
    description: str = ""


@dataclass(frozen=True)
class Kind:
    """One custom resource."""

    kind: str
    plural: str
    short: str
    description: str
    spec: type[Model]
    status: type[Model]
    columns: tuple[Column, ...]
    selectable: tuple[str, ...]
    rules: tuple[Rule, ...] = ()


_AGE: Final = Column("Age", ".metadata.creationTimestamp", "date")


def _condition(type_: str) -> str:
    return f'.status.conditions[?(@.type=="{type_}")].status'


INVESTIGATION: Final = Kind(
    kind="Investigation",
    plural="investigations",
    short="inv",
    description="One read-only investigation of a problem: what is asked, how far to look, and what was found.",
    spec=InvestigationSpec,
    status=InvestigationStatus,
    columns=(
        Column("Target", ".spec.target.name", description="Where it begins."),
        Column("Verdict", ".status.verdict", description="What the report concludes."),
        Column("Cause", ".status.cause", description="Code of the first root cause."),
        Column("Confidence", ".status.confidencePercent", "integer", description="Confidence in it, in percent."),
        Column("Followers", ".status.followers.count", "integer", description="Investigations that it explains."),
        Column("ExplainedBy", ".status.explainedBy", description="The investigation that explains it."),
        Column("Phase", ".status.phase", wide=True),
        Column("Object", ".status.object", wide=True, description="Where a person would go to mend it."),
        Column("Severity", ".spec.severity", wide=True),
        Column("Trigger", ".spec.trigger", wide=True),
        Column("Attempt", ".status.attempt", "integer", wide=True),
        Column("Alert", ".spec.alert.labels.alertname", wide=True, description="Name of the alert that asked."),
        _AGE,
    ),
    selectable=(
        ".spec.severity",
        ".spec.trigger",
        ".spec.alert.receiver",
        ".status.phase",
        ".status.verdict",
        ".status.cause",
        ".status.notified",
        ".status.explainedBy",
    ),
)

MEMORY: Final = Kind(
    kind="Memory",
    plural="memories",
    short="cbmem",
    description="One thing that is known: a claim, where it applies, and how far it is trusted.",
    spec=MemorySpec,
    status=MemoryStatus,
    columns=(
        Column("State", ".spec.state"),
        Column("Claim", ".spec.statement", description="The claim in words."),
        Column("Scope", ".status.scope", description="Where it applies, in words."),
        Column("Reach", ".spec.reach", description="Whose investigations may use it."),
        Column("Uses", ".status.uses.cited", "integer", description="How often a report cited it."),
        Column("Trust", ".status.trustPercent", "integer", description="How far it is trusted, in percent."),
        Column("Fresh", _condition("Fresh"), description="False where it is stale and moves nothing."),
        _AGE,
    ),
    selectable=(".spec.state", ".spec.reach"),
    rules=(
        Rule(
            "!has(self.spec.supersedes) || !(self.metadata.name in self.spec.supersedes)",
            "a memory cannot supersede itself",
            ".spec.supersedes",
        ),
    ),
)

SKILL: Final = Kind(
    kind="Skill",
    plural="skills",
    short="cbskill",
    description="A procedure for a kind of problem: when to use it, what to look at, and what each outcome means.",
    spec=SkillSpec,
    status=SkillStatus,
    columns=(
        Column("State", ".spec.state"),
        Column("Reach", ".spec.reach", description="Whose investigations may use it."),
        Column("Valid", _condition("Valid"), description="False where runs skip it."),
        Column("Version", ".status.version", wide=True, description="SHA-256 of the content."),
        Column("Description", ".spec.description", description="What it is for and when to use it."),
        _AGE,
    ),
    selectable=(".spec.state", ".spec.reach"),
)

KINDS: Final = (INVESTIGATION, MEMORY, SKILL)
