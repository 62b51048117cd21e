"""Builders of the controller's inputs; every field has a value that decides nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from casebook.api.meta import FINISHED, QUEUED, RUNNING, SUCCEEDED, TRACE_STORED
from casebook.controller.conditions import FALSE, TRUE, UNKNOWN, Mark
from casebook.controller.decide import Inputs, Policy, Slot
from casebook.controller.tenancy import Domain, Tenants
from casebook.controller.views import Case, JobView, NamespaceView

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
UID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
DOMAIN = Domain("casebook-system", "casebook-runs", frozenset({"kube-system"}))
POLICY = Policy(
    attempts=3,
    backoff=10,
    grace=60,
    start=120,
    ttl=3600,
    max_running=10,
    max_running_per_tenant=3,
    runs_namespace="casebook-runs",
)
TYPES = {"queued": QUEUED, "running": RUNNING, "succeeded": SUCCEEDED, "finished": FINISHED, "trace": TRACE_STORED}
STATUS = {"True": TRUE, "False": FALSE, "Unknown": UNKNOWN}


def ago(seconds: float) -> datetime:
    """So long before NOW."""
    return NOW - timedelta(seconds=seconds)


def namespace(name: str, label: str = "", created: datetime | None = None) -> NamespaceView:
    return NamespaceView(name, label, created or ago(86_400), version=1)


def tenants(*namespaces: NamespaceView) -> Tenants:
    """The tenants of these namespaces, `team-a` of its own where none are given."""
    given = namespaces or (namespace("team-a"), namespace("team-b"), namespace("kube-system"))
    return Tenants.derive((*given, namespace("casebook-system"), namespace("casebook-runs")), DOMAIN)


def case(**fields: Any) -> Case:
    """An Investigation in team-a; `running="True/Reason"` and the like set its conditions."""
    marks = []
    for name, type_ in TYPES.items():
        if name in fields:
            status, _, reason = str(fields.pop(name)).partition("/")
            marks.append(Mark(type_, STATUS[status], reason or "Said", "", ago(60), 1))
    base = Case(namespace="team-a", name="why", uid=UID, created=ago(600), marks=tuple(marks))
    return replace(base, **fields)


def started(attempt: int = 1, **fields: Any) -> Case:
    """An Investigation whose attempt has been started."""
    return case(**{"running": "True/Started", "started": ago(300), "attempt": attempt, **fields})


def job(attempt: int = 1, **fields: Any) -> JobView:
    """The Job of an attempt of that Investigation: running, well."""
    base = JobView(
        name=f"run-0a1b2c3d4e5f-{attempt}",
        uid=f"job-{attempt}",
        created=ago(30),
        case_uid=UID,
        case_namespace="team-a",
        case_name="why",
        attempt=attempt,
        tenant="ns:team-a",
        namespaces=frozenset({"team-a"}),
        version=1,
        ready=1,
    )
    return replace(base, **fields)


def inputs(of: Case, **fields: Any) -> Inputs:
    """What a decision about it rests on."""
    base = Inputs(case=of, tenants=tenants(), policy=POLICY, now=NOW, slot=Slot.UNASKED)
    return replace(base, **fields)
