"""Small builders of Kubernetes objects and runs, as the API server would give them, for tests of the pure core."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import RESOURCES
from casebook.api.base import timestamp
from casebook.api.investigation import Alert, InvestigationSpec
from casebook.api.meta import ObjectRef
from casebook.api.observation import Observation, Query, Result, listing, observation_id, pod_logs
from casebook.api.run import Run, Scene
from casebook.reasoning.planning.survey import CLUSTER, NAMESPACED

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NS = "shop"
Raw = dict[str, Any]


def ago(seconds: float) -> str:
    """The moment so many seconds before NOW, as Kubernetes writes it."""
    return timestamp(NOW - timedelta(seconds=seconds))


def meta(name: str, *, age: float = 7200, labels: Raw | None = None, owner: Raw | None = None, **more: Any) -> Raw:
    """Metadata; `age` in seconds before NOW."""
    found: Raw = {"name": name, "namespace": NS, "uid": f"uid-{name}", "creationTimestamp": ago(age)}
    if labels:
        found["labels"] = labels
    if owner:
        found["ownerReferences"] = [
            {"kind": owner["kind"], "name": owner["metadata"]["name"], "controller": True, "uid": "u"}
        ]
    return found | more


def managed(manager: str, age: float, fields: Raw, subresource: str = "") -> Raw:
    """One entry of managedFields."""
    entry: Raw = {"manager": manager, "operation": "Update", "time": ago(age), "fieldsV1": fields}
    return entry | ({"subresource": subresource} if subresource else {})


def container(name: str = "app", image: str = "shop:1", **more: Any) -> Raw:
    """A container of a template."""
    return {"name": name, "image": image, **more}


def env(**values: str) -> list[Raw]:
    """Environment variables with literal values."""
    return [{"name": name, "value": value} for name, value in values.items()]


def template(app: str, *containers: Raw, **spec: Any) -> Raw:
    """A pod template labelled `app`."""
    return {
        "metadata": {"labels": {"app": app}},
        "spec": {"containers": list(containers) or [container(app)], **spec},
    }


def workload(name: str, body: Raw | None = None, *, kind: str = "Deployment", replicas: int = 1, **more: Any) -> Raw:
    """A Deployment, StatefulSet or DaemonSet."""
    body = body or template(name)
    metadata = more.pop("metadata", None) or meta(name)
    return {
        "kind": kind,
        "metadata": metadata,
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": body["metadata"]["labels"]},
            "template": body,
            **more,
        },
    }


def replicaset(deployment: Raw, revision: int, body: Raw, *, age: float, replicas: int = 1) -> Raw:
    """One revision of a Deployment."""
    name = f"{deployment['metadata']['name']}-r{revision}"
    annotations = {"deployment.kubernetes.io/revision": str(revision)}
    metadata = meta(name, age=age, owner=deployment, annotations=annotations)
    return {"kind": "ReplicaSet", "metadata": metadata, "spec": {"replicas": replicas, "template": body}}


def controllerrevision(owner: Raw, revision: int, body: Raw, *, age: float) -> Raw:
    """One revision of a StatefulSet or DaemonSet."""
    return {
        "kind": "ControllerRevision",
        "metadata": meta(f"{owner['metadata']['name']}-r{revision}", age=age, owner=owner),
        "data": {"spec": {"template": {**body, "$patch": "replace"}}},
        "revision": revision,
    }


def running(name: str, *, up: float = 3600, ready: bool = True, restarts: int = 0, last: Raw | None = None) -> Raw:
    """Status of a running container; `last` is its last termination."""
    found: Raw = {
        "name": name,
        "ready": ready,
        "restartCount": restarts,
        "state": {"running": {"startedAt": ago(up)}},
    }
    return found | ({"lastState": {"terminated": last}} if last else {})


def waiting(name: str, reason: str, message: str = "", *, restarts: int = 0, last: Raw | None = None) -> Raw:
    """Status of a waiting container."""
    state = {"waiting": {"reason": reason, "message": message}}
    found: Raw = {"name": name, "ready": False, "restartCount": restarts, "state": state}
    return found | ({"lastState": {"terminated": last}} if last else {})


def ended(code: int, reason: str = "Error", *, lived: float = 2, since: float = 30, **more: Any) -> Raw:
    """A termination `since` seconds ago after `lived` seconds."""
    times = {"startedAt": ago(since + lived), "finishedAt": ago(since)}
    return {"exitCode": code, "reason": reason, **times, **more}


def pod(owner: Raw, body: Raw, *statuses: Raw, name: str = "", age: float = 3600, **more: Any) -> Raw:
    """A pod of a ReplicaSet, StatefulSet or Job; ready if all its containers are."""
    name = name or f"{owner['metadata']['name']}-x1"
    statuses = statuses or tuple(running(item["name"]) for item in body["spec"]["containers"])
    ready = all(item["ready"] for item in statuses)
    status: Raw = {
        "phase": "Running" if all("running" in item["state"] for item in statuses) else "Pending",
        "containerStatuses": list(statuses),
        "podIP": "10.0.0.9",
        "conditions": [
            {"type": "PodScheduled", "status": "True"},
            {"type": "Ready", "status": str(ready), "lastTransitionTime": ago(min(age, 600))},
        ],
    }
    labels = body["metadata"]["labels"]
    return {
        "kind": "Pod",
        "metadata": meta(name, age=age, owner=owner, labels=labels),
        "spec": {**body["spec"], "nodeName": "node-1"},
        "status": status | more,
    }


def pending(owner: Raw, body: Raw, message: str, *, name: str = "", age: float = 120) -> Raw:
    """A pod that cannot be scheduled."""
    name = name or f"{owner['metadata']['name']}-x1"
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return {
        "kind": "Pod",
        "metadata": meta(name, age=age, owner=owner, labels=body["metadata"]["labels"]),
        "spec": dict(body["spec"]),
        "status": {"phase": "Pending", "conditions": [scheduled]},
    }


def service(name: str, port: int = 80, target: object = 8080, **more: Any) -> Raw:
    """A Service that selects `app: <name>`."""
    spec = {
        "clusterIP": more.pop("ip", f"10.96.0.{sum(map(ord, name)) % 250}"),
        "selector": more.pop("selector", {"app": name}),
        "ports": [{"port": port, "targetPort": target, "protocol": more.pop("protocol", "TCP")}],
    }
    return {"kind": "Service", "metadata": more.pop("metadata", None) or meta(name), "spec": spec | more}


def endpoints(name: str, ready: int = 1, *, unready: int = 0) -> Raw:
    """The EndpointSlice of a Service."""
    items = [{"addresses": ["10.0.0.9"], "conditions": {"ready": True}} for _ in range(ready)]
    items += [{"addresses": ["10.0.0.8"], "conditions": {"ready": False}} for _ in range(unready)]
    labels = {"kubernetes.io/service-name": name}
    return {"kind": "EndpointSlice", "metadata": meta(f"{name}-s1", labels=labels), "endpoints": items}


def configmap(name: str, data: Raw, **more: Any) -> Raw:
    """A ConfigMap."""
    return {"kind": "ConfigMap", "metadata": meta(name, **more), "data": data}


def event(about: Raw, reason: str, message: str, *, since: float = 30, count: int = 3, kind: str = "Warning") -> Raw:
    """A core v1 Event about an object."""
    name = about["metadata"]["name"]
    return {
        "kind": "Event",
        "metadata": meta(f"{name}.{reason}.{abs(hash(message)) % 10**8}", age=since),
        "involvedObject": {"kind": about["kind"], "name": name, "namespace": about["metadata"].get("namespace", "")},
        "type": kind,
        "reason": reason,
        "message": message,
        "count": count,
        "firstTimestamp": ago(since + 60),
        "lastTimestamp": ago(since),
        "source": {"component": "kubelet"},
    }


def healthy(name: str, body: Raw | None = None, *, replicas: int = 1, kind: str = "Deployment") -> list[Raw]:
    """A workload whose pods are all ready, with its Service and endpoints."""
    body = body or template(name)
    top = workload(name, body, replicas=replicas, kind=kind)
    owner = replicaset(top, 1, body, age=7200, replicas=replicas) if kind == "Deployment" else top
    pods = [pod(owner, body, name=f"{name}-p{number}") for number in range(replicas)]
    first = [top, owner] if kind == "Deployment" else [top]
    return [*first, *pods, service(name), endpoints(name, replicas)]


def run(
    question: str = "",
    target: str = "",
    *,
    alert: Raw | None = None,
    starts_at: datetime | None = None,
    scope: str = "Namespace",
    **spec: Any,
) -> Run:
    """A run in NS at NOW; the target as `Kind/name`, the alert by its labels."""
    kind, _, name = target.partition("/")
    return Run(
        uid="0000",
        name="inv-1",
        namespace=NS,
        now=NOW,
        spec=InvestigationSpec(
            question=question,
            target=ObjectRef(kind=kind, namespace=NS, name=name) if target else None,
            alert=Alert(labels=alert, starts_at=starts_at) if alert else None,
            scope=scope,
            **spec,
        ),
        scene=Scene(tenant=f"ns:{NS}", namespaces=[NS]),
    )


def observe(query: Query, data: Any, round_: int = 0, *, result: Result = Result.OK, message: str = "") -> Observation:
    """The answer to one query."""
    return Observation(
        id=observation_id(round_, query),
        round=round_,
        query=query,
        result=result,
        message=message,
        observed_at=NOW,
        data=data,
        bytes=100,
    )


def survey(objects: Iterable[Raw], round_: int = 0) -> list[Observation]:
    """The whole survey of NS with these objects in it; kinds without objects answer with empty lists."""
    held: dict[str, list[Raw]] = {name: [] for name in (*NAMESPACED, *CLUSTER)}
    for item in objects:
        held["events" if item["kind"] == "Event" else RESOURCES[item["kind"]]].append(item)
    queries = [(listing(name, NS), name) for name in NAMESPACED] + [(listing(name), name) for name in CLUSTER]
    return [observe(query, {"items": held[name]}, round_) for query, name in queries]


def log(
    pod_name: str,
    lines: Sequence[str],
    *,
    container: str = "app",
    previous: bool = False,
    end: float = 5,
    step: float = 1,
) -> Observation:
    """The log of a container; the last line `end` seconds before NOW, the others `step` seconds apart."""
    times = [ago(end + step * (len(lines) - 1 - number)) for number in range(len(lines))]
    data = {"lines": [{"at": at, "text": line} for at, line in zip(times, lines, strict=True)]}
    return observe(pod_logs(NS, pod_name, container, previous=previous), data, 1)


def snapshot(asked: Run, objects: Iterable[Raw], *logs: Observation) -> Snapshot:
    """A snapshot of a survey and logs."""
    return Snapshot(asked, (*survey(objects), *logs))
