"""From the API server's JSON to the views."""

from datetime import datetime
from sys import intern
from typing import Any

from pydantic import ValidationError

from casebook.api.base import EPOCH
from casebook.api.enums import Intent, Phase, ReplayStanding, Trigger
from casebook.api.investigation import InvestigationSpec
from casebook.api.meta import (
    ATTEMPT_LABEL,
    CLAIMED,
    NAME_ANNOTATION,
    NAMESPACE_ANNOTATION,
    TENANT_ANNOTATION,
    TENANT_LABEL,
    UID_LABEL,
)
from casebook.api.names import unplaced
from casebook.api.problems import explain
from casebook.api.report import RootCause
from casebook.controller import conditions
from casebook.controller.views import (
    NAMESPACES_ANNOTATION,
    AlertTimes,
    Case,
    JobView,
    NamespaceView,
    PodView,
    Target,
)


def moment(text: str | None) -> datetime | None:
    """A time as Kubernetes writes it."""
    return datetime.fromisoformat(text) if text else None


def case_of(raw: dict[str, Any]) -> Case:
    """The view of an Investigation as the API server holds it."""
    metadata, status = raw["metadata"], raw.get("status") or {}
    head = _head(metadata)
    try:
        asked = _spec(raw.get("spec") or {}, metadata["namespace"])
    except ValidationError as error:
        asked = {"unreadable": f"spec.{explain(error)}"}
    found = {**_status(status), **_found(status, metadata["namespace"]), "unlearned": _unlearned(raw)}
    return Case(**{**head, **asked, **found}).trimmed()


def _unlearned(raw: dict[str, Any]) -> int:
    """Feedback entries that are in no lesson, and lessons whose replay is still to be made."""
    lessons = (raw.get("status") or {}).get("lessons") or []
    done = {lesson.get("feedbackId") for lesson in lessons if lesson.get("replay") != ReplayStanding.PENDING.value}
    entries = (raw.get("spec") or {}).get("feedback") or []
    return sum(entry.get("id") not in done for entry in entries)


def _head(metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "namespace": intern(metadata["namespace"]),
        "name": metadata["name"],
        "uid": metadata["uid"],
        "created": moment(metadata.get("creationTimestamp")) or EPOCH,
        "generation": int(metadata.get("generation", 1)),
        "version": _version(metadata),
        "deleting": "deletionTimestamp" in metadata,
    }


def _spec(raw: dict[str, Any], namespace: str) -> dict[str, Any]:
    spec = InvestigationSpec.model_validate(raw)
    target = spec.target
    return {
        "severity": spec.severity,
        "cancelled": spec.intent is Intent.CANCEL,
        "seconds": spec.budget.seconds,
        "ttl": spec.ttl_seconds_after_finished,
        "target": Target(target.api_version, target.kind, target.place or namespace, target.name)
        if target is not None
        else None,
        "window": (spec.window.start, spec.window.end) if spec.window is not None else None,
        "alert": AlertTimes() if spec.trigger is Trigger.ALERT else None,
    }


def _status(status: dict[str, Any]) -> dict[str, Any]:
    seen = status.get("alert")
    marks = conditions.read(status.get("conditions") or [])
    attempt = int(status.get("attempt", 0))
    claim = conditions.find(marks, CLAIMED)
    fields: dict[str, Any] = {
        "phase": Phase(status["phase"]) if status.get("phase") else None,
        "attempt": attempt,
        "claimed": claim is not None and claim.reason == f"Attempt{attempt}",
        "started": moment(status.get("startedAt")),
        "finished_at": moment(status.get("finishedAt")),
        "marks": tuple(mark for mark in marks if mark.type in conditions.TOLD),
        "headline": _headline(status) if status.get("report") else "",
        "likened": "similar" in status,
    }
    if seen:
        fields["alert"] = AlertTimes(moment(seen.get("lastSeenAt")), moment(seen.get("resolvedAt")))
    return fields


def _found(status: dict[str, Any], namespace: str) -> dict[str, Any]:
    """The root causes, and of which incident they are; no root causes where their objects are not wholly named."""
    report, followers = status.get("report") or {}, status.get("followers") or {}
    checked, explained = report.get("explainedBy"), status.get("explainedBy")
    causes = [RootCause.model_validate(one) for one in report.get("rootCauses") or []]
    whole = all(one.entity for one in causes)
    return {
        "roots": frozenset(intern(f"{one.cause} {one.entity}") for one in causes if whole),
        "began": max((one.since for one in causes if one.since), default=None),
        "checked": unplaced(checked, namespace) if checked else None,
        "explained_by": unplaced(explained, namespace) if explained else None,
        "followers": (int(followers.get("count", 0)), tuple(followers.get("names") or ())),
    }


def _headline(status: dict[str, Any]) -> str:
    verdict = status.get("verdict") or status["report"].get("verdict", "")
    if not status.get("cause"):
        return str(verdict)
    head = (status.get("report") or {}).get("explainedBy")
    told = f", explained by {head}" if head else ""
    return f"{verdict}: {status['cause']} on {status.get('object', '?')} ({status.get('confidencePercent', 0)} %){told}"


def job_of(raw: dict[str, Any]) -> JobView:
    """The view of an agent's Job."""
    metadata, status = raw["metadata"], raw.get("status") or {}
    labels, notes = metadata.get("labels") or {}, metadata.get("annotations") or {}
    end = _job_end(status)
    attempt = labels.get(ATTEMPT_LABEL, "")
    return JobView(
        name=metadata["name"],
        uid=metadata["uid"],
        created=moment(metadata.get("creationTimestamp")) or EPOCH,
        case_uid=labels.get(UID_LABEL, ""),
        case_namespace=notes.get(NAMESPACE_ANNOTATION, ""),
        case_name=notes.get(NAME_ANNOTATION, ""),
        attempt=int(attempt) if attempt.isdecimal() else 0,
        tenant=notes.get(TENANT_ANNOTATION, ""),
        namespaces=frozenset(filter(None, notes.get(NAMESPACES_ANNOTATION, "").split(","))),
        account=raw.get("spec", {}).get("template", {}).get("spec", {}).get("serviceAccountName", ""),
        version=_version(metadata),
        ready=int(status.get("ready") or 0),
        deleting="deletionTimestamp" in metadata,
        **end,
    )


def _job_end(status: dict[str, Any]) -> dict[str, Any]:
    for condition in status.get("conditions") or []:
        if condition.get("type") in {"Complete", "Failed"} and condition.get("status") == "True":
            complete = condition["type"] == "Complete"
            return {
                "ended": "Complete" if complete else str(condition.get("reason") or "Failed"),
                "message": str(condition.get("message", ""))[:500],
                "ended_at": moment(condition.get("lastTransitionTime")),
            }
    return {}


def pod_of(raw: dict[str, Any]) -> PodView:
    """The view of an agent's pod."""
    metadata, status = raw["metadata"], raw.get("status") or {}
    facts = {condition.get("type"): condition for condition in status.get("conditions") or []}
    disrupted, scheduled = facts.get("DisruptionTarget", {}), facts.get("PodScheduled", {})
    container = (status.get("containerStatuses") or [{}])[0].get("state") or {}
    waiting, terminated = container.get("waiting") or {}, container.get("terminated") or {}
    return PodView(
        name=metadata["name"],
        phase=str(status.get("phase", "")),
        disruption=str(disrupted.get("reason", "")) if disrupted.get("status") == "True" else "",
        unschedulable=str(scheduled.get("message", ""))[:500] if scheduled.get("status") == "False" else "",
        waiting=str(waiting.get("reason", "")),
        waiting_message=str(waiting.get("message", ""))[:500],
        terminated=str(terminated.get("reason", "")),
        exit_code=terminated.get("exitCode"),
        status_reason=str(status.get("reason", "")),
        deleting="deletionTimestamp" in metadata,
    )


def namespace_of(raw: dict[str, Any]) -> NamespaceView:
    """The view of a namespace."""
    metadata = raw["metadata"]
    return NamespaceView(
        name=metadata["name"],
        label=(metadata.get("labels") or {}).get(TENANT_LABEL, ""),
        created=moment(metadata.get("creationTimestamp")) or EPOCH,
        deleting="deletionTimestamp" in metadata,
        version=_version(metadata),
    )


def _version(metadata: dict[str, Any]) -> int:
    # Kubernetes promises since 1.35 that resource versions compare as integers; etcd's always did.
    text = str(metadata.get("resourceVersion", "0"))
    return int(text) if text.isdecimal() else 0
