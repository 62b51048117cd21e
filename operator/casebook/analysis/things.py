"""Entities and citations: what an observation speaks of, and how a finding points back at it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from casebook.analysis.access import dig, listed, mapping, moment, strings, text

KINDS = {
    "pods": "Pod",
    "services": "Service",
    "configmaps": "ConfigMap",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "persistentvolumes": "PersistentVolume",
    "resourcequotas": "ResourceQuota",
    "limitranges": "LimitRange",
    "serviceaccounts": "ServiceAccount",
    "namespaces": "Namespace",
    "nodes": "Node",
    "endpoints": "Endpoints",
    "deployments.apps": "Deployment",
    "replicasets.apps": "ReplicaSet",
    "controllerrevisions.apps": "ControllerRevision",
    "statefulsets.apps": "StatefulSet",
    "daemonsets.apps": "DaemonSet",
    "jobs.batch": "Job",
    "cronjobs.batch": "CronJob",
    "horizontalpodautoscalers.autoscaling": "HorizontalPodAutoscaler",
    "poddisruptionbudgets.policy": "PodDisruptionBudget",
    "networkpolicies.networking.k8s.io": "NetworkPolicy",
    "ingresses.networking.k8s.io": "Ingress",
    "ingressclasses.networking.k8s.io": "IngressClass",
    "endpointslices.discovery.k8s.io": "EndpointSlice",
    "storageclasses.storage.k8s.io": "StorageClass",
    "priorityclasses.scheduling.k8s.io": "PriorityClass",
    "validatingwebhookconfigurations.admissionregistration.k8s.io": "ValidatingWebhookConfiguration",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": "MutatingWebhookConfiguration",
    "apiservices.apiregistration.k8s.io": "APIService",
    "roles.rbac.authorization.k8s.io": "Role",
    "rolebindings.rbac.authorization.k8s.io": "RoleBinding",
    "clusterroles.rbac.authorization.k8s.io": "ClusterRole",
    "clusterrolebindings.rbac.authorization.k8s.io": "ClusterRoleBinding",
}
RESOURCES = {kind: resource for resource, kind in KINDS.items()}

EXCERPT_CHARS = 900


class Ref(NamedTuple):
    """Identity of an entity; cluster-scoped ones have no namespace, `External` ones are host names."""

    kind: str
    namespace: str
    name: str

    def label(self, home: str = "") -> str:
        """`Kind/name`, or `Kind/namespace/name` where the namespace is not `home`."""
        place = f"{self.namespace}/" if self.namespace and self.namespace != home else ""
        return f"{self.kind}/{place}{self.name}"


class Cite(NamedTuple):
    """A pointer to one observation, with the excerpt that a claim rests on."""

    observation: str
    excerpt: str


def shown(value: Any) -> str:
    """A JSON value as a person would write it in a sentence."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) or "{}"
    if isinstance(value, list):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return '""' if value == "" else "null" if value is None else text(value)


@dataclass(frozen=True, slots=True)
class Thing:
    """One Kubernetes object as it was observed."""

    ref: Ref
    raw: dict[str, Any] = field(repr=False, compare=False)
    source: str

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        return strings(self.raw, "metadata", "labels")

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations."""
        return strings(self.raw, "metadata", "annotations")

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return moment(self.raw, "metadata", "creationTimestamp")

    def owner(self) -> Ref | None:
        """Its controller, by the owner reference."""
        owners = listed(self.raw, "metadata", "ownerReferences")
        for owner in sorted(owners, key=lambda item: item.get("controller") is not True):
            if text(owner, "kind") and text(owner, "name"):
                return Ref(text(owner, "kind"), self.ref.namespace, text(owner, "name"))
        return None

    def cite(self, *path: str | int, note: str = "") -> Cite:
        """A citation of one field of it; `note` adds what the reader should see in it."""
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
        said = f" {where} = {shown(dig(self.raw, *path))}" if path else ""
        return Cite(self.source, clip(f"{self.ref.label(self.ref.namespace)}{said}{f' ({note})' if note else ''}"))

    def say(self, note: str) -> Cite:
        """A citation of it in own words."""
        return Cite(self.source, clip(f"{self.ref.label(self.ref.namespace)}: {note}"))

    def spec(self, *path: str | int) -> Any:
        """A value of its spec."""
        return dig(mapping(self.raw, "spec"), *path)


def clip(said: str, limit: int = EXCERPT_CHARS) -> str:
    """The text cut to a length, with an ellipsis where something is missing."""
    return said if len(said) <= limit else said[: limit - 1] + "…"


def thing_of(raw: dict[str, Any], resource: str, source: str) -> Thing | None:
    """The entity that a raw object is, or None where it has no name."""
    name = text(raw, "metadata", "name")
    kind = text(raw, "kind") or KINDS.get(resource, "")
    return Thing(Ref(kind, text(raw, "metadata", "namespace"), name), raw, source) if name and kind else None
