"""Objects of the Kubernetes API, stripped to what an investigation can use."""

from casebook.evidence.kubernetes.source import KubernetesSource

__all__ = ["KubernetesSource"]
