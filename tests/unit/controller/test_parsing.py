"""From what the API server holds to the little that is kept of it."""

from typing import Any

import pytest

from casebook.api.enums import Severity
from casebook.controller.parsing import case_of, job_of, namespace_of, pod_of

META = {
    "name": "why",
    "namespace": "team-a",
    "uid": "u1",
    "generation": 3,
    "resourceVersion": "42",
    "creationTimestamp": "2026-11-22T10:00:00Z",
}


def condition(type_: str, status: str, reason: str = "Said") -> dict[str, Any]:
    return {"type": type_, "status": status, "reason": reason, "lastTransitionTime": "2026-11-22T10:00:00Z"}


def test_a_fresh_one_has_the_defaults() -> None:
    seen = case_of({"metadata": META, "spec": {"question": "why?"}})
    assert (seen.version, seen.generation, seen.seconds, seen.severity) == (42, 3, 300, Severity.WARNING)
    assert (seen.attempt, seen.finished, seen.reported, seen.cancelled) == (0, False, False, False)
    assert seen.target is seen.alert is None


def test_the_target_is_in_its_own_namespace_unless_said() -> None:
    spec = {"question": "why?", "target": {"kind": "Pod", "name": "x"}}
    target = case_of({"metadata": META, "spec": spec}).target
    assert target is not None
    assert target.namespace == "team-a"


def test_a_spec_that_makes_no_sense_is_told_of_and_not_raised() -> None:
    seen = case_of({"metadata": META, "spec": {"question": "why?", "budget": {"seconds": 1}}})
    assert seen.unreadable.startswith("spec.budget.seconds: ")


@pytest.mark.parametrize(("reason", "claimed"), [("Attempt2", True), ("Attempt1", False), ("", False)])
def test_an_attempt_is_claimed_by_a_pod_of_the_same_attempt(reason: str, claimed: bool) -> None:
    status = {"attempt": 2, "conditions": [condition("Claimed", "True", reason)] if reason else []}
    assert case_of({"metadata": META, "spec": {}, "status": status}).claimed is claimed


def test_a_report_becomes_one_line() -> None:
    report = {"verdict": "RootCause", "summary": "x" * 4000}
    flat = {"verdict": "RootCause", "cause": "OOMKilled", "object": "Deployment/web", "confidencePercent": 93}
    seen = case_of({"metadata": META, "spec": {}, "status": {"report": report, **flat}})
    assert seen.headline == "RootCause: OOMKilled on Deployment/web (93 %)"
    assert case_of({"metadata": META, "spec": {}, "status": {"report": {"verdict": "NoFault"}}}).headline == "NoFault"


def test_news_of_the_alert_alone_is_no_news() -> None:
    one = case_of({"metadata": META, "spec": {}, "status": {"alert": {"lastSeenAt": "2026-11-22T10:00:00Z"}}})
    two = case_of({"metadata": {**META, "resourceVersion": "43"}, "spec": {}, "status": {"alert": {}}})
    assert one != two
    assert one.essence() == two.essence()


def test_little_is_kept_of_a_finished_one() -> None:
    told = [condition("Finished", "True"), condition("Queued", "False"), condition("Notified", "True")]
    seen = case_of({"metadata": META, "spec": {}, "status": {"conditions": told}})
    assert [mark.type for mark in seen.marks] == ["Finished"]


def test_a_job_is_over_by_its_condition_and_not_by_its_counts() -> None:
    running = {"metadata": {**META, "labels": {"casebook.dev/attempt": "2"}}, "status": {"failed": 1, "ready": 1}}
    assert (job_of(running).ended, job_of(running).attempt) == ("", 2)
    over = {"metadata": META, "status": {"conditions": [condition("Failed", "True", "DeadlineExceeded")]}}
    assert job_of(over).ended == "DeadlineExceeded"
    assert job_of({"metadata": META, "status": {"conditions": [condition("Complete", "True")]}}).ended == "Complete"
    half = {
        "metadata": META,
        "status": {"conditions": [condition("FailureTarget", "True"), condition("Failed", "False")]},
    }
    assert job_of(half).ended == ""


def test_a_foreign_job_has_no_attempt() -> None:
    seen = job_of({"metadata": {**META, "labels": {"casebook.dev/attempt": "x"}}})
    assert (seen.attempt, seen.case_uid, seen.namespaces) == (0, "", frozenset())


def test_a_pod_tells_why_it_does_not_run() -> None:
    state = {"waiting": {"reason": "ErrImagePull", "message": "no such host"}}
    status = {
        "phase": "Pending",
        "conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}],
        "containerStatuses": [{"state": state}],
    }
    seen = pod_of({"metadata": META, "status": status})
    assert (seen.waiting, seen.disruption, seen.unschedulable) == ("ErrImagePull", "EvictionByEvictionAPI", "")
    full = {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}]}
    assert pod_of({"metadata": META, "status": full}).unschedulable == "0/1 nodes"


def test_a_namespace_has_its_label() -> None:
    labelled = {"metadata": {"name": "a", "labels": {"casebook.dev/tenant": "acme"}, "deletionTimestamp": "x"}}
    assert (namespace_of(labelled).label, namespace_of(labelled).deleting) == ("acme", True)
