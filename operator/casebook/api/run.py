"""The contract between an agent and the gateway, and the file that replay reads."""

from typing import Annotated

from pydantic import Field

from casebook.api.base import Model, Time
from casebook.api.consultation import Consultation
from casebook.api.investigation import InvestigationSpec
from casebook.api.memory import MemorySpec
from casebook.api.meta import Line, Short
from casebook.api.observation import Observation, Query, Result
from casebook.api.report import CauseCode, Report, Window
from casebook.api.skill import SkillSpec

MAX_RECALLED = 512
"""Memories that one run may recall; beyond that the narrowest are taken, and the report says how many were not."""
MAX_SKILLS = 32
"""Skills that one run may recall, the narrowest first: each asks for reads of its own."""
MAX_PRECEDENTS = 2
"""Causes of earlier cases that are tested first: each costs reads of its own."""
MAX_CLUES = 24
MAX_HELD = 24
MAX_INCIDENTS = 16
"""Incidents that one run may be told of; of more the newest are."""


class Scene(Model):
    """What may be looked at: the tenant's namespaces, or the whole cluster for the platform."""

    tenant: Short
    platform: bool = False
    namespaces: Annotated[list[Short], Field(max_length=1000)] = Field(default_factory=list)


class Recalled(Model):
    """A memory as it was when a run recalled it; kept with the run, so that a replay knows what the run knew."""

    name: Short
    namespace: Short
    version: Annotated[int, Field(ge=0)] = 0
    written_at: Time
    platform: bool = False
    stale: Line = ""
    quarantined: Line = ""
    spec: MemorySpec


class RecalledSkill(Model):
    """A skill as it was when a run recalled it; `version` is the SHA-256 of its content."""

    name: Short
    namespace: Short
    version: Annotated[str, Field(max_length=64)]
    platform: bool = False
    quarantined: Line = ""
    spec: SkillSpec


class IncidentCause(Model):
    """A root cause of an incident; `entity` is `Kind/namespace/name`."""

    entity: Annotated[str, Field(max_length=512)]
    cause: CauseCode
    since: Time | None = None


class Incident(Model):
    """What a fresh Investigation of the same tenant found, so that another can tell whether that explains it."""

    namespace: Short
    name: Short
    finished_at: Time
    causes: Annotated[list[IncidentCause], Field(min_length=1, max_length=5)]


class Clue(Model):
    """One read without which a cause would not have been told; of a log also whose, since pods come and go."""

    query: Query
    workload: Short = ""


class Telling(Model):
    """What told the causes of a run: the telling predictions that held, and the few reads that were enough for them.

    Both are empty where the causes were not told clearly, or not by facts alone; and where only the clues of a
    precedent, or the check of an incident, were looked at (`is_short`).
    """

    held: Annotated[list[Line], Field(max_length=MAX_HELD)] = Field(default_factory=list)
    clues: Annotated[list[Clue], Field(max_length=MAX_CLUES)] = Field(default_factory=list)
    is_short: bool = False


class Precedent(Model):
    """An earlier case of the same question: the cause that it came to, and what told it.

    `elsewhere` says that the same alert asked then about another object. `reads` is what it took to look at everything,
    and `times` how often this cause was found for this question. Where a person said that it was something else,
    `truth` is that, as `CAUSE` or `CAUSE on Kind/name`: what told the cause then tells the same problem, and the
    person's word what it is.
    """

    name: Short
    namespace: Short
    object: Short
    cause: Short
    told: Telling
    truth: Line = ""
    elsewhere: bool = False
    reads: Annotated[int, Field(ge=0)] = 0
    times: Annotated[int, Field(ge=1)] = 1


class Run(Model):
    """One attempt at one investigation, as the agent fetches it.

    `now` is the clock that the reasoning uses; `spec.target` is filled in where it could be inferred; `recalled` and
    `skills` are knowledge that may apply, `unrecalled` says in words what of it could not be had; `incidents` is what
    others found just before, `precedents` are causes of earlier cases, to be tested first; `prometheus` and `model` say
    whether there is one to be asked.
    """

    uid: Short
    name: Short
    namespace: Short
    attempt: Annotated[int, Field(ge=0)] = 1
    now: Time
    spec: InvestigationSpec
    scene: Scene
    prometheus: bool = False
    model: bool = False
    recalled: Annotated[list[Recalled], Field(max_length=MAX_RECALLED)] = Field(default_factory=list)
    skills: Annotated[list[RecalledSkill], Field(max_length=MAX_SKILLS)] = Field(default_factory=list)
    unrecalled: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    incidents: Annotated[list[Incident], Field(max_length=MAX_INCIDENTS)] = Field(default_factory=list)
    precedents: Annotated[list[Precedent], Field(max_length=MAX_PRECEDENTS)] = Field(default_factory=list)


class ObservationBatch(Model):
    """Observations in the order made; `first` is the sequence number of the first of them, from 0."""

    first: Annotated[int, Field(ge=0)]
    observations: Annotated[list[Observation], Field(max_length=200)]


class Checkpoint(Model):
    """Observations of earlier attempts, to resume from."""

    observations: list[Observation] = Field(default_factory=list)


class Stop(Model):
    """Why a run stopped looking."""

    reason: Annotated[str, Field(pattern="^(Clear|Explained|NothingLeft|Budget|Deadline)$")]
    message: Line = ""


class Trace(Model):
    """Everything a replay needs: the run, the observations, why it stopped, and what made the report."""

    format: Annotated[int, Field(ge=1)] = 1
    engine: Short
    run: Run
    stop: Stop
    milliseconds: int = 0
    observations: list[Observation]
    consultation: Consultation | None = None


class ReportEnvelope(Model):
    """A report as the agent hands it in, with what the gateway needs to check and store it.

    `telling` is for the next occurrence of the same problem.
    """

    report: Report
    engine: Short
    stop: Stop
    observations: Annotated[int, Field(ge=0)]
    milliseconds: int = 0
    consultation: Consultation | None = None
    telling: Telling = Field(default_factory=Telling)


class ReportReceipt(Model):
    """The gateway's answer: whether the trace is stored. If not, the agent sends it again until its deadline.

    `retry` is False where sending again cannot help, for example because there is no store.
    """

    trace_stored: bool
    retry: bool = True
    message: Line = ""


class ProjectedAnswer(Model):
    """A read through the gateway: `data` as in an Observation; what is cluster-scoped is projected field by field."""

    query: Query
    result: Result
    message: Line = ""
    data: dict[str, object] | None = None
    window: Window | None = None
    truncated: bool = False
    withheld: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
