"""Expressions: what an alert measures, when it fires, and what metrics' names can tell."""

import pytest

from casebook.analysis.measures import USUALLY_FAILED, measures
from casebook.analysis.promql import condition, is_quotient, parse
from casebook.evidence.prometheus.confine import confine

RATIO = 'sum(rate(x{code=~"5.."}[1m])) / sum(rate(x[1m]))'


@pytest.mark.parametrize(
    ("expression", "measured", "operator", "threshold"),
    [
        (f"{RATIO} > 0.05", RATIO, ">", 0.05),
        (f"({RATIO}) >= 1e-2", RATIO, ">=", 0.01),
        ("5 < up", "up", ">", 5.0),
        ("up == 0", "up == 0", "", 0.0),
        ("up < -1", "up", "<", -1.0),
        ("a > 1 and b > 2", "a > 1 and b > 2", "", 0.0),
        ("a > on () b", "a > on () b", "", 0.0),
        ("absent(up)", "absent(up)", "", 0.0),
        ("not promql {{", "not promql {{", "", 0.0),
        ("up offset 1e400 > 1", "up offset 1e400 > 1", "", 0.0),
    ],
)
def test_the_threshold_is_split_off_where_there_is_one(expression, measured, operator, threshold) -> None:
    assert condition(expression) == (measured, operator, threshold)


@pytest.mark.parametrize(
    ("expression", "fires", "rests"),
    [("x > 5", 5.1, 5.0), ("x >= 5", 5.0, 4.9), ("x < 5", 4.9, 5.0), ("x <= 5", 5.0, 5.1), ("x == 5", 7.0, None)],
)
def test_it_holds_as_prometheus_would_say(expression, fires, rests) -> None:
    found = condition(expression)
    assert found.holds(fires)
    assert not found.holds(rests)
    assert not found.holds(None)


def test_a_ratio_is_told_from_a_rate_and_from_a_scaled_number() -> None:
    assert is_quotient(RATIO)
    assert is_quotient(f"({RATIO})")
    assert not is_quotient("x / 1024")
    assert not is_quotient("sum(x)")
    assert not is_quotient("{{")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["http_requests_total", "http_request_duration_seconds_sum", "http_request_duration_seconds_count"],
         ["traffic", "errors", "latency"]),
        (["http_server_requests_seconds_count", "http_server_requests_seconds_sum"], ["traffic", "errors", "latency"]),
        (["grpc_server_handled_total"], ["traffic", "errors"]),
        (["container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total"], ["throttling"]),
        (["container_cpu_cfs_throttled_periods_total"], []),
        (["container_memory_working_set_bytes", "process_resident_memory_bytes"], ["memory"]),
        (["kafka_consumergroup_lag", "messages_processed_total"], ["backlog", "done"]),
        (["up", "go_goroutines", "my_sums_total"], ["scrapes"]),
        ([], []),
    ],
)  # fmt: skip
def test_names_that_a_convention_knows_tell_something(names, told) -> None:
    assert [one.name for one in measures(names, "shop", by_pod=True)] == told


def test_every_measure_is_promql_that_can_be_confined() -> None:
    every = [
        "http_requests_total", "http_request_duration_seconds_sum", "http_request_duration_seconds_count", "up",
        "queue_depth", "container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total",
        "container_memory_working_set_bytes", "orders_done_total",
    ]  # fmt: skip
    found = measures(every, "shop", by_pod=False)
    assert len(found) == 8
    for one in found:
        parse(one.expression)
        assert confine(one.expression, ["shop"]).count('namespace="shop"') == one.expression.count("{")
    assert next(one for one in found if one.name == "errors").expression.count(" or ") == len(USUALLY_FAILED) - 1


def test_the_order_of_names_changes_nothing() -> None:
    names = ["b_requests_total", "a_requests_total", "http_requests_total", "up"]
    assert measures(names, "shop", by_pod=True) == measures(reversed(names), "shop", by_pod=True)
