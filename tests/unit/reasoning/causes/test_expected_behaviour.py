"""ExpectedBehaviour: Jobs that are done and replicas that are not needed, told from what only looks like it."""

from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Verdict
from support.builders import Raw, ago, container, ended, event, log, meta, pod, run, snapshot, template
from support.reason import hypothesis, report
from support.shop import shop

SPEC = {"scaleTargetRef": {"kind": "Deployment", "name": "api"}, "minReplicas": 1, "maxReplicas": 5}
SCALER: Raw = {"kind": "HorizontalPodAutoscaler", "metadata": meta("api"), "spec": SPEC, "status": {}}


def job(kind: str = "Complete", code: int = 0) -> list[Raw]:
    """A Job that ended ten minutes ago, with its pod."""
    body = template("report", container())
    condition = {"type": kind, "status": "True", "lastTransitionTime": ago(600)}
    status = {"conditions": [condition], "completionTime": ago(600), "succeeded": 1}
    top = {"kind": "Job", "metadata": meta("report"), "spec": {"template": body}, "status": status}
    over = {
        "name": "app",
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": ended(code, "Completed", since=600)},
    }
    made = pod(top, body, over, name="report-x1", phase="Failed" if code else "Succeeded")
    return [*shop(), top, made]


def rescaled(why: str = "All metrics below target") -> list[Raw]:
    message = f"New size: 1; reason: {why}"
    return [*shop(), SCALER, event(SCALER, "SuccessfulRescale", message, kind="Normal", count=1)]


def asked(objects: list[Raw], target: str, *lines: str) -> Snapshot:
    logs = [log("api-p0", lines or ["GET / 200"] * 5)]
    return snapshot(run("why does it not run?", target), objects, *logs)


def test_a_job_that_is_done_does_not_run_any_more() -> None:
    found = report(asked(job(), "Job/report"))
    assert found.verdict is Verdict.NO_FAULT
    assert "did its work and ended" in found.summary


def tried_before(kind: str) -> Snapshot:
    """A Job whose first pod failed with an error in its log, and whose second ended well or failed too."""
    objects = job(kind, code=0 if kind == "Complete" else 1)
    over = {
        "name": "app",
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": ended(1, "Error", since=640)},
    }
    first = pod(objects[-2], template("report", container()), over, name="report-x0", phase="Failed")
    said = log("report-x0", ["ERROR upstream answered 503, giving up"], end=641)
    return snapshot(run("did the report work? there is a failed pod", "Job/report"), [*objects, first], said)


def test_a_failed_try_is_over_once_another_did_the_work() -> None:
    found = report(tried_before("Complete"))
    assert found.verdict is Verdict.NO_FAULT, found.summary
    assert "did its work and ended" in found.summary


def test_a_failed_try_is_not_over_where_no_other_did_the_work() -> None:
    assert report(tried_before("Failed")).verdict is not Verdict.NO_FAULT


def test_a_job_that_failed_is_not_done() -> None:
    found = report(asked(job("Failed", code=1), "Job/report"))
    assert hypothesis(found, "ExpectedBehaviour") is None
    assert found.verdict is not Verdict.NO_FAULT


def test_replicas_that_an_autoscaler_took_for_want_of_work() -> None:
    found = report(asked(rescaled(), "Deployment/api"))
    assert found.verdict is Verdict.NO_FAULT
    assert "fewer than before" in found.summary


def test_replicas_that_an_autoscaler_gave_are_not_taken() -> None:
    found = report(asked(rescaled("cpu resource utilization (percentage of request) above target"), "Deployment/api"))
    assert hypothesis(found, "ExpectedBehaviour") is None


def test_fewer_replicas_are_not_expected_where_callers_fail() -> None:
    late = '{"level":"ERROR","msg":"POST http://auth:80/verify failed: connection refused"}'
    found = report(asked(rescaled(), "Deployment/api", *[late] * 6))
    assert found.verdict is not Verdict.NO_FAULT


def test_a_job_that_nobody_asked_about_explains_nothing() -> None:
    assert hypothesis(report(asked(job(), "Deployment/api")), "ExpectedBehaviour") is None
