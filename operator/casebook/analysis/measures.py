"""What the names of metrics can tell: conventions for rates, errors, durations and use, as PromQL to paste."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

WINDOW = "3m"
"""Span of a rate: long enough for two scrapes a minute apart and one that fails."""

WHO = "namespace, deployment, statefulset, app, service, job, container"
"""Labels that tell whose a series is; those that it does not have fall away."""

TRAFFIC = (
    r"http_requests_total", r"http_server_requests_seconds_count", r"http_server_request_duration_seconds_count",
    r"http_server_requests_total", r"http_request_duration_seconds_count", r"[a-z_]*http_requests_total",
    r"istio_requests_total", r"grpc_server_handled_total", r"[a-z_]+_requests_total",
)  # fmt: skip
LATENCY = (
    r"http_server_request_duration_seconds", r"http_server_requests_seconds", r"http_request_duration_seconds",
    r"[a-z_]*request_duration_seconds", r"grpc_server_handling_seconds",
)  # fmt: skip
BACKLOG = (
    r"queue_depth", r"rabbitmq_queue_messages_ready", r"kafka_consumergroup_lag", r"[a-z_]*consumer_lag",
    r"[a-z_]*queue_(?:depth|length|size|messages)", r"[a-z_]*backlog(?:_size)?",
)  # fmt: skip
DONE = (
    r"[a-z_]*(?:jobs|orders|messages|tasks|events)_(?:done|processed|consumed|completed|finished)_total",
    r"[a-z_]+_(?:processed|consumed)_total",
)  # fmt: skip
FAILED = {
    "http_server_requests_seconds_count": ('status=~"5.."',),
    "http_server_request_duration_seconds_count": ('http_response_status_code=~"5.."',),
    "istio_requests_total": ('response_code=~"5.."',),
    "grpc_server_handled_total": ('grpc_code=~"Unknown|DeadlineExceeded|Internal|Unavailable|DataLoss"',),
}
"""How exporters mark a request that the server failed."""
USUALLY_FAILED = ('code=~"5.."', 'status=~"5.."', 'status_code=~"5.."')
"""How all others do; what a metric does not carry finds nothing."""

ADDED_UP = frozenset({"traffic", "errors", "done"})
"""Measures of which a workload's series are added up: where some are missing, the sum says nothing."""


class Measure(NamedTuple):
    """One thing to measure, and the expression that does."""

    name: str
    expression: str


def measures(names: Iterable[str], namespace: str, *, by_pod: bool) -> list[Measure]:
    """What these metrics can tell of a namespace, in a fixed order; a name that no convention knows tells nothing.

    With `by_pod` pods are told apart too: some exporters give no other label, but of many pods that is many series.
    """
    known = sorted(set(names))
    place, who = f'namespace="{namespace}"', f"{WHO}, pod" if by_pod else WHO
    return [*_requests(known, place, who), *_use(known, place, who), *_backlog(known, place, who)]


def _requests(names: Sequence[str], place: str, who: str) -> Iterator[Measure]:
    counter = _first(TRAFFIC, names)
    if counter:
        yield Measure("traffic", f"sum by ({who}) (rate({counter}{{{place}}}[{WINDOW}]))")
        failed = " or ".join(
            f"rate({counter}{{{place},{wrong}}}[{WINDOW}])" for wrong in FAILED.get(counter, USUALLY_FAILED)
        )
        yield Measure("errors", f"sum by ({who}) ({failed})")
    timer = next((base for base in _bases(names) if f"{base}_count" in names), "")
    if timer:
        parts = [f"sum by ({who}) (rate({timer}_{part}{{{place}}}[{WINDOW}]))" for part in ("sum", "count")]
        yield Measure("latency", " / ".join(parts))


def _use(names: Sequence[str], place: str, who: str) -> Iterator[Measure]:
    containers = f'{place},container!="",container!="POD"'
    throttled, periods = "container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total"
    if throttled in names and periods in names:
        parts = [f"sum by (pod, container) (rate({name}{{{containers}}}[{WINDOW}]))" for name in (throttled, periods)]
        yield Measure("throttling", " / ".join(parts))
    if "container_memory_working_set_bytes" in names:
        yield Measure("memory", f"max by (pod, container) (container_memory_working_set_bytes{{{containers}}})")
    elif "process_resident_memory_bytes" in names:
        yield Measure("memory", f"max by ({who}) (process_resident_memory_bytes{{{place}}})")
    if "up" in names:
        yield Measure("scrapes", f"min by ({who}) (up{{{place}}})")


def _backlog(names: Sequence[str], place: str, who: str) -> Iterator[Measure]:
    gauge = _first(BACKLOG, names)
    if gauge:
        yield Measure("backlog", f"max by ({who}) ({gauge}{{{place}}})")
        done = _first(DONE, names)
        if done:
            yield Measure("done", f"sum by ({who}) (rate({done}{{{place}}}[{WINDOW}]))")


def _first(patterns: Iterable[str], names: Sequence[str]) -> str:
    """The first name that the earliest of the patterns fits."""
    return next((name for pattern in patterns for name in names if re.fullmatch(pattern, name)), "")


def _bases(names: Sequence[str]) -> Iterator[str]:
    sums = [name.removesuffix("_sum") for name in names if name.endswith("_sum")]
    for pattern in LATENCY:
        yield from (base for base in sums if re.fullmatch(pattern, base))
