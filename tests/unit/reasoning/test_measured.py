"""Runs recorded with a Prometheus on a real cluster, replayed: the same cause; without the curves no false one."""

from pathlib import Path

import pytest

from casebook.api.observation import PROMETHEUS, Observation, Result
from casebook.api.run import Trace
from casebook.reasoning.replay import replay
from support import recorded

HERE = Path(__file__).parent / "measured"
EXPECTED = {
    "cpu-throttle": ("RootCause", [("Deployment/api", "CPULimitTooLow")]),
    "queue-slow-consumer": ("RootCause", [("Deployment/worker", "ConsumerTooSlow")]),
    "traffic-surge": ("RootCause", [("Deployment/loadgen", "TrafficSurge")]),
    "scrape-gap": ("NoFault", []),
}


def trace(name: str) -> Trace:
    return recorded.trace(name, HERE)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_cause_is_found_again(name: str) -> None:
    report = replay(trace(name))
    assert (report.verdict, [(item.object, item.cause) for item in report.root_causes]) == EXPECTED[name]
    assert report.citations() <= {item.id for item in report.evidence}
    curves = [item for item in report.evidence if item.source == PROMETHEUS]
    assert curves
    assert all(item.query.startswith("promtool query range --start=") for item in curves)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_run_reads_less_than_sixty_times(name: str) -> None:
    assert len(trace(name).observations) < 60


@pytest.mark.parametrize("name", EXPECTED)
def test_without_the_curves_nothing_is_made_up(name: str) -> None:
    found = trace(name)
    report = replay(found.replace(observations=[_without(item) for item in found.observations]))
    assert {(item.object, item.cause) for item in report.root_causes} <= set(EXPECTED[name][1])
    assert any("Prometheus (names) could not be read: it is down" in line for line in report.limitations)
    assert report.verdict != "NoFault", "what only curves show was not seen"


def _without(item: Observation) -> Observation:
    gone = item.query.source == PROMETHEUS
    return item.replace(result=Result.UNAVAILABLE, data=None, message="it is down") if gone else item
