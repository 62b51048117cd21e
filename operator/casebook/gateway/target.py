"""What an alert speaks of and how urgent it is, inferred from its labels alone."""

from collections.abc import Mapping

from casebook.api.enums import Severity
from casebook.api.meta import ObjectRef

# Owners before what they own: monitoring adds `pod` and `service` of the exporter itself to many alerts.
_KINDS = (
    ("deployment", "Deployment", "apps/v1"),
    ("statefulset", "StatefulSet", "apps/v1"),
    ("daemonset", "DaemonSet", "apps/v1"),
    ("cronjob", "CronJob", "batch/v1"),
    ("job_name", "Job", "batch/v1"),
    ("horizontalpodautoscaler", "HorizontalPodAutoscaler", "autoscaling/v2"),
    ("persistentvolumeclaim", "PersistentVolumeClaim", "v1"),
    ("ingress", "Ingress", "networking.k8s.io/v1"),
    ("poddisruptionbudget", "PodDisruptionBudget", "policy/v1"),
    ("pod", "Pod", "v1"),
    ("service", "Service", "v1"),
)
_BY_LABEL = {label: (kind, version) for label, kind, version in _KINDS}
_SEVERITIES = {
    "critical": Severity.CRITICAL,
    "crit": Severity.CRITICAL,
    "page": Severity.CRITICAL,
    "emergency": Severity.CRITICAL,
    "info": Severity.INFO,
    "informational": Severity.INFO,
    "none": Severity.INFO,
}


def severity(labels: Mapping[str, str]) -> Severity:
    """Critical for critical and page, Info for info, Warning for everything else and for no label at all."""
    return _SEVERITIES.get(labels.get("severity", "").strip().lower(), Severity.WARNING)


def target(labels: Mapping[str, str]) -> ObjectRef | None:
    """The object that the labels name, the owning workload rather than its pod; None if they name none."""
    workload = _BY_LABEL.get(labels.get("workload_type", "").lower())
    if workload and _is_name(labels.get("workload", "")):
        return ObjectRef(api_version=workload[1], kind=workload[0], name=labels["workload"])
    for label, kind, version in _KINDS:
        name = labels.get(label, "")
        if _is_name(name):
            return ObjectRef(api_version=version, kind=kind, name=name)
    return None


def _is_name(text: str) -> bool:
    """Whether it can be the name of an object (RFC 1123 subdomain)."""
    parts = text.split(".")
    return 0 < len(text) <= 253 and all(_is_label(part) for part in parts)


def _is_label(part: str) -> bool:
    allowed = "abcdefghijklmnopqrstuvwxyz0123456789-"
    return part != "" and not (part.startswith("-") or part.endswith("-")) and all(char in allowed for char in part)
