"""RuntimeDown: the kubelet says that nothing can be started, and why."""

import pytest

from casebook.analysis.snapshot import Snapshot
from support.builders import Raw, ago, event, run, running, snapshot
from support.reason import assert_refuted, assert_root, hypothesis, report
from support.shop import shop

PLEG = "[container runtime is down, PLEG is not healthy: pleg was last seen active 4m12.5s ago; threshold is 3m0s]"
RUNTIME = (
    "container runtime not ready: RuntimeReady=false reason:ContainerdRuntimeNotReady message:containerd is not ready"
)
NETWORK = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)
SOCKET = (
    "Failed to create pod sandbox: rpc error: code = Unavailable desc = connection error: desc = "
    '"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"'
)


def asked(message: str, *more: Raw, status: str = "False") -> Snapshot:
    """The shop on a node that is not ready for this reason since a minute and a half."""
    ready = {
        "type": "Ready",
        "status": status,
        "reason": "KubeletNotReady",
        "message": message,
        "lastHeartbeatTime": ago(5),
        "lastTransitionTime": ago(90),
    }
    node = {"kind": "Node", "metadata": {"name": "node-1"}, "status": {"conditions": [ready]}}
    return snapshot(run("web is flaky", "Deployment/web"), [*shop(), node, *more])


@pytest.mark.parametrize("message", [PLEG, RUNTIME])
def test_the_kubelet_names_the_runtime(message: str) -> None:
    pod = next(item for item in shop() if item["metadata"]["name"] == "web-p0")
    found = asked(message, event(pod, "FailedCreatePodSandBox", SOCKET))
    assert_root(found, "Node/node-1", "RuntimeDown", message[:40], "containerd.sock")


def test_a_network_plugin_that_is_not_ready_is_not_the_runtime() -> None:
    found = assert_root(asked(NETWORK), "Node/node-1", "NodeNotReady")
    assert hypothesis(found, "RuntimeDown") is None


def test_a_node_that_recovered_has_a_runtime() -> None:
    assert hypothesis(report(asked(PLEG, status="True")), "RuntimeDown") is None


def test_a_container_that_was_started_since_refutes_it() -> None:
    pod = next(item for item in shop() if item["metadata"]["name"] == "web-p0")
    pod["metadata"]["name"] = "web-p9"
    pod["status"]["containerStatuses"] = [running("app", up=20)]
    assert_refuted(asked(PLEG, pod), "Node/node-1", "RuntimeDown")
