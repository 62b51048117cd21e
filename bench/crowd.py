"""A namespace with many pods that no kubelet runs: objects with the statuses that a kubelet would have written.

One workload is broken, and it comes last by name, where whoever cuts a list short would not see it. An API server
without controllers of its own is needed, which would mend or remove what is made here.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from casebook.api.base import timestamp
from casebook.cluster.client import Client
from casebook.cluster.reader import Reader
from casebook.cluster.resources import locate
from casebook.cluster.writer import Writer

PODS_PER_WORKLOAD = 5
REVISIONS = 3
"""ReplicaSets of each Deployment, the older ones without pods."""
RECENT = 5
"""Of so many workloads one has been rolled out lately, so that its pods have events."""
NODES = 20
BROKEN = "work-broken"
IMAGE, MISSING = "registry.example/work:4.2.1", "registry.example/work:4.2.l"
AT_ONCE = 16

Raw = dict[str, Any]


@dataclass(frozen=True)
class Spot:
    """A pod's place: its number among all of the namespace, its Deployment, and whether that is the broken one."""

    number: int
    deployment: str

    @property
    def broken(self) -> bool:
        """Whether its image is not there."""
        return self.deployment == BROKEN


class Crowd:
    """A namespace of an API server, which grows."""

    def __init__(self, client: Client, namespace: str, now: datetime | None = None) -> None:
        self._client = client
        self._writer, self._reader = Writer(client, "casebook-bench"), Reader(client)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.namespace = namespace
        self.now = now or datetime.now(UTC)
        self.workloads = 0

    @property
    def pods(self) -> int:
        """How many pods there are."""
        return self.workloads * PODS_PER_WORKLOAD

    async def begin(self) -> None:
        """The namespace, with what controllers put into each, and the nodes. Raises `ClusterError`."""
        await self._writer.create("namespaces", {"metadata": {"name": self.namespace}})
        await self._create("serviceaccounts", {"metadata": {"name": "default"}})
        for index in range(NODES):
            node = f"node-{index:02}"
            await self._writer.create("nodes", {"metadata": {"name": node}})
            await self._writer.patch("nodes", node, "", {"status": node_status(self.now)}, "status")

    async def grow(self, pods: int) -> None:
        """Until there are so many pods, a multiple of `PODS_PER_WORKLOAD`. Raises `ClusterError`."""
        names = [BROKEN if index == 0 else f"work-{index:04}" for index in range(pods // PODS_PER_WORKLOAD)]
        new = range(self.workloads, len(names))
        await asyncio.gather(*(self._bounded(self._workload(names[index], index)) for index in new))
        self.workloads = len(names)

    async def _bounded(self, work: Awaitable[None]) -> None:
        async with self._slots:
            await work

    async def _workload(self, name: str, index: int) -> None:
        for resource, manifest in (("configmaps", config_map(name)), ("services", service(name))):
            await self._create(resource, manifest)
        deployment = await self._create("deployments.apps", deployment_of(name))
        await self._status("deployments.apps", name, deployment_status(name == BROKEN))
        revisions = [await self._revision(deployment, number) for number in range(1, REVISIONS + 1)]
        spots = [Spot(index * PODS_PER_WORKLOAD + number, name) for number in range(PODS_PER_WORKLOAD)]
        pods = [await self._pod(revisions[-1], spot) for spot in spots]
        await self._create("endpointslices.discovery.k8s.io", endpoint_slice(name, zip(spots, pods, strict=True)))
        if name == BROKEN or index % RECENT == 0:
            for event in (event for pod in pods for event in events(pod, self.now)):
                await self._create("events", event)

    async def _revision(self, deployment: Raw, number: int) -> Raw:
        made = await self._create("replicasets.apps", replica_set(deployment, number))
        if number == REVISIONS:
            ready = 0 if deployment["metadata"]["name"] == BROKEN else PODS_PER_WORKLOAD
            status = {"replicas": PODS_PER_WORKLOAD, "readyReplicas": ready, "availableReplicas": ready}
            await self._status("replicasets.apps", made["metadata"]["name"], status)
        return made

    async def _pod(self, owner: Raw, spot: Spot) -> Raw:
        made = await self._create("pods", pod(owner, spot))
        await self._status("pods", made["metadata"]["name"], pod_status(spot, self.now))
        return made

    async def _create(self, resource: str, manifest: Raw) -> Raw:
        where = locate(resource)
        placed = {**manifest["metadata"], "namespace": self.namespace}
        whole = {"apiVersion": where.api_version, "kind": where.kind, **manifest, "metadata": placed}
        made, _ = await self._writer.create(resource, whole)
        return made

    async def _status(self, resource: str, name: str, status: Raw) -> None:
        await self._writer.patch(resource, name, self.namespace, {"status": status}, "status")


def template(name: str, revision: int = REVISIONS) -> Raw:
    """A pod template as people write them; of the broken one's newest revision the tag of the image is mistyped."""
    mistyped = name == BROKEN and revision == REVISIONS
    probe = {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 10}
    container = {
        "name": "work",
        "image": MISSING if mistyped else IMAGE if revision == REVISIONS else f"{IMAGE}-{revision}",
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [
            {"name": "PEER_URL", "value": f"http://{name}.example.org"},
            *({"name": f"SETTING_{index}", "value": f"value-{index}"} for index in range(10)),
            {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        ],
        "envFrom": [{"configMapRef": {"name": name}}],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "readinessProbe": probe,
        "livenessProbe": {**probe, "initialDelaySeconds": 20},
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
    }
    spec = {"containers": [container], "volumes": [{"name": "scratch", "emptyDir": {}}]}
    return {"metadata": {"labels": {"app": name, "team": "bench"}}, "spec": spec}


def config_map(name: str) -> Raw:
    """The settings of a workload."""
    return {"metadata": {"name": name}, "data": {"MODE": "quiet", "WORKERS": "4"}}


def service(name: str) -> Raw:
    """The Service of a workload."""
    return {"metadata": {"name": name}, "spec": {"selector": {"app": name}, "ports": [_port()]}}


def deployment_of(name: str) -> Raw:
    """A Deployment."""
    spec = {"replicas": PODS_PER_WORKLOAD, "selector": {"matchLabels": {"app": name}}, "template": template(name)}
    annotations = {"deployment.kubernetes.io/revision": str(REVISIONS)}
    return {"metadata": {"name": name, "labels": {"app": name}, "annotations": annotations}, "spec": spec}


def deployment_status(broken: bool) -> Raw:
    """What the controller of Deployments would write."""
    ready = 0 if broken else PODS_PER_WORKLOAD
    available = {"type": "Available", "status": str(not broken), "reason": "MinimumReplicas"}
    counts = {"replicas": PODS_PER_WORKLOAD, "updatedReplicas": PODS_PER_WORKLOAD, "readyReplicas": ready}
    return {"observedGeneration": 1, **counts, "availableReplicas": ready, "conditions": [available]}


def replica_set(deployment: Raw, revision: int) -> Raw:
    """One revision of a Deployment; only the newest has pods."""
    name = deployment["metadata"]["name"]
    body = template(name, revision)
    hashed = {"pod-template-hash": f"{revision:010}"}
    body["metadata"]["labels"] |= hashed
    return {
        "metadata": {
            "name": f"{name}-{revision:010}",
            "labels": body["metadata"]["labels"],
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            "ownerReferences": [_owner("Deployment", deployment)],
        },
        "spec": {
            "replicas": PODS_PER_WORKLOAD if revision == REVISIONS else 0,
            "selector": {"matchLabels": {"app": name, **hashed}},
            "template": body,
        },
    }


def pod(owner: Raw, spot: Spot) -> Raw:
    """A pod on a node; no kubelet takes it up."""
    body = owner["spec"]["template"]
    return {
        "metadata": {
            "name": f"{owner['metadata']['name']}-{spot.number:05}",
            "labels": body["metadata"]["labels"],
            "ownerReferences": [_owner("ReplicaSet", owner)],
        },
        "spec": {**body["spec"], "nodeName": f"node-{spot.number % NODES:02}"},
    }


def pod_status(spot: Spot, now: datetime) -> Raw:
    """What a kubelet would write: running and ready, or waiting for an image that is not there."""
    begun = timestamp(now - timedelta(minutes=30))
    ready = "False" if spot.broken else "True"
    conditions = [
        {"type": kind, "status": status, "lastTransitionTime": begun}
        for kind, status in (
            ("PodScheduled", "True"), ("Initialized", "True"), ("ContainersReady", ready), ("Ready", ready)
        )
    ]  # fmt: skip
    said = f'Back-off pulling image "{MISSING}": ErrImagePull: failed to resolve reference "{MISSING}": not found'
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": said}}
    state = waiting if spot.broken else {"running": {"startedAt": begun}}
    container = {
        "name": "work",
        "image": MISSING if spot.broken else IMAGE,
        "imageID": "" if spot.broken else f"registry.example/work@sha256:{4:064x}",
        "ready": not spot.broken,
        "restartCount": 0,
        "state": state,
    }
    return {
        "phase": "Pending" if spot.broken else "Running",
        "startTime": begun,
        "hostIP": "192.0.2.1",
        "podIP": _address(spot),
        "podIPs": [{"ip": _address(spot)}],
        "conditions": conditions,
        "containerStatuses": [container],
    }


def endpoint_slice(name: str, pods: Iterator[tuple[Spot, Raw]]) -> Raw:
    """The endpoints of a workload's Service."""
    endpoints = [
        {
            "addresses": [_address(spot)],
            "conditions": {"ready": not spot.broken, "serving": not spot.broken},
            "targetRef": {"kind": "Pod", "name": made["metadata"]["name"]},
        }
        for spot, made in pods
    ]
    labels = {"kubernetes.io/service-name": name}
    metadata = {"name": f"{name}-1", "labels": labels}
    ports = [{"name": "http", "port": 8080, "protocol": "TCP"}]
    return {"metadata": metadata, "addressType": "IPv4", "endpoints": endpoints, "ports": ports}


def events(made: Raw, now: datetime) -> Iterator[Raw]:
    """The events of a pod that was started half an hour ago."""
    name, container = made["metadata"]["name"], made["spec"]["containers"][0]
    image = container["image"]
    told = [("Scheduled", "Normal", f"Successfully assigned it to {made['spec']['nodeName']}")]
    if image == MISSING:
        said = f'Failed to pull image "{image}": failed to resolve reference "{image}": not found'
        told += [("Failed", "Warning", said), ("BackOff", "Normal", f'Back-off pulling image "{image}"')]
    else:
        told += [
            ("Pulled", "Normal", f'Container image "{image}" already present on machine'),
            ("Created", "Normal", f"Created container: {container['name']}"),
            ("Started", "Normal", f"Started container {container['name']}"),
        ]
    for reason, kind, message in told:
        yield {
            "metadata": {"name": f"{name}.{uuid4().hex[:16]}"},
            "involvedObject": {"kind": "Pod", "name": name, "namespace": made["metadata"]["namespace"]},
            "reason": reason,
            "type": kind,
            "message": message,
            "count": 1,
            "firstTimestamp": timestamp(now - timedelta(minutes=30)),
            "lastTimestamp": timestamp(now - timedelta(minutes=2 if reason == "BackOff" else 30)),
            "source": {"component": "kubelet"},
        }


def node_status(now: datetime) -> Raw:
    """A node that is well, without an address: nobody answers for the logs of its pods."""
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": timestamp(now)}
    capacity = {"cpu": "32", "memory": "128Gi", "pods": "110"}
    return {"conditions": [ready], "capacity": capacity, "allocatable": capacity}


def _owner(kind: str, found: Raw) -> Raw:
    metadata = found["metadata"]
    owned = {"apiVersion": "apps/v1", "kind": kind, "name": metadata["name"], "uid": metadata["uid"]}
    return {**owned, "controller": True, "blockOwnerDeletion": True}


def _port() -> Raw:
    return {"name": "http", "port": 80, "targetPort": "http"}


def _address(spot: Spot) -> str:
    return f"10.1.{spot.number // 250}.{spot.number % 250 + 1}"
