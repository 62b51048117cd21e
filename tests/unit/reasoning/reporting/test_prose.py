"""What people read: summaries of five lines, steps with their risk, chains from the cause to what was asked about."""

import json
import shlex

import pytest

from casebook.api.report import Report
from casebook.reasoning.replay import replay
from support.builders import (
    configmap,
    container,
    env,
    log,
    managed,
    pod,
    replicaset,
    run,
    snapshot,
    template,
    workload,
)  # fmt: skip
from support.reason import report
from support.recorded import RECORDED, trace
from support.shop import REFUSED, unreachable, wrong_selector

CHANGES = ("kubectl edit", "kubectl patch", "kubectl scale", "kubectl rollout undo", "kubectl rollout restart",
           "kubectl set", "kubectl delete", "kubectl uncordon")  # fmt: skip
BAD = '{"level":"ERROR","msg":"GET http://api:80/x failed: HTTP 502 Bad Gateway"}'


@pytest.mark.parametrize("name", RECORDED)
class TestRecorded:
    def test_the_summary_has_five_lines_at_most(self, name: str) -> None:
        assert len(replay(trace(name)).summary) <= 520

    def test_every_command_that_changes_something_says_its_risk(self, name: str) -> None:
        for step in replay(trace(name)).next_steps:
            assert not step.startswith(CHANGES) or "   # " in step, step

    def test_there_is_a_next_step_unless_nothing_is_wrong(self, name: str) -> None:
        one = replay(trace(name))
        assert one.next_steps or one.verdict.value == "NoFault"

    def test_a_root_cause_that_was_changed_is_on_the_line_of_time(self, name: str) -> None:
        one = replay(trace(name))
        for cause in one.root_causes:
            mine = [change for change in one.changes if change.root_cause == cause.hypothesis]
            assert all(change.object == cause.object for change in mine)
            assert len(mine) <= 1
            assert all(change.at <= (one.onset or change.at) for change in mine)


def commands(of: Report, begin: str) -> list[str]:
    return [step for step in of.next_steps if step.startswith(begin)]


def test_what_was_changed_is_put_back_by_a_command() -> None:
    [patch] = commands(unreachable(*wrong_selector(80)), "kubectl patch")
    said, _, risk = patch.partition("   # ")
    assert shlex.split(said)[-5:] == [
        "service/auth",
        "--type",
        "merge",
        "-p",
        '{"spec": {"selector": {"app": "auth"}}}',
    ]
    assert "traffic follows at once" in risk


def test_a_value_that_was_masked_is_not_put_back() -> None:
    objects = wrong_selector(80)
    service = next(one for one in objects if one["kind"] == "Service" and one["metadata"]["name"] == "auth")
    old = {"spec": {"selector": {"app": "[redacted:token]"}}}
    service["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(old)}
    assert commands(unreachable(*objects), "kubectl patch") == []


def test_the_chain_leads_from_the_cause_to_what_was_asked_about() -> None:
    [cause] = unreachable(*wrong_selector(80)).root_causes
    assert cause.chain[0] == cause.statement
    assert any(line.startswith("Deployment/api calls Service/auth: logs errors: POST") for line in cause.chain)
    assert all("(blames" not in line for line in cause.chain[1:])


def test_what_passes_traffic_on_is_left_out_of_the_chain() -> None:
    logs = [log("api-p0", [REFUSED] * 6), log("web-p0", [BAD] * 6)]
    [cause] = report(snapshot(run("why?", "Deployment/web"), wrong_selector(80), *logs)).root_causes
    assert [line.partition(":")[0] for line in cause.chain[1:]] == [
        "Service/auth",
        "Deployment/api calls Service/auth",
        "Deployment/web calls Service/api",
    ]


def test_what_brought_it_about_is_left_out_where_the_summary_has_no_room() -> None:
    trace_back = ["ERROR failed", "Traceback (most recent call last):", '  File "x"', f"KeyError: '{'k' * 200}'"]

    def summary(value: str) -> str:
        old, new = (template("api", container("api", env=env(MODE=one))) for one in ("a", value))
        top = workload("api", new)
        top["metadata"]["managedFields"] = [managed("m" * 120, 300, {"f:spec": {"f:template": {}}})]
        second = replicaset(top, 2, new, age=300)
        objects = [top, replicaset(top, 1, old, age=7000, replicas=0), second, pod(second, new, name="api-p0", age=300)]
        return report(snapshot(run("why?"), objects, log("api-p0", trace_back * 4, container="api"))).summary

    assert "m" * 120 in summary("b")
    assert "m" * 120 not in summary("b" * 300)


def test_an_open_case_says_where_a_person_would_look() -> None:
    one = replay(trace("opaque-crash"))
    assert one.verdict.value == "Inconclusive"
    assert any("--previous" in step for step in one.next_steps)
    assert any("exit code 3" in step for step in one.next_steps)


def test_values_of_settings_that_no_cause_rests_on_stay_out_of_the_report() -> None:
    private = configmap("banner", {"TEXT": "private words"})
    private["metadata"] |= {
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"data": {"TEXT": "older words"}}'},
        "managedFields": [managed("kubectl-edit", 60, {"f:data": {"f:TEXT": {}}})],
    }
    one = report(snapshot(run("what is wrong?"), [*wrong_selector(80), private]))
    assert "ConfigMap/banner" in [change.object for change in one.changes]
    assert "words" not in json.dumps(one.wire())
