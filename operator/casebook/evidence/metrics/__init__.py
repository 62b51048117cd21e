"""What containers and nodes use now, from metrics.k8s.io."""

from casebook.evidence.metrics.source import MetricsSource

__all__ = ["MetricsSource"]
