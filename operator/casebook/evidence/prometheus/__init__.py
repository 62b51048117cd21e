"""What was measured over time, from a store that speaks the Prometheus HTTP API."""

from casebook.evidence.prometheus.client import BadStore, PrometheusClient, Store
from casebook.evidence.prometheus.source import PrometheusSource

__all__ = ["BadStore", "PrometheusClient", "PrometheusSource", "Store"]
