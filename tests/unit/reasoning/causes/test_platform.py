"""Nodes, certificates, pre-emption and rollouts that do not go on."""

import pytest

from support.builders import (
    Raw,
    ago,
    container,
    endpoints,
    event,
    healthy,
    log,
    meta,
    pending,
    pod,
    replicaset,
    run,
    service,
    snapshot,
    template,
    waiting,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, report
from support.shop import body, shop


@pytest.mark.parametrize(
    ("cause", "kind", "status"),
    [
        ("NodeNotReady", "Ready", "Unknown"),
        ("NodeDiskPressure", "DiskPressure", "True"),
        ("NodeMemoryPressure", "MemoryPressure", "True"),
        ("NodePIDPressure", "PIDPressure", "True"),
    ],
)
def test_a_node_says_what_is_wrong_with_it(cause: str, kind: str, status: str) -> None:
    condition = {
        "type": kind,
        "status": status,
        "reason": "Kubelet",
        "message": "stopped posting",
        "lastTransitionTime": ago(90),
    }
    node = {"kind": "Node", "metadata": {"name": "node-1"}, "status": {"conditions": [condition]}}
    assert_root(snapshot(run("api is flaky", "Deployment/api"), [*shop(), node]), "Node/node-1", cause)


def test_a_node_that_is_well_is_no_cause() -> None:
    fine = [{"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "False"}]
    node = {"kind": "Node", "metadata": {"name": "node-1"}, "status": {"conditions": fine}}
    assert report(snapshot(run("api is flaky", "Deployment/api"), [*shop(), node])).verdict.value == "NoFault"


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("CertificateExpired", "x509: certificate has expired or is not yet valid"),
        ("CertificateMismatch", "x509: certificate signed by unknown authority"),
        ("CertificateMismatch", "SSLError: certificate verify failed: Hostname mismatch"),
    ],
)
def test_certificates(cause: str, words: str) -> None:
    served = template("auth", container(), volumes=[{"name": "t", "secret": {"secretName": "auth-tls"}}])
    line = '{"level":"ERROR","msg":"POST https://auth:80/verify failed: %s"}' % words  # noqa: UP031
    objects = [*shop("auth"), *healthy("auth", served)]
    found = snapshot(run("checkout fails", "Deployment/api"), objects, log("api-p0", [line] * 6))
    assert_root(found, "Secret/auth-tls", cause, "certificate")


def test_a_tls_word_in_a_refused_connection_is_no_certificate() -> None:
    line = '{"level":"ERROR","msg":"POST https://auth:80/verify failed: connection refused (tls: no)"}'
    found = snapshot(run("checkout fails", "Deployment/api"), shop(), log("api-p0", [line] * 6))
    assert_not_named(found, "CertificateExpired")


def displaced(message: str) -> list[Raw]:
    top = workload("api")
    owner = replicaset(top, 1, top["spec"]["template"], age=4000)
    waits = pending(owner, top["spec"]["template"], "0/1 nodes are available: 1 Insufficient cpu.")
    batch = workload("batch", template("batch", priority=1000))
    second = replicaset(batch, 1, batch["spec"]["template"], age=100)
    winner = pod(second, batch["spec"]["template"], name="batch-p0", age=100)
    winner["metadata"]["uid"] = "01234567-89ab-cdef-0123-456789abcdef"
    victim = {"kind": "Pod", "metadata": meta("api-r1-gone")}
    return [
        top,
        owner,
        waits,
        batch,
        second,
        winner,
        event(victim, "Preempted", message),
        service("api"),
        endpoints("api", 0),
    ]


def test_pre_emption_names_what_took_the_place() -> None:
    objects = displaced("Preempted by pod 01234567-89ab-cdef-0123-456789abcdef on node node-1")
    assert_root(snapshot(run("api is gone", "Deployment/api"), objects), "Deployment/batch", "Preempted")


def test_little_room_without_pre_emption_is_only_little_room() -> None:
    assert_root(
        snapshot(run("api is gone", "Deployment/api"), displaced("nothing")), "Deployment/api", "InsufficientResources"
    )


def test_what_took_the_scarce_room_with_a_higher_priority_speaks_against_a_mere_lack_of_it() -> None:
    objects = displaced("nothing")
    for item in objects:
        if item["metadata"]["name"] == "batch-p0":
            item["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "2"}}
            item["metadata"]["creationTimestamp"] = ago(125)
    assert_refuted(snapshot(run("api is gone", "Deployment/api"), objects), "Deployment/api", "InsufficientResources")


LATE = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "lastTransitionTime": ago(60),
}


class TestRolloutStuck:
    def objects(self, *statuses: Raw) -> list[Raw]:
        new = body("api")
        top = workload("api", new, replicas=2)
        top["status"] = {"conditions": [LATE], "updatedReplicas": 1}
        owner = replicaset(top, 2, new, age=700, replicas=2)
        pods = [pod(owner, new, name="api-p0"), pod(owner, new, *statuses, name="api-p1")]
        return [top, owner, *pods, service("api"), endpoints("api", 2)]

    def test_a_deadline_that_passed_with_pods_that_are_well(self) -> None:
        assert_root(
            snapshot(run("the rollout hangs", "Deployment/api"), self.objects()), "Deployment/api", "RolloutStuck"
        )

    def test_a_deeper_reason_refutes_it(self) -> None:
        stuck = waiting("app", "ImagePullBackOff", "manifest unknown: not found")
        asked = snapshot(run("the rollout hangs", "Deployment/api"), self.objects(stuck))
        found = assert_refuted(asked, "Deployment/api", "RolloutStuck")
        assert [item.cause for item in found.root_causes] == ["ImageNotFound"]


CLASSES = (
    ('RuntimeClass "gvisor" not found', "pod rejected: ", "RuntimeClass gvisor (runtimeClassName)"),
    ("no PriorityClass with name urgent was found", "", "PriorityClass urgent (priorityClassName)"),
)


@pytest.mark.parametrize(("said", "before", "fact"), CLASSES)
def test_a_class_that_the_template_names_and_the_cluster_does_not_have(said: str, before: str, fact: str) -> None:
    top = workload("render", replicas=1)
    newest = replicaset(top, 2, top["spec"]["template"], age=100)
    refused = event(newest, "FailedCreate", f'Error creating: pods "render-r2-" is forbidden: {before}{said}')
    found = snapshot(run("there is no new pod", "Deployment/render"), [top, newest, refused])
    assert_root(found, "Deployment/render", "AdmissionPolicyDenies", fact, "does not exist")
