"""Pods that the kubelet evicts: for the node's sake, and for their own limits."""

from typing import Any

import pytest

from support.builders import Raw, ago, healthy, meta, run, snapshot, template
from support.reason import assert_root, hypothesis, report
from support.shop import shop

LOW = "The node was low on resource: {what}. Threshold quantity: 100Mi, available: 60Mi. "
USED = "Container {name} was using {used}, request is {asked}, has larger consumption of {what}. "


def evicted(name: str, message: str, *, age: float = 120) -> list[Raw]:
    """A workload, one of whose pods was evicted and replaced by one that is ready."""
    found = healthy(name)
    owner = next(item for item in found if item["kind"] == "ReplicaSet")
    status = {"phase": "Failed", "reason": "Evicted", "message": message}
    target = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}
    gone = {
        "kind": "Pod",
        "metadata": meta(f"{name}-gone", age=600, owner=owner, labels={"app": name}),
        "spec": template(name)["spec"] | {"nodeName": "node-1"},
        "status": status | {"conditions": [target | {"lastTransitionTime": ago(age)}]},
    }
    return [*found, gone]


def node(**conditions: str) -> Raw:
    listed = [{"type": kind, "status": status, "lastTransitionTime": ago(90)} for kind, status in conditions.items()]
    return {"kind": "Node", "metadata": {"name": "node-1"}, "status": {"conditions": listed}}


def low(what: str, name: str, used: str, asked: str = "0") -> str:
    return LOW.format(what=what) + USED.format(name=name, used=used, asked=asked, what=what)


def asked(*objects: Raw) -> Any:
    return snapshot(run("pods vanish and come back"), [*shop(), *objects])


@pytest.mark.parametrize(
    ("cause", "what", "condition"),
    [
        ("NodeMemoryPressure", "memory", "MemoryPressure"),
        ("NodeDiskPressure", "ephemeral-storage", "DiskPressure"),
    ],
)
@pytest.mark.parametrize("status", ["True", "False"])
def test_who_takes_most_above_its_request_is_why_the_node_runs_out(
    cause: str, what: str, condition: str, status: str
) -> None:
    objects = [
        *evicted("eater", low(what, "eater", "6Gi")),
        *evicted("victim", low(what, "victim", "60Mi", "50Mi")),
        node(Ready="True", **{condition: status}),
    ]
    assert_root(asked(*objects), "Deployment/eater", cause, "takes far more than it requests", "6Gi")


def test_where_nobody_takes_more_than_it_asked_for_it_is_the_node() -> None:
    objects = [*evicted("victim", LOW.format(what="memory")), node(Ready="True", MemoryPressure="True")]
    assert_root(asked(*objects), "Node/node-1", "NodeMemoryPressure")


def test_what_was_evicted_long_ago_is_over() -> None:
    objects = [*evicted("eater", low("memory", "eater", "6Gi"), age=3000), node(Ready="True", MemoryPressure="False")]
    assert report(asked(*objects)).verdict.value == "NoFault"


@pytest.mark.parametrize(
    "message",
    [
        'Usage of EmptyDir volume "cache" exceeds the limit "10Mi". ',
        "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ",
        'Container app exceeded its local ephemeral storage limit "50Mi". ',
    ],
)
def test_a_pod_that_writes_more_than_its_own_limit(message: str) -> None:
    objects = [*evicted("writer", message), node(Ready="True", DiskPressure="False")]
    assert_root(asked(*objects), "Deployment/writer", "EphemeralStorageExceeded", message.strip()[:40])


def test_an_eviction_for_another_reason_is_no_matter_of_storage() -> None:
    objects = [*evicted("quiet", "Pod was evicted in response to a drain"), node(Ready="True")]
    assert hypothesis(report(asked(*objects)), "EphemeralStorageExceeded") is None
