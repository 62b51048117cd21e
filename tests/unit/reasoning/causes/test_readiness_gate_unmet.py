"""Pods whose containers are ready and that wait for a condition of their readiness gates."""

from casebook.analysis.snapshot import Snapshot
from support.builders import (
    Raw,
    ago,
    container,
    endpoints,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    template,
    workload,
)
from support.reason import assert_not_named, assert_root

GATE = "mesh.example/registered"


def asked(*conditions: Raw, reason: str = "ReadinessGatesNotReady", gates: bool = True, age: float = 120) -> Snapshot:
    """An api whose second revision asks for the condition, with the conditions that its pod has."""
    old = template("api", container())
    new = template("api", container(), **({"readinessGates": [{"conditionType": GATE}]} if gates else {}))
    top = workload("api", new)
    first, second = replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=age)
    waits = pod(second, new, running("app", up=100), name="api-new", age=110)
    unready = {"type": "Ready", "status": "False", "reason": reason, "lastTransitionTime": ago(105)}
    placed = {"type": "PodScheduled", "status": "True"}
    waits["status"]["conditions"] = [placed, {"type": "ContainersReady", "status": "True"}, unready, *conditions]
    objects = [top, first, second, pod(first, old, name="api-old"), waits, service("api"), endpoints("api")]
    return snapshot(run("the rollout of api does not finish", "Deployment/api"), objects)


def test_a_condition_that_nobody_sets() -> None:
    told = (GATE, "was never set", "readinessGates")
    found = assert_root(asked(), "Deployment/api", "ReadinessGateUnmet", *told)
    assert found.root_causes[0].since is not None
    assert GATE in found.next_steps[0]


def test_a_condition_that_somebody_set_to_false() -> None:
    assert_root(asked({"type": GATE, "status": "False"}), "Deployment/api", "ReadinessGateUnmet", "is False")


def test_gates_that_were_there_before_are_told_too() -> None:
    found = assert_root(asked(age=90_000), "Deployment/api", "ReadinessGateUnmet", GATE)
    assert found.root_causes[0].confidence_percent < 98


def test_a_condition_that_is_met_is_not_waited_for() -> None:
    assert_not_named(asked({"type": GATE, "status": "True"}), "ReadinessGateUnmet")


def test_containers_that_are_not_ready_are_another_matter() -> None:
    assert_not_named(asked(reason="ContainersNotReady"), "ReadinessGateUnmet")


def test_pods_without_gates() -> None:
    assert_not_named(asked(gates=False), "ReadinessGateUnmet")
