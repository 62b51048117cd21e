"""What the demo tells and asks."""

import base64
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from demokit.demo import further, heading_of, plan
from demokit.follow import investigation, news, told
from demokit.monitoring import Alert, alerts_in, token_of
from demokit.shop import commands, names_of
from demokit.story import Story
from scenariokit.format import Scenario, load_all
from scenariokit.kubectl import CommandError

SCENARIO = Scenario.model_validate(
    {
        "id": "x",
        "title": "A fault",
        "namespaces": ["main", "outside"],
        "inject": [{"sleep": 1}, {"kubectl": "scale deployment/a\n --replicas=0 -n {ns:outside}"}],
        "trigger": {"question": "?"},
        "expect": {"verdict": "NoFault"},
    }
)
FOUND = {
    "metadata": {"name": "inv-1", "namespace": "shop", "creationTimestamp": "2026-11-22T03:00:00Z"},
    "spec": {"trigger": "Alert", "alert": {"labels": {"alertname": "HighErrorRatio"}}},
    "status": {"conditions": [{"type": "Queued", "status": "True", "reason": "Waiting", "message": "first in line",
                               "lastTransitionTime": "2026-11-22T03:00:00Z"}]},
}  # fmt: skip


def test_the_plan_comes_before_the_work_and_names_all_of_it() -> None:
    text = "\n".join(plan(SCENARIO, ["cluster: kind"], own=True))
    for word in (
        "cluster: kind",
        "casebook-system",
        "casebook-monitoring",
        "namespace shop",
        "A fault",
        "make demo-down",
    ):
        assert word in text
    assert "demo-down" not in "\n".join(plan(SCENARIO, [], own=False))


def test_the_fault_is_shown_as_commands() -> None:
    assert names_of(SCENARIO) == {"main": "shop", "outside": "shop-outside"}
    assert commands(SCENARIO.inject, SCENARIO) == [
        "kubectl -n shop scale deployment/a --replicas=0 -n shop-outside",
    ]


def test_alerts_of_the_shop_firing_first() -> None:
    def alert(name, state, namespace):
        return {"labels": {"alertname": name, "namespace": namespace}, "state": state, "annotations": {"summary": "s"}}

    answer = {
        "data": {"alerts": [alert("A", "pending", "shop"), alert("B", "firing", "shop"), alert("C", "firing", "x")]}
    }
    assert alerts_in(answer, {"shop"}) == [Alert("B", "firing", "s"), Alert("A", "pending", "s")]
    assert alerts_in({}, {"shop"}) == []


def test_the_token_is_the_first_of_the_receiver() -> None:
    secret = {"data": {"alertmanager": base64.b64encode(b"one\ntwo\n").decode()}}
    assert token_of(secret, "alertmanager") == "one"
    with pytest.raises(CommandError, match="has no key other"):
        token_of(secret, "other")


def test_each_condition_is_told_once() -> None:
    seen: set[str] = set()
    assert news(FOUND, seen) == ["Queued: first in line"]
    assert news(FOUND, seen) == []
    assert news({}, seen) == []


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"event": "looking", "round": 1, "why": "orient", "reads": 4}, "  round 1: orient (4 reads)"),
        ({"event": "leading", "hypothesis": "D/a X 60 %"}, "  leading: D/a X 60 %"),
        ({"event": "not read", "query": "kubectl get x", "reason": "denied"}, "  not read: kubectl get x: denied"),
        ({"event": "started"}, ""),
        ([], ""),
    ],
)
def test_the_agent_s_log_in_words(record, text) -> None:
    assert told(json.dumps(record)) == text


def test_lines_that_are_no_json_are_left_out() -> None:
    assert told("Traceback") == ""


def test_the_heading_of_an_alert_is_its_name() -> None:
    heading = heading_of(investigation(FOUND))
    assert (heading.subject, heading.namespace) == ("HighErrorRatio", "shop")
    assert any("kubectl get inv -n shop inv-1" in line for line in further(investigation(FOUND)))


def test_the_story_counts_from_the_fault() -> None:
    stream, ticks = io.StringIO(), iter([0.0, 2.5, 10.0, 14.0])
    story = Story(Console(file=stream, width=100), clock=lambda: next(ticks))
    with story.step("Cluster"):
        story.say("before")
    story.start_clock()
    story.say("after")
    assert "before" in stream.getvalue().splitlines()
    assert "+  4.0 s  after" in stream.getvalue()
    assert story.summary() == ["Cluster     2.5 s"]


def test_every_scenario_can_be_played() -> None:
    for scenario in load_all(Path(__file__).parents[3] / "cluster" / "scenarios"):
        names_of(scenario)
        assert all("{ns" not in line for line in commands(scenario.inject, scenario))
