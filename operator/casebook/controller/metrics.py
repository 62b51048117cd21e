"""The controller's metrics. No label takes a tenant's or an object's name, so their number is bounded."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

RUN_BUCKETS = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)

LESSON_BUCKETS = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics:
    """Instruments in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.queue_depth = Gauge(
            "casebook_queue_depth", "Investigations that wait for a slot.", ["severity"], registry=self.registry
        )
        self.runs = Gauge("casebook_runs", "Investigations by phase.", ["phase"], registry=self.registry)
        self.reconciles = Counter(
            "casebook_reconcile_total", "Reconciliations.", ["kind", "result"], registry=self.registry
        )
        self.reconcile_seconds = Histogram(
            "casebook_reconcile_seconds", "Time of one reconciliation.", ["kind"], registry=self.registry
        )
        self.attempts = Counter(
            "casebook_attempts_total", "Attempts that ended, by how.", ["outcome"], registry=self.registry
        )
        self.run_seconds = Histogram(
            "casebook_run_duration_seconds",
            "From the first attempt to the end of an investigation.",
            registry=self.registry,
            buckets=RUN_BUCKETS,
        )
        self.resync_age = Gauge(
            "casebook_resync_age_seconds", "Since the last complete resync.", registry=self.registry
        )
        self.lessons = Counter(
            "casebook_corrections_total", "Feedback acted on, by the memory's state.", ["state"], registry=self.registry
        )
        self.lesson_seconds = Histogram(
            "casebook_correction_effect_seconds",
            "From the write of a correction, in whole seconds, to its memory and replay.",
            registry=self.registry,
            buckets=LESSON_BUCKETS,
        )
        self.memories = Gauge("casebook_memories", "Memories by state.", ["state"], registry=self.registry)
        self.swept = Counter(
            "casebook_swept_jobs_total", "Jobs deleted because their Investigation is gone.", registry=self.registry
        )
        self.watch_restarts = Counter(
            "casebook_watch_restarts_total", "Watches started anew after an error.", ["watch"], registry=self.registry
        )
