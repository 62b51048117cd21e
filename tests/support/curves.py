"""What a Prometheus answers about NS at NOW, for tests of the pure core: names, and a curve for each measure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from casebook.analysis.measures import measures
from casebook.api.observation import Observation, Query, curve, metric_names
from casebook.api.run import Run
from support.builders import NOW, NS, observe

SPAN = timedelta(hours=4)
BEGIN = NOW - SPAN
STEP = 120
STEPS = 121
HOUR = 30
"""Steps of an hour; the last of them are the time asked about."""
NAMES = (
    "http_requests_total", "http_request_duration_seconds_sum", "http_request_duration_seconds_count",
    "container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total",
    "container_memory_working_set_bytes", "queue_depth", "orders_done_total", "up",
)  # fmt: skip

Values = Sequence[float | None]


def metered(asked: Run) -> Run:
    """The same run with a Prometheus to ask."""
    return asked.replace(prometheus=True)


def level(before: float, after: float | None = None, *, since: int = HOUR) -> list[float]:
    """A level with a small ripple, and another one for the last `since` steps."""
    late = before if after is None else after
    values = [before] * (STEPS - since) + [late] * since
    return [value * (1 + 0.01 * (step % 3 - 1)) for step, value in enumerate(values)]


def answered(query: Query, *series: tuple[Mapping[str, str], Values], round_: int = 1) -> Observation:
    """The answer to a range query."""
    params = query.params
    data: dict[str, Any] = {"expr": params["query"], "start": params["start"], "end": params["end"]}
    found = [{"labels": dict(labels), "values": list(values)} for labels, values in series]
    return observe(query, data | {"step": int(params["step"]), "series": found}, round_)


def names(*there: str) -> Observation:
    """The names of the metrics that there are."""
    return observe(metric_names(f'{{namespace="{NS}"}}', BEGIN, NOW), {"names": sorted(there)})


def curves(**series: Mapping[str, Values]) -> list[Observation]:
    """Names, and one answer for each measure: values by workload (label `deployment`) or by `pod/container`."""
    expressions = {one.name: one.expression for one in measures(NAMES, NS, by_pod=True)}
    assert set(series) <= set(expressions), expressions.keys()
    asked = [(curve(text, BEGIN, NOW), series.get(name, {})) for name, text in expressions.items()]
    return [
        names(*NAMES),
        *(answered(query, *((_labels(who), values) for who, values in found.items())) for query, found in asked),
    ]


def _labels(who: str) -> dict[str, str]:
    pod, _, container = who.partition("/")
    return {"pod": pod, "container": container} if container else {"deployment": who}
