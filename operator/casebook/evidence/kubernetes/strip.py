"""Takes out of an object what no cause rests on, and turns `managedFields` into who changed which field when."""

from collections.abc import Iterator, Mapping
from typing import Any

from casebook.evidence.redaction.objects import LAST_APPLIED

CHANGES_KEPT = frozenset(
    {
        *("ConfigMap", "Service", "Deployment", "StatefulSet", "DaemonSet", "HorizontalPodAutoscaler", "ResourceQuota"),
        *("LimitRange", "NetworkPolicy", "Ingress", "CronJob", "PersistentVolumeClaim"),
    }
)
"""Kinds that people configure: for these it matters who changed what."""

MAX_PATHS = 200
_VALUE_BYTES = 64 << 10


def strip(found: Mapping[str, Any]) -> dict[str, Any]:
    """A smaller copy: `metadata.managedFields` of the kept kinds are `{manager, operation, time, subresource, fields}`.

    `fields` are paths such as `spec.template.spec.containers[name=api].image`; at most 200 for one manager.
    """
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
        kept["managedFields"] = [_change(entry) for entry in metadata["managedFields"]]
    annotations = kept.get("annotations") or {}
    if not keep and LAST_APPLIED in annotations:
        kept["annotations"] = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
    return kept


def _change(entry: Mapping[str, Any]) -> dict[str, Any]:
    paths = [path for path, _ in zip(_paths(entry.get("fieldsV1") or {}, ""), range(MAX_PATHS), strict=False)]
    named = ("manager", "operation", "time", "subresource")
    return {key: entry[key] for key in named if entry.get(key)} | {"fields": paths}


def _paths(fields: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """The leaves of a `fieldsV1` tree as paths; `k:{"name":"api"}` becomes `[name=api]`."""
    below = [(key, value) for key, value in sorted(fields.items()) if key != "."]
    if not below and prefix:
        yield prefix
    for key, value in below:
        yield from _paths(value or {}, prefix + _step(key, prefix))


def _step(key: str, prefix: str) -> str:
    kind, _, rest = key.partition(":")
    if kind == "f":
        return f".{rest}" if prefix else rest
    return "[" + rest.strip("{}").replace('"', "").replace(":", "=") + "]"


def _clip(value: Any) -> Any:
    return value[:_VALUE_BYTES] if isinstance(value, str) else value
