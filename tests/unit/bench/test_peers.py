"""Peers: how their real output is read, what of it counts as right, and the table that comes of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bench.peers import offline
from bench.peers.contestants import baseline_findings, k8sgpt_findings, sre_agent_findings
from bench.peers.findings import Finding, judge
from bench.peers.kinds import KINDS, named
from bench.peers.panel import OURS, Answer, Asked
from bench.peers.results import entries, rows_of, table, told
from bench.row import Result
from bench.snapshots import snapshots

from casebook.api.enums import Verdict
from casebook.reasoning.registry import REGISTRY
from scenariokit.cli import SCENARIOS
from scenariokit.format import Scenario, load_all
from scenariokit.rows import Row as ScenarioRow
from scenariokit.score import Places
from support.recorded import HERE

CAPTURED = Path(__file__).parent / "captured"
"""What k8s-sre-agent 0.1.0 says of saved investigations of the repository, by scenario."""
ALL = {scenario.id: scenario for scenario in load_all(SCENARIOS)}
PLACES = Places({"main": "sc-1"}, {"pod/api-1-x": "ReplicaSet/api-1", "replicaset/api-1": "Deployment/api"})


def captured(name: str) -> list[Finding]:
    return sre_agent_findings((CAPTURED / f"{name}.json").read_text())


def scenario(verdict="RootCause", causes=(), allowed=()) -> Scenario:
    expect = {"verdict": verdict, "causes": list(causes), "allowed": list(allowed)}
    return Scenario.model_validate({"id": "x", "title": "x", "trigger": {"question": "?"}, "expect": expect})


def test_what_k8s_sre_agent_says_is_read_in_its_own_order() -> None:
    found = captured("node-selector")
    assert [finding.object for finding in found[:2]] == ["Deployment/analytics", "Deployment/api"]
    assert "didn't match Pod's node affinity/selector" in found[1].text


@pytest.mark.parametrize(
    ("name", "first", "three", "false"),
    [
        ("oom-limit-low", True, True, 3),
        ("image-tag-typo", True, True, 3),
        ("env-missing", True, True, 2),
        ("node-selector", False, True, 2),
        ("svc-selector", False, False, 2),
        ("stale-restarts", False, False, 5),
    ],
)
def test_real_findings_get_the_benefit_of_the_doubt(name: str, first: bool, three: bool, false: int) -> None:
    judged = judge(captured(name), ALL[name], PLACES)
    assert (judged.first_right, judged.among_three, len(judged.false_causes)) == (first, three, false)


def test_a_finding_has_to_name_the_object_and_the_kind() -> None:
    wanted = scenario(causes=[{"object": "Service/auth", "cause": "ServiceSelectorMismatch", "fact": ["app: auht"]}])
    for text, found_it in (
        ("Service has no endpoints", True),
        ("selects app: auht", True),
        ("something is slow", False),
    ):
        assert judge([Finding("Service/auth", text)], wanted, PLACES).first_right is found_it
    assert judge([Finding("Deployment/web", "Service auth has no endpoints")], wanted, PLACES).first_right
    assert judge([Finding("Deployment/web", "auth:8080 refused, no endpoints")], wanted, PLACES).first_right is not None
    assert not judge([Finding("Deployment/auth-next", "no endpoints")], wanted, PLACES).first_right


def test_a_pod_counts_as_its_owner_and_a_pod_that_is_gone_as_nobody() -> None:
    wanted = scenario(causes=[{"object": "Deployment/api", "cause": "MemoryLimitTooLow"}])
    assert judge([Finding("Pod/api-1-x", "OOMKilled")], wanted, PLACES).right
    assert judge([Finding("Pod/gone", "Evicted by somebody")], wanted, PLACES).false_causes == ()


def test_what_is_said_of_others_is_false_unless_it_is_the_right_kind() -> None:
    wanted = scenario(
        causes=[{"object": "PersistentVolumeClaim/data", "cause": "StorageClassMissing"}],
        allowed=[{"object": "Deployment/report", "cause": "ImageNotFound"}],
    )
    said = [
        Finding("StatefulSet/ledger", 'storageclass.storage.k8s.io "fast" not found'),
        Finding("Deployment/report", "whatever"),
        Finding("Deployment/web", "Readiness probe failed"),
        Finding("Deployment/web", "Back-off"),
    ]
    assert judge(said, wanted, PLACES).false_causes == ("deployment/web",)


def test_of_two_faults_both_have_to_be_found() -> None:
    wanted = scenario(
        causes=[
            {"object": "Deployment/a", "cause": "MemoryLimitTooLow"},
            {"object": "Deployment/b", "cause": "CommandInvalid"},
        ]
    )
    one, other = Finding("Deployment/a", "OOMKilled"), Finding("Deployment/b", "exit code 127")
    assert not judge([one], wanted, PLACES).first_right
    assert judge([one, other], wanted, PLACES).right
    assert not judge([one, one, one, other], wanted, PLACES).among_three


def test_every_code_of_the_table_is_one_of_the_registry_and_every_pattern_is_needed_once() -> None:
    codes = {code for _, codes in KINDS for code in codes}
    expected = {code for one in ALL.values() for cause in one.expect.causes for code in cause.cause}
    assert codes <= set(REGISTRY) | expected
    assert len({pattern for pattern, _ in KINDS}) == len(KINDS)
    assert named("container runtime: OOMKilled") >= {"MemoryLimitTooLow"}
    assert named("all is well") == set()


def test_pods_and_events_are_findings_of_the_baseline() -> None:
    (saved,) = [one for one in snapshots([HERE], ALL.values()) if one.name == "recorded/oom-limit-low"]
    found = baseline_findings(offline.baseline(saved.trace, saved.places.names["main"]))
    judged = judge(found, saved.scenario, saved.places)
    assert judged.first_right
    assert any(finding.text.startswith("BackOff") for finding in found)
    assert any("OOMKilled" in finding.text and "exit code 137" in finding.text for finding in found)


def test_a_saved_investigation_is_a_snapshot_that_holds_the_same() -> None:
    (saved,) = [one for one in snapshots([HERE], ALL.values()) if one.name == "recorded/oom-limit-low"]
    made = json.loads(offline.dumped(saved.trace, saved.places.owners, saved.places.names["main"]))
    killed = next(pod for pod in made["pods"] for c in pod["containers"] if c["last_state_reason"] == "OOMKilled")
    assert (killed["workload"], killed["containers"][0]["memory_limit"]) == ("Deployment/api", "48Mi")
    assert {event["type"] for event in made["events"]} == {"Warning"}
    assert {node["name"] for node in made["nodes"]} == {"casebook-control-plane"}
    assert all(len(text.splitlines()) <= offline.LINES for text in made["logs"].values())


def test_k8sgpt_results_are_read_and_count_for_the_parent() -> None:
    failure = {"Text": "Service has no endpoints, expected label app=apii", "KubernetesDoc": "", "Sensitive": []}
    results = [
        {"kind": "Service", "name": "sc-1/api", "error": [failure], "details": "", "parentObject": ""},
        {
            "kind": "Pod",
            "name": "sc-1/api-1-x",
            "error": [{"Text": "OOMKilled"}],
            "details": "",
            "parentObject": "Deployment/api",
        },
    ]
    out = json.dumps({"errors": None, "status": "ProblemDetected", "problems": 2, "results": results})
    service, pod = k8sgpt_findings(out)
    assert (service.object, pod.object) == ("Service/api", "Deployment/api")
    assert judge([service], ALL["svc-selector"], PLACES).right
    assert k8sgpt_findings('{"status": "OK", "problems": 0, "results": null}') == []


def row(name: str, *, ac1: bool, verdict=Verdict.ROOT_CAUSE) -> ScenarioRow:
    return ScenarioRow(
        id=name, via="cli", outcome="right" if ac1 else "wrong", started=datetime(2026, 1, 1, tzinfo=UTC),
        namespaces={"main": f"sc-{name}"}, expected_verdict=ALL[name].expect.verdict, verdict=verdict, ac1=ac1, ac3=ac1,
    )  # fmt: skip


def asked(findings: list[Finding] | None, error: str = "") -> Asked:
    return Asked({}, [Answer(OURS, 2.0, 30), Answer("peer", 4.0, 7, findings, error)])


def test_the_table_has_everybody_on_the_same_faults() -> None:
    rows = [row("oom-limit-low", ac1=True), row("stale-restarts", ac1=False, verdict=Verdict.NO_FAULT),
            row("svc-selector", ac1=True).model_copy(update={"verdict": None})]  # fmt: skip
    answers = {"sc-oom-limit-low": asked([Finding("Deployment/api", "OOMKilled"), Finding("Deployment/b", "?")]),
               "sc-stale-restarts": asked([])}  # fmt: skip
    found = entries(rows, ALL, answers)
    lines = table(found)
    assert lines[2] == "| casebook | 2 | 1/1 (100 %) | 1/1 (100 %) | 1/1 (100 %) | 0.00 | 2.0 | 30 |"
    assert lines[3] == "| peer | 2 | 1/1 (100 %) | 1/1 (100 %) | 1/1 (100 %) | 0.50 | 4.0 | 7 |"
    assert [one.result for one in rows_of(found)] == [Result.OK, Result.OK]
    assert json.loads(list(told(found))[1])["false_causes"] == ["deployment/b"]


def test_a_peer_that_ends_badly_has_found_nothing_and_is_not_silent_for_it() -> None:
    quiet = row("stale-restarts", ac1=False, verdict=Verdict.NO_FAULT)
    found = entries([quiet], ALL, {"sc-stale-restarts": asked(None, "boom")})
    assert "| peer | 1 | - | - | 0/1 (0 %) | 0.00 |" in table(found)[3]


def test_a_peer_that_is_better_breaks_the_bound() -> None:
    theirs = asked([Finding("Deployment/api", "OOMKilled")])
    found = entries([row("oom-limit-low", ac1=False)], ALL, {"sc-oom-limit-low": theirs})
    assert {one.result for one in rows_of(found)} == {Result.OVER}
