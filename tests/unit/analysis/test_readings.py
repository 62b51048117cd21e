"""PromQL that only reads: what it reads is told, and what could make values or labels of its own is none."""

from datetime import timedelta

import pytest

from casebook.analysis.readings import reads


@pytest.mark.parametrize(
    ("expression", "namespaces", "seconds"),
    [
        ("up", set(), 0),
        ('sum by (pod) (rate(http_requests_total{namespace="shop"}[5m]))', {"shop"}, 300),
        ('a{namespace=~"shop|pay"} / on (pod) b{exported_namespace="till"}', {"shop", "pay", "till"}, 0),
        ("histogram_quantile(0.9, sum by (le) (rate(x_bucket[3m] offset 1h)))", set(), 3780),
        ("topk(3, queue_depth) > 5", set(), 0),
        ('up{namespace!="shop",namespace=""} offset -2m', set(), 120),
        ("max_over_time(x[1d]) - min_over_time(x[1d])", set(), 172_800),
    ],
)
def test_it_tells_which_namespaces_it_names_and_how_far_back_it_reaches(
    expression: str, namespaces: set[str], seconds: int
) -> None:
    assert reads(expression) == (namespaces, timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("sum by (pod) (rate(up[5m])", "not PromQL"),
        ("kubectl delete pods", "not PromQL"),
        ("", "not PromQL"),
        ("up" + " + up" * 100, "operators and brackets"),
        ("42", "reads no metric"),
        ("vector(42)", "reads no metric"),
        ("time() - up", "time"),
        ('label_replace(up, "note", "all is well", "", "")', "label_replace"),
        ('absent(up{note="all is well"})', "absent"),
        ("clamp_min(up, 42)", "clamp_min"),
        ("info(up)", "info"),
        ('count_values("all is well", up)', "count_values"),
        ("up * 0 + 42", "a number stands only"),
        ("up > 1 + 41", "a number stands only"),
        ("round(up, 42)", "a number stands only"),
        ("sum_over_time(up[1h:1s])", "a query inside of a query"),
        ("up @ 0", "a fixed time"),
        ('up{namespace="shop" or namespace="payroll"}', "joined by `or`"),
    ],
)
def test_what_could_tell_what_no_series_says_is_none(expression: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        reads(expression)
