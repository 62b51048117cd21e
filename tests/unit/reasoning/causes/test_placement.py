"""Pods that cannot be scheduled, claims that are not bound, pods that are refused."""

from datetime import timedelta
from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from support.builders import (
    NOW,
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
    survey,
    template,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report
from support.shop import REFUSED, body, shop

NODE: Raw = {
    "kind": "Node",
    "metadata": {"name": "node-1", "labels": {"disk": "ssd"}},
    "spec": {},
    "status": {"allocatable": {"cpu": "2", "memory": "8Gi"}, "conditions": [{"type": "Ready", "status": "True"}]},
}


def node(**spec: object) -> Raw:
    return NODE | {"spec": spec}


def stuck(message: str, *nodes: Raw, **spec: object) -> list[Raw]:
    """An api whose new pod stays Pending, while the old one runs."""
    old, new = template("api", container()), template("api", container(), **spec)
    top = workload("api", new)
    first, second = replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=100)
    objects = [top, first, second, pod(first, old, name="api-old"), pending(second, new, message, name="api-new")]
    return [*objects, service("api"), endpoints("api"), *(nodes or (NODE,))]


@pytest.mark.parametrize(
    ("cause", "reason", "spec"),
    [
        ("NodeSelectorUnsatisfied", "1 node(s) didn't match Pod's node affinity/selector.", {"nodeSelector": {"disk": "nvme"}}),  # noqa: E501
        ("TaintNotTolerated", "1 node(s) had untolerated taint {gpu: yes}.", {}),
        ("InsufficientResources", "1 Insufficient memory.", {}),
        ("AffinityUnsatisfied", "1 node(s) didn't match pod anti-affinity rules.",
         {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}}),
        ("TopologySpreadUnsatisfied", "1 node(s) didn't match pod topology spread constraints.",
         {"topologySpreadConstraints": [{"maxSkew": 1}]}),
        ("VolumeClaimMissing", 'persistentvolumeclaim "reports" not found.', {}),
    ],
)  # fmt: skip
def test_the_scheduler_gives_the_reason(cause: str, reason: str, spec: Raw) -> None:
    objects = stuck(
        f"0/1 nodes are available: {reason} preemption: 0/1 nodes are available: 1 Insufficient cpu.", **spec
    )
    assert_root(snapshot(run("why Pending?", "Deployment/api"), objects), "Deployment/api", cause)


def test_a_node_that_carries_the_labels_refutes_the_selector() -> None:
    message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
    objects = stuck(message, nodeSelector={"disk": "ssd"})
    assert_refuted(snapshot(run("", "Deployment/api"), objects), "Deployment/api", "NodeSelectorUnsatisfied")


def test_a_cordoned_node_is_named() -> None:
    message = "0/1 nodes are available: 1 node(s) were unschedulable."
    found = snapshot(run("", "Deployment/api"), stuck(message, node(unschedulable=True)))
    assert_root(found, "Node/node-1", "NodeCordoned")


def test_another_workload_that_is_too_big_is_not_the_cause() -> None:
    big = workload("analytics")
    owner = replicaset(big, 1, big["spec"]["template"], age=100)
    decoy = pending(owner, big["spec"]["template"], "0/1 nodes are available: 1 Insufficient memory.")
    message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
    objects = [*stuck(message, nodeSelector={"disk": "nvme"}), big, owner, decoy]
    assert_root(snapshot(run("", "Deployment/api"), objects), "Deployment/api", "NodeSelectorUnsatisfied")


class TestNodeName:
    """A template that names its node: no scheduler is asked, and only the kubelet of that node would say anything."""

    def objects(self, *nodes: Raw, on: str = "node-9", template_says: str = "node-9", **status: Any) -> list[Raw]:
        old, new = body("auth"), body("auth", nodeName=template_says)
        top = workload("auth", new)
        first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=100)
        waits = {
            "kind": "Pod",
            "metadata": meta("auth-new", age=40, owner=second, labels={"app": "auth"}),
            "spec": {**new["spec"], "nodeName": on},
            "status": {"phase": "Pending", **status},
        }
        return [*shop("auth"), top, first, second, waits, service("auth"), endpoints("auth", 0), *nodes]

    def asked(self, *objects: Raw) -> Any:
        said = log("api-p0", [REFUSED] * 6, end=5, step=10)
        return snapshot(run("web shows nothing", "Deployment/web"), objects, said)

    def test_a_node_that_does_not_exist_is_named_with_the_revision(self) -> None:
        found = assert_root(
            self.asked(*self.objects(NODE)),
            "Deployment/auth",
            "NodeSelectorUnsatisfied",
            "node node-9 (spec.nodeName), which does not exist",
            "nodes that there are: [node-1]",
            "spec.nodeName added: node-9",
        )
        assert found.root_causes[0].since == NOW - timedelta(seconds=100)
        assert any("rollout undo" in step for step in found.next_steps)
        assert "kubectl get nodes" in found.next_steps

    def test_that_it_is_down_says_less(self) -> None:
        found = assert_refuted(self.asked(*self.objects(NODE)), "Deployment/auth", "DependencyDown")
        assert "waits on node node-9" in str(hypothesis(found, "DependencyDown"))

    def test_where_nodes_were_not_seen_nothing_is_said_of_them(self) -> None:
        assert_not_named(self.asked(*self.objects()), "NodeSelectorUnsatisfied")
        cut = [
            item.model_copy(update={"truncated": item.query.resource == "nodes"}) for item in survey(self.objects(NODE))
        ]
        assert_not_named(Snapshot(run("", "Deployment/auth"), tuple(cut)), "NodeSelectorUnsatisfied")

    def test_a_node_that_exists_is_another_matter(self) -> None:
        ill = NODE | {"status": {"conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": ago(600)}]}}
        assert_not_named(self.asked(*self.objects(ill, on="node-1")), "NodeSelectorUnsatisfied")

    def test_what_a_scheduler_placed_may_be_on_a_node_that_came_later(self) -> None:
        placed = {"conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": ago(3)}]}
        assert_not_named(self.asked(*self.objects(NODE, **placed)), "NodeSelectorUnsatisfied")

    def test_a_node_that_no_template_names(self) -> None:
        found = self.asked(*self.objects(NODE, template_says="node-1"))
        assert_refuted(found, "Deployment/auth", "NodeSelectorUnsatisfied")


class TestClaims:
    def objects(self, spec: Raw, *more: Raw) -> list[Raw]:
        claim = {
            "kind": "PersistentVolumeClaim",
            "metadata": meta("data", age=300),
            "spec": spec,
            "status": {"phase": "Pending"},
        }
        new = template("reports", container(), volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}])
        top = workload("reports", new, kind="StatefulSet")
        waits = pending(top, new, "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.")
        return [claim, top, waits, NODE, *more]

    def test_a_class_that_does_not_exist(self) -> None:
        objects = self.objects({"storageClassName": "fast-ssd"})
        told = event(objects[0], "ProvisioningFailed", 'storageclass.storage.k8s.io "fast-ssd" not found')
        asked = run("", "StatefulSet/reports")
        assert_root(snapshot(asked, [*objects, told]), "PersistentVolumeClaim/data", "StorageClassMissing", "fast-ssd")

    @pytest.mark.parametrize(
        "said", ["had volume node affinity conflict", "didn't match PersistentVolume's node affinity"]
    )
    def test_a_volume_that_is_on_another_node(self, said: str) -> None:
        term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-9"]}]}
        volume = {
            "kind": "PersistentVolume",
            "metadata": {"name": "pv-1"},
            "spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [term]}}},
            "status": {"phase": "Bound"},
        }
        objects = self.objects({"volumeName": "pv-1"}, volume)
        objects[0]["status"]["phase"] = "Bound"
        told = event(objects[2], "FailedScheduling", f"0/1 nodes are available: 1 node(s) {said}.")
        asked = run("", "StatefulSet/reports")
        found = assert_root(
            snapshot(asked, [*objects, told]), "PersistentVolumeClaim/data", "VolumeBindingFailed", "node-9"
        )
        assert "affinity" in found.root_causes[0].statement
        other = event(objects[2], "FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.")
        assert_not_named(snapshot(asked, [*objects, other]), "VolumeBindingFailed")

    def test_a_volume_that_is_too_small(self) -> None:
        volume = {
            "kind": "PersistentVolume",
            "metadata": {"name": "pv-1"},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]},
            "status": {"phase": "Available"},
        }
        wants = {"resources": {"requests": {"storage": "2Gi"}}, "accessModes": ["ReadWriteOnce"]}
        objects = self.objects(wants, volume)
        told = event(
            objects[0], "FailedBinding", "no persistent volumes available for this claim and no storage class is set"
        )
        asked = run("", "StatefulSet/reports")
        assert_root(snapshot(asked, [*objects, told]), "PersistentVolumeClaim/data", "VolumeBindingFailed", "1Gi")

    def test_a_claim_that_waits_for_its_consumer_is_no_fault(self) -> None:
        claim = {"kind": "PersistentVolumeClaim", "metadata": meta("data"), "spec": {}, "status": {"phase": "Pending"}}
        told = event(
            claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding", kind="Normal"
        )
        assert report(snapshot(run("is the shop well?"), [*shop(), claim, told])).verdict.value == "NoFault"


REFUSALS = {
    "QuotaExceeded": ("ResourceQuota/team", "exceeded quota: team, requested: pods=1, used: pods=6, limited: pods=6"),
    "LimitRangeDenied": ("LimitRange/box", "maximum memory usage per Container is 64Mi, but limit is 128Mi"),
    "PodSecurityDenied": ("Namespace/shop", 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false'),  # noqa: E501
    "ServiceAccountMissing": ("Deployment/api", 'error looking up service account shop/x: serviceaccount "x" not found'),  # noqa: E501
    "AdmissionWebhookDown": ("ValidatingWebhookConfiguration/guard.acme.example",
                             'failed calling webhook "guard.acme.example": Post "https://guard.shop.svc": connection refused'),  # noqa: E501
    "AdmissionWebhookTLS": ("ValidatingWebhookConfiguration/guard.acme.example",
                            'failed calling webhook "guard.acme.example": tls: x509: certificate signed by unknown authority'),  # noqa: E501
    "AdmissionWebhookDenies": ("ValidatingWebhookConfiguration/guard.acme.example",
                               'admission webhook "guard.acme.example" denied the request: no'),
    "AdmissionPolicyDenies": ("ValidatingAdmissionPolicy/p", "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"),  # noqa: E501
}  # fmt: skip


def refused(message: str, *, live: int = 1) -> list[Raw]:
    body = template("api", container())
    top = workload("api", body, replicas=2)
    owner = replicaset(top, 1, body, age=7000, replicas=2)
    told = event(owner, "FailedCreate", f'Error creating: pods "api-x" is forbidden: {message}')
    pods = [pod(owner, body, name=f"api-{number}") for number in range(live)]
    box = {"kind": "LimitRange", "metadata": meta("box"), "spec": {}}
    return [top, owner, told, *pods, service("api"), endpoints("api", live), box]


@pytest.mark.parametrize("cause", REFUSALS)
def test_the_api_server_names_what_refuses(cause: str) -> None:
    object_, message = REFUSALS[cause]
    assert_root(snapshot(run("", "Deployment/api"), refused(message)), object_, cause)


def test_a_refusal_that_is_over_is_no_cause() -> None:
    message = REFUSALS["QuotaExceeded"][1]
    found = assert_not_named(snapshot(run("", "Deployment/api"), refused(message, live=2)), "QuotaExceeded")
    assert found.verdict.value == "NoFault"


class TestJobs:
    def job(self, reason: str) -> list[Raw]:
        body = template("migrate", container("run"))
        gave_up = {"type": "Failed", "status": "True", "reason": reason, "lastTransitionTime": ago(60)}
        job = {
            "kind": "Job",
            "metadata": meta("migrate", age=200),
            "spec": {"template": body},
            "status": {"conditions": [gave_up]},
        }
        return [job]

    @pytest.mark.parametrize(
        ("cause", "reason"), [("JobFailed", "BackoffLimitExceeded"), ("JobDeadlineExceeded", "DeadlineExceeded")]
    )
    def test_the_reason_of_the_job_decides(self, cause: str, reason: str) -> None:
        assert_root(snapshot(run("", "Job/migrate"), self.job(reason)), "Job/migrate", cause)

    def test_of_a_cronjob_it_is_the_cronjob_that_is_to_be_mended(self) -> None:
        body = template("migrate", container("run"))
        cron = {
            "kind": "CronJob",
            "metadata": meta("nightly"),
            "spec": {"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": body}}},
        }
        [job] = self.job("BackoffLimitExceeded")
        job["metadata"] = meta("nightly-1", age=200, owner=cron)
        found = assert_root(snapshot(run("", "CronJob/nightly"), [cron, job]), "CronJob/nightly", "JobFailed")
        assert any("CronJob nightly" in step for step in found.next_steps)

    def test_a_completed_job_is_no_fault(self) -> None:
        body = template("migrate", container("run"))
        done = {"type": "Complete", "status": "True", "lastTransitionTime": ago(60)}
        job = {
            "kind": "Job",
            "metadata": meta("migrate"),
            "spec": {"template": body},
            "status": {"conditions": [done], "succeeded": 1},
        }
        assert report(snapshot(run("its pod is gone?", "Job/migrate"), [job])).verdict.value == "NoFault"

    def cron(self, **annotations: str) -> Raw:
        spec = {"suspend": True, "schedule": "0 * * * *", "jobTemplate": {"spec": {"template": template("report")}}}
        return {"kind": "CronJob", "metadata": meta("report", annotations=annotations), "spec": spec}

    def test_a_suspended_cronjob(self) -> None:
        asked = run("there is no report any more", "CronJob/report")
        assert_root(snapshot(asked, [self.cron()]), "CronJob/report", "CronJobSuspended")

    def test_a_cronjob_suspended_as_announced(self) -> None:
        asked = run("there is no report any more", "CronJob/report")
        objects = [self.cron(**{"acme.example/suspend-reason": "planned until migration is done"})]
        assert report(snapshot(asked, objects)).verdict.value == "NoFault"

    def suspended(self, **labels: str) -> Raw:
        spec = {"suspend": True, "template": template("migrate")}
        status = {"conditions": [{"type": "Suspended", "status": "True", "reason": "JobSuspended"}]}
        return {"kind": "Job", "metadata": meta("migrate", labels=labels), "spec": spec, "status": status}

    def test_a_suspended_job(self) -> None:
        asked = run("the migration does not start", "Job/migrate")
        assert_root(snapshot(asked, [self.suspended()]), "Job/migrate", "JobSuspended")

    def test_a_job_that_waits_for_its_turn_is_suspended_by_its_queue(self) -> None:
        asked = run("the migration does not start", "Job/migrate")
        queued = self.suspended(**{"kueue.x-k8s.io/queue-name": "nightly"})
        assert report(snapshot(asked, [queued])).verdict.value == "NoFault"

    def test_a_suspended_job_that_nobody_asked_about_is_left_alone(self) -> None:
        assert_not_named(snapshot(run("web fails", "Deployment/web"), [*shop(), self.suspended()]), "JobSuspended")


NO_PORTS = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."


def test_a_host_port_that_another_pod_holds() -> None:
    ports = [{"containerPort": 8080, "hostPort": 9000}]
    holder = healthy("agent", template("agent", container(ports=ports)))
    new = template("api", container(ports=ports))
    top = workload("api", new)
    owner = replicaset(top, 1, new, age=100)
    objects = [top, owner, pending(owner, new, NO_PORTS, name="api-new"), service("api"), endpoints("api", 0)]
    asked = run("why is api not up?", "Deployment/api")
    found = assert_root(snapshot(asked, [*objects, *holder, NODE]), "Deployment/api", "PortConflict", "port 9000")
    assert any("agent-p0" in one.excerpt for one in found.evidence)


def test_a_port_that_one_node_lacks_while_all_lack_room_is_not_the_reason() -> None:
    objects = stuck("0/3 nodes are available: 3 Insufficient cpu.")
    assert_not_named(snapshot(run("", "Deployment/api"), objects), "PortConflict")


@pytest.mark.parametrize(
    ("cause", "kind", "status", "reason"),
    [
        ("HPAAtMax", "ScalingLimited", "True", "TooManyReplicas"),
        ("HPANoMetrics", "ScalingActive", "False", "FailedGetResourceMetric"),
    ],
)
def test_autoscalers(cause: str, kind: str, status: str, reason: str) -> None:
    scaler = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": meta("api"),
        "spec": {"maxReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "api"}},
        "status": {
            "currentReplicas": 1,
            "desiredReplicas": 2,
            "conditions": [{"type": kind, "status": status, "reason": reason, "lastTransitionTime": ago(90)}],
        },
    }
    asked = run("api is slow", "Deployment/api")
    assert_root(snapshot(asked, [*healthy("api"), scaler]), "HorizontalPodAutoscaler/api", cause)
