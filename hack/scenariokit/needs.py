"""What a cluster offers; a scenario that needs more is skipped by name, with the reason."""

import asyncio
from collections.abc import Awaitable, Callable

from scenariokit.format import WHOLE_CLUSTER, Need
from scenariokit.kubectl import Kube

PROMETHEUS = "casebook.dev/fixture=prometheus"
"""Label of the Service of a Prometheus that scrapes what scenarios start."""
ENFORCERS = ("calico-node", "cilium", "kindnet", "antrea-agent", "kube-router", "weave-net")


async def lacking(kube: Kube, wanted: set[Need]) -> dict[Need, str]:
    """The wanted needs that the cluster does not meet, each with why."""
    ordered = sorted(wanted)
    whys = await asyncio.gather(*(CHECKS[need](kube) for need in ordered))
    return {need: why for need, why in zip(ordered, whys, strict=True) if why}


async def _metrics(kube: Kube) -> str:
    done = await kube.run("get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes")
    return "metrics.k8s.io does not answer: no metrics-server" if done.code else ""


async def _prometheus(kube: Kube) -> str:
    done = await kube.run("get", "service", "-A", "-l", PROMETHEUS, "-o", "name")
    return "" if done.code == 0 and done.out.strip() else f"no Prometheus: no Service labelled {PROMETHEUS}"


async def _networkpolicy(kube: Kube) -> str:
    done = await kube.run("get", "daemonset", "-A", "-o", "name")
    names = {line.rpartition("/")[2] for line in done.out.split()}
    return "" if names & set(ENFORCERS) else "the network of this cluster does not enforce NetworkPolicy"


async def _two_nodes(kube: Kube) -> str:
    nodes = await kube.objects("nodes")
    usable = [n for n in nodes if not n["spec"].get("unschedulable") and not n["spec"].get("taints")]
    return "" if len(usable) > 1 else f"{len(usable)} node takes pods, two are needed"


async def _node_access(_: Kube) -> str:
    return "no shell on the nodes is given to scenarios"


async def _registry(kube: Kube) -> str:
    done = await kube.run("get", "pods", "-A", "-l", "casebook.dev/fixture=registry", "-o", "jsonpath={..phase}")
    return (
        ""
        if "Running" in done.out
        else "no registry at localhost:5000 of the node: no pod labelled casebook.dev/fixture=registry"
    )


async def _whole_cluster(_: Kube) -> str:
    return "it disturbs all that runs in the cluster; --disturb runs it"


CHECKS: dict[Need, Callable[[Kube], Awaitable[str]]] = {
    "metrics": _metrics,
    "prometheus": _prometheus,
    "networkpolicy": _networkpolicy,
    "two-nodes": _two_nodes,
    "node-access": _node_access,
    "registry": _registry,
    WHOLE_CLUSTER: _whole_cluster,
}
