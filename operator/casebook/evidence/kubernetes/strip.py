"""Takes out of an object what no cause rests on."""

from collections.abc import Mapping
from typing import Any

from casebook.analysis.fields import LAST_APPLIED
from casebook.evidence.redaction import redact_text

CHANGES_KEPT = frozenset(
    {
        *("ConfigMap", "Service", "Deployment", "StatefulSet", "DaemonSet", "HorizontalPodAutoscaler", "ResourceQuota"),
        *("LimitRange", "NetworkPolicy", "Ingress", "CronJob", "PersistentVolumeClaim"),
        *("PodDisruptionBudget", "Role", "RoleBinding"),
    }
)
"""Kinds that people configure: for these it matters who changed what."""

_VALUE_LENGTH = 64 << 10


def strip(found: Mapping[str, Any]) -> dict[str, Any]:
    """A smaller copy. Of `metadata.managedFields` the writes to the spec stay, for the kinds that people configure."""
    stripped = dict(found)
    stripped["metadata"] = _metadata(found.get("metadata") or {}, keep=found.get("kind") in CHANGES_KEPT)
    if found.get("kind") == "ConfigMap":
        stripped.pop("binaryData", None)
        stripped["data"] = {key: _clip(value) for key, value in (found.get("data") or {}).items()}
    if found.get("kind") == "Node":
        stripped["status"] = {key: value for key, value in (found.get("status") or {}).items() if key != "images"}
    return stripped


def _metadata(metadata: Mapping[str, Any], *, keep: bool) -> dict[str, Any]:
    kept = {key: value for key, value in metadata.items() if key not in ("managedFields", "selfLink")}
    if keep and metadata.get("managedFields"):
        entries = [entry for entry in metadata["managedFields"] if entry.get("subresource") != "status"]
        kept["managedFields"] = [_change(entry) for entry in entries]
    annotations = kept.get("annotations") or {}
    if not keep and LAST_APPLIED in annotations:
        kept["annotations"] = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
    return kept


def _change(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("manager", "operation", "time", "subresource", "fieldsV1") if entry.get(key)}


def _clip(value: Any) -> Any:
    if not isinstance(value, str) or len(value) <= _VALUE_LENGTH:
        return value
    return redact_text(value)[:_VALUE_LENGTH]
