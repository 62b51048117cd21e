"""What the gateway measures of itself, in a registry of its own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import generate_latest

from casebook.api.investigation import InvestigationStatus
from casebook.api.spending import BILLIONTHS, Settled
from casebook.knowledge.recall import MEMORY

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_TOOK = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
_READS = (5.0, 7.0, 10.0, 14.0, 20.0, 30.0, 40.0, 60.0, 100.0, 200.0, 300.0)


def occurrence(number: int) -> str:
    """Which occurrence of a problem, in four groups: so many series and no more."""
    return str(number) if number <= 2 else "3-9" if number <= 9 else "10+"


class ModelMetrics:
    """What was asked of models and what it cost."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "casebook_model_calls", "Questions to models by what became of them.", ["outcome"], registry=registry
        )
        self._tokens = Counter(
            "casebook_model_tokens",
            "Tokens sent to models and answered by them.",
            ["endpoint", "kind"],
            registry=registry,
        )
        self._money = Counter(
            "casebook_model_money", "What models cost by the price table.", ["endpoint"], registry=registry
        )

    def asked(self, settled: Settled) -> None:
        """Count a call of a model and what it cost."""
        self._calls.labels(settled.outcome).inc()
        if settled.outcome == "answered":
            self._tokens.labels(settled.endpoint, "prompt").inc(settled.prompt_tokens or 0)
            self._tokens.labels(settled.endpoint, "completion").inc(settled.completion_tokens or 0)
            self._money.labels(settled.endpoint).inc((settled.money or 0) / BILLIONTHS)


class Metrics:
    """All metrics of one gateway process."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = CollectorRegistry()
        self._registry = registry
        self.alerts = Counter(
            "casebook_alerts", "Alert groups by what became of them.", ["receiver", "outcome"], registry=registry
        )
        self.created = Counter("casebook_investigations_created", "Investigations made for alerts.", registry=registry)
        self.reports = Counter("casebook_reports", "Reports taken, by verdict.", ["verdict"], registry=registry)
        self.effects = Counter(
            "casebook_memory_effects",
            "Memories in reports taken, by what they were to them.",
            ["role"],
            registry=registry,
        )
        self.reads = Histogram(
            "casebook_investigation_reads",
            "Reads that an investigation took, by which occurrence of its problem it is.",
            ["occurrence"],
            buckets=_READS,
            registry=registry,
        )
        self.took_seconds = Histogram(
            "casebook_investigation_seconds",
            "Time that an investigation took, by which occurrence of its problem it is.",
            ["occurrence"],
            buckets=_TOOK,
            registry=registry,
        )
        self.requests = Counter(
            "casebook_http_requests", "Requests answered.", ["route", "method", "status"], registry=registry
        )
        self.seconds = Histogram(
            "casebook_http_request_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=registry
        )
        self.busy = Gauge("casebook_alert_requests_in_flight", "Notifications being taken now.", registry=registry)
        self.store_up = Gauge(
            "casebook_trace_store_up", "Whether the trace store answered last (1) or not (0).", registry=registry
        )
        self.models = ModelMetrics(registry)
        self.outbound = Counter(
            "casebook_outbound",
            "Outbound notifications by what became of them.",
            ["receiver", "outcome"],
            registry=registry,
        )

    def took(self, status: InvestigationStatus) -> None:
        """Count a report that was just taken."""
        if status.report is None:
            return
        self.reports.labels(status.report.verdict.value).inc()
        for use in (one for one in status.report.knowledge if one.kind == MEMORY):
            self.effects.labels(use.role.value).inc()
        if status.recurrence:
            which, cost = occurrence(status.recurrence.occurrence), status.recurrence.cost
            self.reads.labels(which).observe(cost.observations)
            self.took_seconds.labels(which).observe(cost.milliseconds / 1000)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)
