"""DisruptionBudgetBlocks: drains that a budget holds up, told from cordons, unready pods and budgets with room."""

from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Verdict
from casebook.api.run import Run
from support.builders import Raw, ago, event, managed, meta, run, snapshot
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report
from support.shop import shop

ASKED = "why does the drain of node-1 not go on?"


def budget(*, allowed: int = 0, healthy: int = 1) -> Raw:
    """A budget as the disruption controller keeps it: of api's one pod, one has to be there."""
    condition = {
        "type": "DisruptionAllowed",
        "status": "True" if allowed else "False",
        "reason": "SufficientPods" if allowed else "InsufficientPods",
        "message": "",
        "lastTransitionTime": ago(900),
    }
    status = {
        "conditions": [condition], "currentHealthy": healthy, "desiredHealthy": 1,
        "disruptionsAllowed": allowed, "expectedPods": 1,
    }  # fmt: skip
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "api"}}}
    return {"kind": "PodDisruptionBudget", "metadata": meta("api"), "spec": spec, "status": status}


def node(*, cordoned: bool = True, since: float = 300) -> Raw:
    written = [managed("kubectl-drain", since, {"f:spec": {"f:unschedulable": {}}})] if cordoned else []
    ready = {"type": "Ready", "status": "True"}
    spec = {"unschedulable": True} if cordoned else {}
    return {
        "kind": "Node",
        "metadata": {"name": "node-1", "managedFields": written},
        "spec": spec,
        "status": {"conditions": [ready]},
    }


def left(*more: Raw) -> list[Raw]:
    """The shop while its node is drained: the pods of all but api have gone elsewhere."""
    found = shop()
    for item in found:
        if item["kind"] == "Pod" and item["metadata"]["name"] != "api-p0":
            item["spec"]["nodeName"] = "node-2"
    return [*found, *more]


def asked(objects: list[Raw], question: str = ASKED, target: str = "") -> Snapshot:
    asking: Run = run(question, target)
    return snapshot(asking, objects)


def test_a_budget_of_one_pod_that_must_always_be_there() -> None:
    found = assert_root(
        asked(left(node(), budget())),
        "PodDisruptionBudget/api",
        "DisruptionBudgetBlocks",
        "minAvailable 1",
        "InsufficientPods",
    )
    assert "Node/node-1" in found.root_causes[0].statement


def test_a_controller_that_speaks_of_it_tells_as_much_as_a_question() -> None:
    said = event(node(), "FailedDraining", "Failed to drain node, 1 pods are waiting to be evicted")
    found = asked(left(node(), budget(), said), "what is wrong?")
    assert_root(found, "PodDisruptionBudget/api", "DisruptionBudgetBlocks", "waiting to be evicted")


def test_a_cordon_that_nobody_calls_a_drain_is_no_fault() -> None:
    found = report(asked(left(node(), budget()), "api is flaky", "Deployment/api"))
    assert found.verdict is Verdict.NO_FAULT
    assert hypothesis(found, "DisruptionBudgetBlocks") is None


def test_a_kubelet_that_frees_memory_does_not_drain() -> None:
    said = event(node(), "EvictionThresholdMet", "Attempting to reclaim memory")
    found = report(asked(left(node(), budget(), said), "what is wrong?"))
    assert hypothesis(found, "DisruptionBudgetBlocks") is None


def test_a_budget_with_room_holds_nobody_up() -> None:
    assert_not_named(asked(left(node(), budget(allowed=1))), "DisruptionBudgetBlocks")


def test_a_drain_of_this_moment_may_still_go_on() -> None:
    assert_not_named(asked(left(node(since=10), budget())), "DisruptionBudgetBlocks")


def test_a_node_that_is_not_cordoned_is_not_drained() -> None:
    assert_not_named(asked(left(node(cordoned=False), budget())), "DisruptionBudgetBlocks")


def test_pods_that_are_not_ready_are_why_none_may_go() -> None:
    objects = left(node(), budget(healthy=0))
    for item in objects:
        if item["metadata"]["name"] == "api-p0":
            item["status"]["conditions"][1]["status"] = "False"
    assert_refuted(asked(objects), "PodDisruptionBudget/api", "DisruptionBudgetBlocks")
