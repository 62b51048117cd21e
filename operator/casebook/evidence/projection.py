"""Cluster-scoped objects as a tenant may see them: field by field from an allow-list, what is left out named.

Pure functions of the objects. What is not in the list does not exist for a tenant: no addresses, no images, nobody
else's claims, no parameters of a driver.
"""

import ssl
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from casebook.analysis.access import quantity
from casebook.api.base import timestamp

Object = Mapping[str, Any]
NODES = "nodes"
REQUESTED = ("cpu", "memory", "ephemeral-storage")

_METADATA = ("name", "uid", "creationTimestamp", "deletionTimestamp", "labels")
_ANNOTATIONS = ("storageclass.kubernetes.io/is-default-class", "ingressclass.kubernetes.io/is-default-class")


@dataclass(frozen=True)
class Projection:
    """The objects that a tenant may see, and in words what was withheld of them."""

    items: list[dict[str, Any]]
    withheld: list[str]


def project(resource: str, objects: Iterable[Object], namespaces: Collection[str]) -> Projection:
    """The projection of objects of one resource for the tenant of these namespaces.

    Raises `KeyError` for a resource that is not in `PROJECTED`.
    """
    kind = PROJECTED[resource]
    items = [_metadata(item) | kind.fields(item) for item in objects if kind.visible(item, namespaces)]
    return Projection(items, [kind.withheld])


def requested(pods: Iterable[Object]) -> dict[str, dict[str, str]]:
    """The summed requests of the pods on each node: cores and bytes as plain quantities, and how many pods.

    Per pod the larger of its largest init container and the sum of its containers, with its overhead, as the scheduler
    counts.
    """
    sums: dict[str, dict[str, float]] = {}
    for pod in pods:
        spec, phase = pod.get("spec") or {}, (pod.get("status") or {}).get("phase")
        if not spec.get("nodeName") or phase in ("Succeeded", "Failed"):
            continue
        node = sums.setdefault(spec["nodeName"], dict.fromkeys((*REQUESTED, "pods"), 0.0))
        node["pods"] += 1
        for name in REQUESTED:
            node[name] += _request(spec, name)
    return {node: {name: f"{value:.10g}" for name, value in total.items()} for node, total in sums.items()}


def _request(spec: Object, name: str) -> float:
    containers = sum(_of(container, name) for container in spec.get("containers") or [])
    inits = spec.get("initContainers") or []
    sidecars = sum(_of(container, name) for container in inits if container.get("restartPolicy") == "Always")
    largest = max((_of(container, name) for container in inits), default=0.0)
    return max(containers + sidecars, largest) + (quantity(spec, "overhead", name) or 0.0)


def _of(container: Object, name: str) -> float:
    return quantity(container, "resources", "requests", name) or 0.0


def _metadata(item: Object) -> dict[str, Any]:
    metadata = item.get("metadata") or {}
    annotations = _pick(metadata.get("annotations"), *_ANNOTATIONS)
    kept = _pick(metadata, *_METADATA) | ({"annotations": annotations} if annotations else {})
    return {"apiVersion": item.get("apiVersion", ""), "kind": item.get("kind", ""), "metadata": kept}


def _pick(item: Any, *names: str) -> dict[str, Any]:
    return {name: item[name] for name in names if name in item} if isinstance(item, Mapping) else {}


def _node(item: Object) -> dict[str, Any]:
    status = item.get("status") or {}
    conditions = [
        _pick(found, "type", "status", "reason", "message", "lastHeartbeatTime", "lastTransitionTime")
        for found in status.get("conditions") or []
    ]
    kept = {**_pick(status, "allocatable", "capacity"), "conditions": conditions}
    return {"spec": _pick(item.get("spec"), "taints", "unschedulable"), "status": kept}


def _volume(item: Object) -> dict[str, Any]:
    spec = item.get("spec") or {}
    names = (
        "capacity",
        "accessModes",
        "storageClassName",
        "persistentVolumeReclaimPolicy",
        "volumeMode",
        "nodeAffinity",
    )
    claim = _pick(spec.get("claimRef"), "namespace", "name", "uid")
    return {
        "spec": {**_pick(spec, *names), "claimRef": claim},
        "status": _pick(item.get("status"), "phase", "reason", "message"),
    }


def _storage_class(item: Object) -> dict[str, Any]:
    names = ("provisioner", "reclaimPolicy", "volumeBindingMode", "allowVolumeExpansion", "allowedTopologies")
    return _pick(item, *names)


def _ingress_class(item: Object) -> dict[str, Any]:
    return {"spec": _pick(item.get("spec"), "controller")}


def _priority_class(item: Object) -> dict[str, Any]:
    return _pick(item, "value", "globalDefault", "preemptionPolicy", "description")


def _api_service(item: Object) -> dict[str, Any]:
    # The message of a condition tells the address that was tried.
    conditions = [
        _pick(found, "type", "status", "reason", "lastTransitionTime")
        for found in (item.get("status") or {}).get("conditions") or []
    ]
    return {"spec": _pick(item.get("spec"), "group", "version"), "status": {"conditions": conditions}}


def _webhooks(item: Object) -> dict[str, Any]:
    names = ("name", "rules", "failurePolicy", "matchPolicy", "namespaceSelector", "objectSelector", "timeoutSeconds")
    webhooks = item.get("webhooks") or []
    return {
        "webhooks": [
            {**_pick(found, *names), "caBundle": ca_validity((found.get("clientConfig") or {}).get("caBundle", ""))}
            for found in webhooks
        ]
    }


def ca_validity(bundle: str) -> list[dict[str, str]]:
    """The validity of each CA certificate of a base64 PEM bundle; empty where there is none to be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=b64decode(bundle, validate=True).decode("ascii"))
    except (NotBase64, ValueError, ssl.SSLError):
        return []
    return [
        {"notBefore": _certificate_time(found["notBefore"]), "notAfter": _certificate_time(found["notAfter"])}
        for found in context.get_ca_certs()
    ]


def _certificate_time(text: object) -> str:
    return timestamp(datetime.fromtimestamp(ssl.cert_time_to_seconds(str(text)), UTC))


def _everyone(_item: Object, _namespaces: Collection[str]) -> bool:
    return True


def _claimed_by_tenant(item: Object, namespaces: Collection[str]) -> bool:
    claim = (item.get("spec") or {}).get("claimRef") or {}
    return claim.get("namespace") in namespaces


@dataclass(frozen=True)
class _Kind:
    fields: Callable[[Object], dict[str, Any]]
    withheld: str
    visible: Callable[[Object, Collection[str]], bool] = _everyone


_WEBHOOKS = _Kind(_webhooks, "where the webhooks are served")

PROJECTED: Mapping[str, _Kind] = {
    NODES: _Kind(_node, "addresses, images, annotations and pods of nodes"),
    "persistentvolumes": _Kind(_volume, "volumes of others, and where volumes are stored", _claimed_by_tenant),
    "storageclasses.storage.k8s.io": _Kind(_storage_class, "parameters of storage classes"),
    "ingressclasses.networking.k8s.io": _Kind(_ingress_class, "parameters of ingress classes"),
    "priorityclasses.scheduling.k8s.io": _Kind(_priority_class, "annotations of priority classes"),
    "apiservices.apiregistration.k8s.io": _Kind(_api_service, "where API services are served"),
    "validatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
}
"""What may be asked for, and what is left out of it, in words."""


def names() -> Sequence[str]:
    """The resources that are projected."""
    return sorted(PROJECTED)
