"""Runs of a real cluster that said NoFault of a busy shop after reading seconds of its logs: what is said now."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue

from casebook.analysis.snapshot import Snapshot
from casebook.api.base import timestamp
from casebook.api.enums import Verdict
from casebook.api.observation import LOGS, METRICS, Result
from casebook.reasoning.engine import Look, decide, weigh
from casebook.reasoning.replay import replay
from support import recorded
from support.builders import observe
from support.reason import assert_root, hypothesis, report

HERE = Path(__file__).parent / "unseen"
RUNS = ("cpu-throttle", "traffic-surge")
SURGE = datetime.fromisoformat("2026-11-22T12:37:44Z")
"""Since when loadgen sends more: its new revision is from 12:37:39."""


def seen(name: str) -> Snapshot:
    return recorded.seen(recorded.trace(name, HERE))


def looked_further(name: str, before_rate: float, rate: float, cpu: dict[str, str]) -> Snapshot:
    """The run with the reads that it makes now: requests a second before the surge and since; and what pods use."""
    before = seen(name)
    step = decide(before, weigh(before))
    assert isinstance(step, Look)
    assert {query.source for query in step.queries} == {LOGS, METRICS}
    answers = {LOGS: _lines(before_rate, rate), METRICS: _used(before, cpu)}
    found = (observe(query, answers[query.source], 2) for query in step.queries)
    return before.extended(one.replace(observed_at=before.run.now) for one in found)


def _lines(before: float, since: float) -> JsonValue:
    """What a log held of the 90 seconds before the surge and the 12 seconds since, by requests a second."""
    calm = [SURGE - timedelta(seconds=number / before) for number in range(round(90 * before), 0, -1)]
    busy = [SURGE + timedelta(seconds=number / since) for number in range(round(12 * since))]
    text = '{"level": "INFO", "msg": "GET /products 200", "status": 200, "ms": 12}'
    return {"lines": [{"at": timestamp(at), "text": text} for at in (*calm, *busy)]}


def _used(before: Snapshot, cpu: dict[str, str]) -> JsonValue:
    pods = [pod.ref.name for pod in weigh(before).situation.world.all("Pod")]
    apps = {pod: pod.split("-", 1)[0] for pod in pods}
    return {
        "items": [
            {"metadata": {"name": pod}, "containers": [{"name": app, "usage": {"cpu": cpu.get(app, "2m")}}]}
            for pod, app in apps.items()
        ]
    }


@pytest.mark.parametrize("name", RUNS)
def test_seconds_of_a_busy_shop_are_not_called_no_fault(name: str) -> None:
    found = replay(recorded.trace(name, HERE))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert any("what Deployment/web logged between" in line and "was not seen" in line for line in found.limitations)
    assert found.root_causes == []


def test_a_lowered_limit_that_nobody_could_measure_is_what_comes_closest() -> None:
    first = report(seen("cpu-throttle")).hypotheses[0]
    assert (first.object, first.cause) == ("Deployment/api", "CPULimitTooLow")


def test_a_container_that_uses_all_of_its_lowered_limit_is_the_cause() -> None:
    found = looked_further("cpu-throttle", 10, 10, {"api": "29500u"})
    assert_root(found, "Deployment/api", "CPULimitTooLow", "was 1 until", "uses 98% of its CPU limit")


def test_a_container_that_uses_little_of_it_is_not() -> None:
    found = looked_further("cpu-throttle", 10, 10, {"api": "6m"})
    item = hypothesis(report(found), "CPULimitTooLow")
    assert item is not None
    assert item.confidence_percent < 20
    assert report(found).root_causes == []


def test_a_surge_that_the_log_of_before_shows_is_the_cause_and_not_the_limit_that_it_meets() -> None:
    found = looked_further("traffic-surge", 1, 20, {"api": "59m"})
    said = assert_root(found, "Deployment/loadgen", "TrafficSurge", "from 1 to 1", "env[RATE]")
    limit = hypothesis(said, "CPULimitTooLow", "Deployment/api")
    assert limit is not None
    assert limit.verdict.value == "Refuted"


def test_without_a_word_of_lateness_more_requests_are_nothing_to_mend() -> None:
    found = looked_further("traffic-surge", 1, 20, {})
    asked = found.run.replace(spec=found.run.spec.replace(question="is anything wrong with web?"))
    assert report(Snapshot(asked, found.observations)).verdict is Verdict.NO_FAULT


def test_what_uses_cpu_could_not_be_read_is_told() -> None:
    before = seen("cpu-throttle")
    step = decide(before, weigh(before))
    assert isinstance(step, Look)
    refused = [observe(one, None, 2, result=Result.UNAVAILABLE, message="no metrics") for one in step.queries]
    found = report(before.extended(refused))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert any(line.startswith("what pods use (metrics.k8s.io) in namespace") for line in found.limitations)
