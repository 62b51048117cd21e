"""ScaledTooLow: replicas that were taken away, told from what rollouts and autoscalers take, and from a surge."""

import json

from casebook.analysis.fields import LAST_APPLIED
from casebook.analysis.snapshot import Snapshot
from casebook.api.observation import Observation
from support.builders import Raw, event, log, managed, meta, run, snapshot
from support.curves import curves, level, metered
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report
from support.shop import shop

LATE = '{"level":"ERROR","msg":"GET http://api:80/products failed: read timed out"}'
FINE = '{"level":"INFO","msg":"GET /products 200"}'


def objects(message: str = "Scaled down replica set api-r1 from 5 to 1", *, since: float = 200) -> list[Raw]:
    """The shop, and what the Deployment controller says of its api."""
    found = shop()
    top = next(item for item in found if item["kind"] == "Deployment" and item["metadata"]["name"] == "api")
    return [*found, event(top, "ScalingReplicaSet", message, since=since, count=1, kind="Normal")] if message else found


def asked(found: list[Raw], *more: Observation, line: str = LATE) -> Snapshot:
    return snapshot(run("the shop is slow", "Deployment/web"), found, log("web-p0", [line] * 6, step=10), *more)


def test_callers_wait_too_long_since_replicas_were_taken_away() -> None:
    found = assert_root(asked(objects()), "Deployment/api", "ScaledTooLow", "from 5 to 1")
    assert any("--replicas=5" in step for step in found.next_steps)


def test_a_write_to_the_object_tells_as_much() -> None:
    found = objects("")
    top = next(item for item in found if item["kind"] == "Deployment" and item["metadata"]["name"] == "api")
    top["metadata"] |= {
        "annotations": {LAST_APPLIED: json.dumps({"spec": {"replicas": 4}})},
        "managedFields": [managed("kubectl-edit", 200, {"f:spec": {"f:replicas": {}}})],
    }
    assert_root(asked(found), "Deployment/api", "ScaledTooLow", "from 4 to 1", "kubectl-edit")


def test_fewer_replicas_that_nobody_misses_are_no_fault() -> None:
    found = assert_refuted(asked(objects(), line=FINE), "Deployment/api", "ScaledTooLow")
    assert found.verdict.value == "NoFault"


def test_what_a_rollout_takes_from_an_older_revision_is_not_taken_from_the_workload() -> None:
    found = report(asked(objects("Scaled down replica set api-r0 from 5 to 1")))
    assert hypothesis(found, "ScaledTooLow") is None


def test_replicas_that_were_lowered_long_ago_have_long_been_enough() -> None:
    assert_refuted(asked(objects(since=9000)), "Deployment/api", "ScaledTooLow")


def test_an_autoscaler_takes_and_gives_by_itself() -> None:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "api"}, "minReplicas": 1, "maxReplicas": 5}
    status = {"desiredReplicas": 1}
    scaler = {"kind": "HorizontalPodAutoscaler", "metadata": meta("api"), "spec": spec, "status": status}
    assert_refuted(asked([*objects(), scaler]), "Deployment/api", "ScaledTooLow")


def test_a_load_that_rose_is_the_reason_itself() -> None:
    risen = level(5, 40, since=6)
    measured = curves(traffic={"web": risen, "api": risen}, latency={"web": level(0.05, 0.9, since=6)})
    found = asked(objects(), *measured)
    assert_not_named(Snapshot(metered(found.run), found.observations), "ScaledTooLow")
