"""Saved investigations as snapshots of k8s-sre-agent, which it can be asked about without a cluster.

A saved run holds what Casebook read: all pods, events and Deployments of the namespace, the nodes, and logs of the
containers that Casebook looked at, which are those that fail and those on the path to the symptom.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from casebook.api.observation import KUBERNETES, LOGS
from casebook.api.run import Trace

LINES = 40
"""Lines of a log that k8s-sre-agent reads, unless it is told otherwise."""
Object = dict[str, Any]


def snapshot(trace: Trace, owners: Mapping[str, str], namespace: str) -> Object:
    """The namespace as it saves it; `owners` maps `pod/name` to its controller and so on, as `Places` has them."""
    return {
        "namespace": namespace,
        "pods": [_pod(item, _workload(item, owners)) for item in _items(trace, "pods", namespace)],
        "events": [_event(item) for item in _items(trace, "events", namespace) if item.get("type") == "Warning"],
        "deployments": [_deployment(item) for item in _items(trace, "deployments.apps", namespace)],
        "nodes": [_node(item) for item in _items(trace, "nodes", "")],
        "logs": dict(_logs(trace, namespace)),
    }


def baseline(trace: Trace, namespace: str) -> list[Object]:
    """Pods and events of the namespace, as kubectl lists them."""
    pods = [item | {"kind": "Pod"} for item in _items(trace, "pods", namespace)]
    return pods + [item | {"kind": "Event"} for item in _items(trace, "events", namespace)]


def _items(trace: Trace, resource: str, namespace: str) -> Iterator[Object]:
    """Objects of a kind, each as it was seen last."""
    seen: dict[str, Object] = {}
    for one in trace.observations:
        query = one.query
        if (query.source, query.resource, query.namespace) == (KUBERNETES, resource, namespace) and one.data:
            seen |= {item["metadata"]["name"]: item for item in one.data.get("items", []) if "metadata" in item}
    yield from seen.values()


def _workload(pod: Object, owners: Mapping[str, str]) -> str:
    name = f"Pod/{pod['metadata']['name']}"
    while name.lower() in owners:
        name = owners[name.lower()]
    return name


def _pod(item: Object, workload: str) -> Object:
    spec, status = item.get("spec", {}), item.get("status", {})
    return {
        "name": item["metadata"]["name"],
        "namespace": item["metadata"]["namespace"],
        "workload": workload,
        "phase": status.get("phase", "Unknown"),
        "node_name": spec.get("nodeName"),
        "conditions": _conditions(item),
        "containers": _containers(spec.get("containers", []), status.get("containerStatuses", [])),
        "init_containers": _containers(spec.get("initContainers", []), status.get("initContainerStatuses", [])),
    }


def _containers(specs: list[Object], statuses: list[Object]) -> list[Object]:
    by_name = {status["name"]: status for status in statuses}
    return [_container(spec, by_name.get(spec["name"], {})) for spec in specs]


def _container(spec: Object, status: Object) -> Object:
    limits = spec.get("resources", {}).get("limits", {})
    state = next(iter((status.get("state") or {}).items()), ("unknown", {}))
    last = (status.get("lastState") or {}).get("terminated") or {}
    return {
        "name": spec["name"],
        "image": spec.get("image", ""),
        "ready": status.get("ready", False),
        "restart_count": status.get("restartCount", 0),
        "state": state[0],
        "reason": state[1].get("reason"),
        "message": state[1].get("message"),
        "exit_code": state[1].get("exitCode"),
        "last_state_reason": last.get("reason"),
        "last_exit_code": last.get("exitCode"),
        "memory_limit": limits.get("memory"),
        "cpu_limit": limits.get("cpu"),
    }


def _node(item: Object) -> Object:
    return {"name": item["metadata"]["name"], "conditions": _conditions(item)}


def _event(item: Object) -> Object:
    about = item["involvedObject"]
    return {
        "type": item["type"],
        "reason": item["reason"],
        "message": item.get("message", ""),
        "involved_kind": about["kind"],
        "involved_name": about["name"],
        "count": item.get("count") or 1,
    }


def _deployment(item: Object) -> Object:
    status, metadata = item.get("status", {}), item["metadata"]
    counts = {f"{name}_replicas": status.get(f"{name}Replicas", 0) for name in ("ready", "available", "updated")}
    wanted = {"replicas": item.get("spec", {}).get("replicas", 1), "conditions": _conditions(item)}
    return {"name": metadata["name"], "namespace": metadata["namespace"], **wanted, **counts}


def _conditions(item: Object) -> list[Object]:
    wanted = ("type", "status", "reason", "message")
    return [{key: one.get(key) for key in wanted} for one in item.get("status", {}).get("conditions", [])]


def _logs(trace: Trace, namespace: str) -> Iterator[tuple[str, str]]:
    """The last lines of each container, those of its previous run where there was one."""
    answers = [one for one in trace.observations if one.query.source == LOGS and one.query.namespace == namespace]
    for one in sorted(answers, key=lambda answer: answer.query.params.get("previous", "")):
        lines = [line["text"] for line in (one.data or {}).get("lines", [])]
        if lines and not one.query.is_earlier_log:
            yield f"{one.query.name}/{one.query.params.get('container', '')}", "\n".join(lines[-LINES:])


def dumped(trace: Trace, owners: Mapping[str, str], namespace: str) -> str:
    """The snapshot as a file."""
    return json.dumps(snapshot(trace, owners, namespace))
