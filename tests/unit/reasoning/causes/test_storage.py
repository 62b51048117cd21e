"""Volumes that cannot be mounted or are held, locks, autoscalers that point to nothing, namespaces that go."""

from typing import Any

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
from support.reason import assert_refuted, assert_root, hypothesis, report
from support.shop import shop


def mounting(reason: str, message: str, *, volume: Raw | None = None) -> Any:
    """A workload whose pod waits for its volume `data`."""
    made = template(
        "ledger",
        container(),
        volumes=[{"name": "data"} | (volume or {"persistentVolumeClaim": {"claimName": "ledger-data"}})],
    )
    top = workload("ledger", made, kind="StatefulSet")
    placed = pod(top, made, waiting("app", "ContainerCreating"), name="ledger-0", age=200)
    alone = pending(top, made, message, name="ledger-0") if reason == "FailedScheduling" else placed
    claim = {"kind": "PersistentVolumeClaim", "metadata": meta("ledger-data"), "spec": {}, "status": {"phase": "Bound"}}
    told = event(alone, reason, message)
    return snapshot(run("ledger does not start", "StatefulSet/ledger"), [*shop(), top, alone, claim, told])


HELD = 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) other'
ALONE = "0/1 nodes are available: 1 node has pod using PersistentVolumeClaim with ReadWriteOncePod access mode."
UNKNOWN = 'MountVolume.MountDevice failed for volume "pvc-1" : driver name x.example not found in the list of drivers'
LATE = "Unable to attach or mount volumes: unmounted volumes=[data], timed out"


@pytest.mark.parametrize(
    ("cause", "reason", "message"),
    [
        ("VolumeInUse", "FailedAttachVolume", HELD),
        ("VolumeInUse", "FailedScheduling", ALONE),
        ("VolumeMountFailed", "FailedMount", UNKNOWN),
        ("VolumeMountFailed", "FailedMount", LATE),
    ],
)
def test_a_claim_that_cannot_be_had(cause: str, reason: str, message: str) -> None:
    assert_root(mounting(reason, message), "PersistentVolumeClaim/ledger-data", cause)


def test_a_volume_without_a_claim_is_the_workloads_own() -> None:
    said = 'MountVolume.SetUp failed for volume "data" : hostPath type check failed: /srv/ledger is not a directory'
    asked = mounting("FailedMount", said, volume={"hostPath": {"path": "/srv/ledger", "type": "Directory"}})
    assert_root(asked, "StatefulSet/ledger", "VolumeMountFailed", "/srv/ledger")


def test_a_missing_config_map_is_no_failed_mount() -> None:
    said = 'MountVolume.SetUp failed for volume "data" : configmap "settings" not found'
    asked = mounting("FailedMount", said, volume={"configMap": {"name": "settings"}})
    found = assert_refuted(asked, "StatefulSet/ledger", "VolumeMountFailed")
    assert [item.cause for item in found.root_causes] == ["ConfigMapMissing"]


class TestLockContention:
    def test_the_database_that_the_error_names(self) -> None:
        line = '{"level":"ERROR","msg":"database db:5432: canceling statement due to lock timeout"}'
        found = snapshot(run("checkout hangs", "Deployment/api"), shop(), log("api-p0", [line] * 6))
        assert_root(found, "StatefulSet/db", "LockContention", "lock timeout")

    def test_words_about_locks_that_are_no_failure(self) -> None:
        line = '{"level":"INFO","msg":"lock acquired, database is unlocked"}'
        found = snapshot(run("checkout hangs", "Deployment/api"), shop(), log("api-p0", [line] * 6))
        assert hypothesis(report(found), "LockContention") is None


class TestHPAMisconfigured:
    def asked(self, target: str, kind: str, reason: str, message: str) -> Any:
        condition = {"type": kind, "status": "False", "reason": reason, "message": message}
        scaler = {
            "kind": "HorizontalPodAutoscaler",
            "metadata": meta("api"),
            "spec": {"maxReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": target}},
            "status": {"conditions": [condition | {"lastTransitionTime": ago(90)}]},
        }
        asked = run("api does not scale", "HorizontalPodAutoscaler/api")
        return snapshot(asked, [*shop(), scaler])

    def test_it_points_to_nothing(self) -> None:
        asked = self.asked("apii", "AbleToScale", "FailedGetScale", 'deployments.apps "apii" not found')
        assert_root(asked, "HorizontalPodAutoscaler/api", "HPAMisconfigured", "apii")

    def test_it_measures_what_is_not_requested(self) -> None:
        said = "the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu"
        asked = self.asked("api", "ScalingActive", "FailedGetResourceMetric", said)
        assert_root(asked, "HorizontalPodAutoscaler/api", "HPAMisconfigured", "missing request for cpu")

    def test_without_metrics_it_is_not_its_own_fault(self) -> None:
        said = "unable to get metrics for resource cpu: no metrics returned from resource metrics API"
        asked = self.asked("api", "ScalingActive", "FailedGetResourceMetric", said)
        assert_root(asked, "HorizontalPodAutoscaler/api", "HPANoMetrics")


def test_a_namespace_that_is_being_deleted_takes_no_pods() -> None:
    top = workload("api")
    owner = replicaset(top, 1, top["spec"]["template"], age=600)
    said = 'pods "api-x" is forbidden: unable to create new content in namespace shop because it is being terminated'
    objects = [*healthy("web"), top, owner, event(owner, "FailedCreate", said), service("api"), endpoints("api", 0)]
    assert_root(snapshot(run("api is down", "Deployment/api"), objects), "Namespace/shop", "NamespaceTerminating")
