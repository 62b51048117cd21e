"""KubeletDown: nothing runs on the node but what ran before, and its machine still answers."""

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.observation import Result, pod_logs
from support.builders import NS, Raw, ago, healthy, observe, run, snapshot
from support.reason import assert_not_named, assert_root
from support.shop import shop

UNREAD = 'Get "https://172.18.0.3:10250/containerLogs/shop/web-p0/app?tailLines=400": dial tcp 172.18.0.3:10250: {}'
REFUSED, LATE = UNREAD.format("connect: connection refused"), UNREAD.format("i/o timeout")


def node(status: str = "Unknown") -> Raw:
    """A node as the node controller leaves it when no status came for 40 s."""
    ready = {
        "type": "Ready",
        "status": status,
        "reason": "NodeStatusUnknown" if status == "Unknown" else "KubeletReady",
        "message": "Kubelet stopped posting node status." if status == "Unknown" else "kubelet is posting ready status",
        "lastHeartbeatTime": ago(140),
        "lastTransitionTime": ago(90),
    }
    return {"kind": "Node", "metadata": {"name": "node-1"}, "status": {"conditions": [ready]}}


def asked(*said: str, status: str = "Unknown") -> Snapshot:
    """The shop on this node; the logs of web's and api's pods could not be read, for these reasons."""
    queries = [pod_logs(NS, pod, "app") for pod in ("web-p0", "api-p0")]
    unread = [
        observe(query, None, 1, result=Result.UNAVAILABLE, message=why)
        for query, why in zip(queries, said, strict=False)
    ]
    return snapshot(run("web is flaky", "Deployment/web"), [*shop(), *healthy("other"), node(status)], *unread)


def test_a_machine_that_refuses_the_kubelets_port_has_lost_only_its_kubelet() -> None:
    assert_root(asked(REFUSED, REFUSED), "Node/node-1", "KubeletDown", "stopped posting", "connection refused")


@pytest.mark.parametrize("said", [(LATE, LATE), (REFUSED, LATE), ()])
def test_a_machine_that_does_not_answer_is_no_matter_of_its_kubelet(said: tuple[str, ...]) -> None:
    assert_root(asked(*said), "Node/node-1", "NodeNotReady")


def test_a_refused_connection_of_a_node_that_reports_is_an_accident() -> None:
    assert_not_named(asked(REFUSED, REFUSED, status="True"), "KubeletDown")
