"""Builders of every object that the controller makes. Pure; each name is a function of what the object is for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from casebook.api.base import API_VERSION, timestamp
from casebook.api.meta import (
    ATTEMPT_LABEL,
    GATEWAY_AUDIENCE,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    NAME_ANNOTATION,
    NAMESPACE_ANNOTATION,
    ROLE_LABEL,
    TENANT_ANNOTATION,
    UID_LABEL,
)
from casebook.api.names import digest, reader_name, run_name
from casebook.controller.plan import Emit, WriteStatus
from casebook.controller.tenancy import Binding
from casebook.controller.views import NAMESPACES_ANNOTATION, Case

Manifest = dict[str, Any]

TOKEN_FOLDER = "/var/run/secrets/casebook"  # noqa: S105 - a path, not a secret
USER = 65532
READER_ROLE = "reader"
COMPONENT = f"{API_VERSION.split('/')[0]}/controller"
NOTE_LIMIT = 1024
# As many as a run may look at; their names stay far below what annotations may hold.
NAMESPACES_LIMIT = 1000


@dataclass(frozen=True)
class AgentSettings:
    """What every agent's Job has in common."""

    namespace: str
    image: str
    pull_policy: str
    gateway_url: str
    resources: dict[str, Any]
    grace: int
    ttl: int


def job(case: Case, attempt: int, tenant: str, namespaces: Iterable[str], agent: AgentSettings) -> Manifest:
    """The Job of one attempt: one pod, never replaced by the Job itself, gone after its deadline."""
    labels = {
        MANAGED_BY_LABEL: MANAGED_BY,
        ROLE_LABEL: "agent",
        UID_LABEL: case.uid,
        ATTEMPT_LABEL: str(attempt),
    }
    notes = {NAMESPACE_ANNOTATION: case.namespace, NAME_ANNOTATION: case.name, TENANT_ANNOTATION: tenant}
    scope = {NAMESPACES_ANNOTATION: ",".join(sorted(namespaces)[:NAMESPACES_LIMIT])}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": run_name(case.uid, attempt),
            "namespace": agent.namespace,
            "labels": labels,
            "annotations": {**notes, **scope},
        },
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "podReplacementPolicy": "Failed",
            "activeDeadlineSeconds": case.seconds + agent.grace,
            "ttlSecondsAfterFinished": agent.ttl,
            "podFailurePolicy": {"rules": _failure_rules()},
            "template": {
                "metadata": {"labels": labels, "annotations": notes},
                "spec": _pod(reader_name(tenant), agent),
            },
        },
    }


def _failure_rules() -> list[Manifest]:
    """They change nothing of the Job's end; they write into its condition why, which outlives the pod."""
    return [
        {"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "FailJob", "onExitCodes": {"containerName": "agent", "operator": "In", "values": [137]}},
    ]


def _pod(account: str, agent: AgentSettings) -> Manifest:
    return {
        "serviceAccountName": account,
        # The agent reads with its reader's token; the account itself mounts none by default.
        "automountServiceAccountToken": True,
        "restartPolicy": "Never",
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 10,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(agent)],
        "volumes": [
            {
                "name": "gateway-token",
                "projected": {
                    "sources": [
                        {
                            "serviceAccountToken": {
                                "audience": GATEWAY_AUDIENCE,
                                "expirationSeconds": 3600,
                                "path": "token",
                            }
                        }
                    ]
                },
            },
            {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    }


def _container(agent: AgentSettings) -> Manifest:
    return {
        "name": "agent",
        "image": agent.image,
        "imagePullPolicy": agent.pull_policy,
        "command": ["casebook", "agent"],
        "env": [
            {"name": "CASEBOOK_GATEWAY_URL", "value": agent.gateway_url},
            {"name": "CASEBOOK_GATEWAY_TOKEN_FILE", "value": f"{TOKEN_FOLDER}/token"},
        ],
        "resources": agent.resources,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "gateway-token", "mountPath": TOKEN_FOLDER, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
        ],
    }


def reader(name: str, tenant: str, namespace: str) -> Manifest:
    """The ServiceAccount that reads for a tenant; only the agents' pods get its token, by asking for it."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {MANAGED_BY_LABEL: MANAGED_BY, ROLE_LABEL: READER_ROLE},
            "annotations": {TENANT_ANNOTATION: tenant},
        },
        "automountServiceAccountToken": False,
    }


def role_binding(binding: Binding, namespace: str) -> Manifest:
    """A RoleBinding in a tenant's namespace."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": binding.name, "namespace": namespace, "labels": {MANAGED_BY_LABEL: MANAGED_BY}},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": binding.role},
        "subjects": [{"kind": "ServiceAccount", "name": binding.account, "namespace": binding.account_namespace}],
    }


def status(case: Case, write: WriteStatus) -> Manifest:
    """What server-side apply takes: everything that the controller owns, whether it changes or not."""
    times = {"startedAt": write.started, "finishedAt": write.finished}
    return {
        "metadata": {
            "name": case.name,
            "namespace": case.namespace,
            "uid": case.uid,
            "resourceVersion": str(case.version),
        },
        "status": {
            "observedGeneration": case.generation,
            "phase": write.phase.value,
            "attempt": write.attempt,
            "conditions": [mark.wire() for mark in write.marks],
            **{name: timestamp(at) for name, at in times.items() if at is not None},
        },
    }


class Regarding(NamedTuple):
    """The object that an Event is about."""

    kind: str
    namespace: str
    name: str
    uid: str


def event(case: Case, emit: Emit, now: datetime, instance: str) -> Manifest:
    """A Kubernetes Event about an Investigation; telling the same again meets the same name."""
    about = Regarding("Investigation", case.namespace, case.name, case.uid)
    return event_on(about, emit, emit.reason, "Investigate", now, instance)


def event_on(about: Regarding, emit: Emit, identity: str, action: str, now: datetime, instance: str) -> Manifest:
    """A Kubernetes Event about an object; `identity` tells it from others about the same object."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{about.name[:200]}.{digest(f'{about.uid}/{identity}', 16)}",
            "namespace": about.namespace,
            "labels": {MANAGED_BY_LABEL: MANAGED_BY},
        },
        "regarding": {"apiVersion": API_VERSION, **about._asdict()},
        "reason": emit.reason,
        "note": emit.note[:NOTE_LIMIT],
        "type": "Warning" if emit.warning else "Normal",
        "action": action,
        "eventTime": now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "reportingController": COMPONENT,
        "reportingInstance": instance[:128],
    }
