"""What is kept in memory of the cluster's objects: the few fields that decisions rest on, never a body or a report."""

from dataclasses import dataclass, replace
from datetime import datetime

from casebook.api.enums import Phase, Severity
from casebook.api.meta import FINISHED, TRACE_STORED
from casebook.controller import conditions
from casebook.controller.conditions import Marks

CaseKey = tuple[str, str]
"""Namespace and name of an Investigation."""

NAMESPACES_ANNOTATION = "casebook.dev/namespaces"
"""On a Job: the tenant's namespaces when it started, so that a later move of one can be told."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an investigation is to begin; `namespace` is its own name where it is one."""

    api_version: str
    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class AlertTimes:
    """When the alert group was last heard of, and when it resolved."""

    last_seen: datetime | None = None
    resolved: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One Investigation. `version` orders what was seen of it; `unreadable` says why its spec makes no sense, `claimed`
    whether a pod has taken up the present attempt, `headline` what the report says, once there is one, and `unlearned`
    how many feedback entries are still to be acted on.

    `roots` are its root causes, each as one text that is the same in all reports, `began` is since when the latest of
    them is there, and `checked` whose root causes it only checked again. `explained_by` and `followers` (how many, and
    the names of some) are what its status says of its incident, `likened` whether it says what is like it.
    """

    namespace: str
    name: str
    uid: str
    created: datetime
    generation: int = 1
    version: int = 0
    deleting: bool = False
    severity: Severity = Severity.WARNING
    cancelled: bool = False
    seconds: int = 300
    ttl: int | None = None
    target: Target | None = None
    window: tuple[datetime, datetime] | None = None
    unreadable: str = ""
    phase: Phase | None = None
    attempt: int = 0
    claimed: bool = False
    started: datetime | None = None
    finished_at: datetime | None = None
    marks: Marks = ()
    headline: str = ""
    unlearned: int = 0
    alert: AlertTimes | None = None
    roots: frozenset[str] = frozenset()
    began: datetime | None = None
    checked: CaseKey | None = None
    explained_by: CaseKey | None = None
    followers: tuple[int, tuple[str, ...]] = (0, ())
    likened: bool = False

    @property
    def key(self) -> CaseKey:
        """What it is known by."""
        return self.namespace, self.name

    @property
    def finished(self) -> bool:
        """Whether it has ended, one way or another."""
        return conditions.holds(self.marks, FINISHED)

    @property
    def reported(self) -> bool:
        """Whether a report stands in its status."""
        return bool(self.headline)

    @property
    def unlikened(self) -> bool:
        """Whether it is still to be compared with others: one that another explains never is."""
        return self.finished and self.reported and not (self.likened or self.checked or self.explained_by)

    @property
    def traced(self) -> bool:
        """Whether the gateway says that the whole trace is stored."""
        return conditions.holds(self.marks, TRACE_STORED)

    def essence(self) -> "Case":
        """The same without what changes no decision by itself, to tell news from noise."""
        return replace(self, version=0, alert=None)

    def trimmed(self) -> "Case":
        """The same without what only an unfinished one needs."""
        if not self.finished:
            return self
        return replace(self, marks=tuple(mark for mark in self.marks if mark.type == FINISHED), target=None)


@dataclass(frozen=True, slots=True)
class JobView:
    """The Job of one attempt. `ended` says why it is over: Complete, or the reason of its failure."""

    name: str
    uid: str
    created: datetime
    case_uid: str
    case_namespace: str
    case_name: str
    attempt: int
    tenant: str
    namespaces: frozenset[str]
    account: str = ""
    version: int = 0
    ready: int = 0
    deleting: bool = False
    ended: str = ""
    message: str = ""
    ended_at: datetime | None = None

    @property
    def live(self) -> bool:
        """Whether it may still have a pod that nobody has asked to stop."""
        return not self.ended and not self.deleting


@dataclass(frozen=True, slots=True)
class PodView:
    """The pod of an attempt, as far as it tells why the attempt did not go well."""

    name: str
    phase: str
    disruption: str = ""
    unschedulable: str = ""
    waiting: str = ""
    waiting_message: str = ""
    terminated: str = ""
    exit_code: int | None = None
    status_reason: str = ""
    deleting: bool = False


@dataclass(frozen=True, slots=True)
class NamespaceView:
    """One namespace and the label that puts it in a tenant."""

    name: str
    label: str
    created: datetime
    deleting: bool = False
    version: int = 0
