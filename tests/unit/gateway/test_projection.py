"""A tenant sees of cluster-scoped objects what the allow-list says, and nothing else (I8)."""

import base64
import json
import ssl
from pathlib import Path

import pytest

from casebook.api.names import PLATFORM_TENANT
from casebook.api.observation import Query, Result, getting, listing
from casebook.cluster.errors import Denied, Unavailable
from casebook.evidence.projection import PROJECTED, ca_validity, project, requested
from casebook.gateway.projected import Projector
from support.memorycluster import MemoryCluster, MemoryReader

CANARY = "canary"

NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "n1", "labels": {"zone": "a"}, "annotations": {"x": CANARY}, "managedFields": [CANARY]},
    "spec": {"taints": [{"key": "k", "effect": "NoSchedule"}], "providerID": CANARY, "podCIDR": CANARY},
    "status": {
        "allocatable": {"cpu": "2"},
        "conditions": [{"type": "Ready", "status": "True", "extra": CANARY}],
        "addresses": [{"address": CANARY}],
        "images": [{"names": [CANARY]}],
        "nodeInfo": {"machineID": CANARY},
    },
}


def pod(name: str, node: str = "n1", cpu: str = "250m", phase: str = "Running", **spec: object) -> dict[str, object]:
    containers = [{"name": "c", "resources": {"requests": {"cpu": cpu, "memory": "1Mi"}}}]
    return {
        "metadata": {"name": f"{CANARY}-{name}", "namespace": "other"},
        "spec": {"nodeName": node, "containers": containers, **spec},
        "status": {"phase": phase},
    }


def volume(name: str, namespace: str) -> dict[str, object]:
    return {
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "claimRef": {"namespace": namespace, "name": f"claim-of-{namespace}"},
            "csi": {"volumeHandle": CANARY},
            "nfs": {"server": CANARY},
        },
        "status": {"phase": "Bound"},
    }


OBJECTS = {
    "nodes": NODE,
    "persistentvolumes": volume("v", "shop"),
    "storageclasses.storage.k8s.io": {
        "metadata": {
            "name": "fast",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true", "a": CANARY},
        },
        "provisioner": "p",
        "parameters": {"secretName": CANARY},
    },
    "ingressclasses.networking.k8s.io": {
        "metadata": {"name": "nginx"},
        "spec": {"controller": "c", "parameters": {"name": CANARY}},
    },
    "priorityclasses.scheduling.k8s.io": {"metadata": {"name": "high", "annotations": {"a": CANARY}}, "value": 5},
    "apiservices.apiregistration.k8s.io": {
        "metadata": {"name": "v1.x"},
        "spec": {"group": "x", "version": "v1", "service": {"name": CANARY}, "caBundle": CANARY},
        "status": {"conditions": [{"type": "Available", "status": "False", "reason": "Failed", "message": CANARY}]},
    },
    "validatingwebhookconfigurations.admissionregistration.k8s.io": {
        "metadata": {"name": "w"},
        "webhooks": [{"name": "a.b", "rules": [{"resources": ["pods"]}], "clientConfig": {"url": CANARY}}],
    },
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": {
        "metadata": {"name": "w"},
        "webhooks": [{"name": "a.b", "failurePolicy": "Fail", "clientConfig": {"service": {"name": CANARY}}}],
    },
}


def test_every_projected_resource_has_an_example() -> None:
    assert OBJECTS.keys() == PROJECTED.keys()


@pytest.mark.parametrize("resource", sorted(OBJECTS))
def test_what_is_not_allowed_does_not_come_through(resource: str) -> None:
    projection = project(resource, [OBJECTS[resource]], {"shop"})
    assert CANARY not in json.dumps(projection.items)
    assert projection.items[0]["metadata"]["name"]
    assert projection.withheld


def test_what_is_allowed_does() -> None:
    (node,) = project("nodes", [NODE], {"shop"}).items
    assert node["metadata"]["labels"] == {"zone": "a"}
    assert node["spec"]["taints"]
    assert node["status"]["allocatable"] == {"cpu": "2"}
    assert node["status"]["conditions"] == [{"type": "Ready", "status": "True"}]
    (storage,) = project("storageclasses.storage.k8s.io", [OBJECTS["storageclasses.storage.k8s.io"]], set()).items
    assert storage["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}


def test_volumes_of_others_do_not_exist() -> None:
    volumes = [volume("mine", "shop"), volume("theirs", "other"), {"metadata": {"name": "free"}, "spec": {}}]
    projection = project("persistentvolumes", volumes, {"shop", "pay"})
    assert [item["metadata"]["name"] for item in projection.items] == ["mine"]


def test_requests_are_summed_as_the_scheduler_counts() -> None:
    init = {"name": "i", "resources": {"requests": {"cpu": "1"}}}
    sidecar = {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}}
    pods = [
        pod("a"),
        pod("b", initContainers=[init]),
        pod("c", initContainers=[sidecar], overhead={"cpu": "50m"}),
        pod("done", phase="Succeeded"),
        pod("waiting", node=""),
        pod("elsewhere", node="n2"),
    ]
    sums = requested(pods)
    assert sums["n1"] == {"cpu": "1.65", "memory": "3145728", "ephemeral-storage": "0", "pods": "3"}
    assert sums.keys() == {"n1", "n2"}


def test_the_validity_of_a_ca(tmp_path: Path) -> None:
    bundle = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    first = Path(bundle).read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
    start = first.index("-----BEGIN")
    found = ca_validity(base64.b64encode(first[start:].encode()).decode())
    assert len(found) == 1
    assert found[0]["notBefore"] < found[0]["notAfter"]
    assert found[0]["notAfter"].endswith("Z")


@pytest.mark.parametrize("bundle", ["", "not base64!", base64.b64encode(b"no certificate").decode(), "w6Q="])
def test_a_bundle_that_is_none_has_no_validity(bundle: str) -> None:
    assert ca_validity(bundle) == []


@pytest.fixture
def projector(cluster: MemoryCluster) -> Projector:
    cluster.put("nodes", NODE)
    cluster.put("pods", pod("a"))
    cluster.put("persistentvolumes", volume("mine", "shop"))
    cluster.put("persistentvolumes", volume("theirs", "other"))
    return Projector(MemoryReader(cluster))


async def test_nodes_come_with_their_requests(projector: Projector) -> None:
    answer = await projector.answer(listing("nodes"), "label:acme", {"shop"})
    assert answer.result is Result.OK
    (node,) = answer.data["items"]
    assert node["status"]["requested"]["cpu"] == "0.25"
    assert CANARY not in json.dumps(answer.wire())


async def test_one_volume_of_another_is_not_there(projector: Projector) -> None:
    mine = await projector.answer(getting("persistentvolumes", "mine"), "label:acme", {"shop"})
    assert mine.data["metadata"]["name"] == "mine"
    for name in ("theirs", "none"):
        answer = await projector.answer(getting("persistentvolumes", name), "label:acme", {"shop"})
        assert (answer.result, answer.data) == (Result.NOT_FOUND, None)


async def test_the_platform_sees_every_volume(projector: Projector) -> None:
    answer = await projector.answer(listing("persistentvolumes"), PLATFORM_TENANT, {"casebook-system"})
    assert len(answer.data["items"]) == 2


@pytest.mark.parametrize(
    "query",
    [
        listing("pods", "shop"),
        listing("namespaces"),
        listing("clusterroles.rbac.authorization.k8s.io"),
        listing("nodes", fields="spec.providerID=x"),
        Query(source="logs", resource="nodes"),
    ],
)
async def test_all_else_is_denied_in_words(projector: Projector, query: Query) -> None:
    answer = await projector.answer(query, "label:acme", {"shop"})
    assert (answer.result, answer.data) == (Result.DENIED, None)
    assert answer.message


async def test_without_the_right_to_list_pods_the_sums_are_withheld(
    projector: Projector, cluster: MemoryCluster
) -> None:
    cluster.before = lambda verb, resource: Denied("no") if resource == "pods" else None
    answer = await projector.answer(listing("nodes"), "label:acme", {"shop"})
    assert answer.result is Result.OK
    assert any("summed requests" in text for text in answer.withheld)


async def test_trouble_is_an_answer_and_not_an_error(projector: Projector, cluster: MemoryCluster) -> None:
    cluster.before = lambda verb, resource: Unavailable("down")
    assert (await projector.answer(listing("nodes"), "label:acme", {"shop"})).result is Result.UNAVAILABLE
