"""Volumes that cannot be mounted or are held, locks, autoscalers that point to nothing, namespaces that go."""

from typing import Any

import pytest

from support.builders import (
    Raw,
    ago,
    container,
    ended,
    endpoints,
    event,
    healthy,
    log,
    meta,
    pending,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    template,
    waiting,
    workload,
)
from support.reason import assert_refuted, assert_root, hypothesis, report
from support.shop import body, shop


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


CREATED = 'MountVolume.SetUp failed for volume "kube-api-access-7" : configmap "kube-root-ca.crt" not found'
SYNCING = 'MountVolume.SetUp failed for volume "data" : failed to sync configmap cache: timed out'
NEVER = 'Container image "casebook-shop:never-built" is not present with pull policy of Never'


@pytest.mark.parametrize(
    ("reached", "cause"),
    [
        (waiting("app", "ErrImageNeverPull", NEVER), "ImageAbsentOnNode"),
        (waiting("app", "CreateContainerConfigError", 'secret "api-key" not found'), "SecretMissing"),
        (waiting("app", "CrashLoopBackOff", restarts=3, last=ended(1)), ""),
    ],
)
def test_a_mount_that_failed_before_its_containers_were_tried_is_over(reached: Raw, cause: str) -> None:
    key = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "api-key", "key": "key"}}}
    made = template("mailer", container(imagePullPolicy="Never", env=[key]))
    top = workload("mailer", made)
    owner = replicaset(top, 1, made, age=30)
    tried = pod(owner, made, reached, name="mailer-x1", age=30)
    told = [event(tried, "FailedMount", said, since=25, count=1) for said in (SYNCING, CREATED)]
    found = report(snapshot(run("mailer does not start", "Deployment/mailer"), [top, owner, tried, *told]))
    assert [item.cause for item in found.root_causes] == [cause] * bool(cause)
    codes = {item.cause for item in found.hypotheses}
    assert not codes & {"VolumeMountFailed", "ConfigMapMissing"}
    assert "mount" not in found.summary


class TestLockContention:
    def test_the_database_that_the_error_names(self) -> None:
        line = '{"level":"ERROR","msg":"database db:5432: canceling statement due to lock timeout"}'
        found = snapshot(run("checkout hangs", "Deployment/api"), shop(), log("api-p0", [line] * 6))
        assert_root(found, "StatefulSet/db", "LockContention", "lock timeout")

    ENDED = "ERROR:  canceling statement due to lock timeout"
    RAISED = (
        "ERROR transfer failed",
        "org.postgresql.util.PSQLException: ERROR: canceling statement due to lock timeout",
        "\tat com.example.bank.TransferService.move(TransferService.java:77)",
    )

    def held_by(self, *lines: str, up: float = 60) -> Any:
        """A release of api a minute before the trouble, and a Job that uses db since `up` seconds."""
        made = body("backfill")
        made["spec"]["containers"][0]["env"] = [{"name": "DB_URL", "value": "postgres://db:5432/bank"}]
        job = {"kind": "Job", "metadata": meta("backfill", age=up), "spec": {"template": made}, "status": {"active": 1}}
        runs = pod(job, made, running("app", up=up), name="backfill-1", age=up)
        logs = [log("api-p0", self.RAISED * 6), log("db-p0", [self.ENDED] * 9, step=5)]
        return snapshot(
            run("transfers fail", "Deployment/api"), [*shop(), job, runs], *logs, log("backfill-1", lines, end=up - 8)
        )

    def test_the_job_that_took_the_lock_and_not_who_waits_for_it(self) -> None:
        found = assert_root(
            self.held_by("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE"), "Job/backfill", "LockContention", "LOCK TABLE"
        )
        assert "StatefulSet/db" in found.root_causes[0].statement

    def test_what_says_nothing_of_a_lock_is_not_accused(self) -> None:
        assert_root(self.held_by("copied 120 rows"), "StatefulSet/db", "LockContention")

    def test_what_has_run_for_long_is_not_accused(self) -> None:
        asked = self.held_by("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE", up=900)
        assert_root(asked, "StatefulSet/db", "LockContention")

    def test_a_release_is_not_to_blame_for_a_lock_that_its_program_waits_for(self) -> None:
        old, new = body("api"), body("api")
        new["spec"]["containers"][0]["env"].append({"name": "THEME", "value": "b"})
        top = workload("api", new)
        first, second = replicaset(top, 1, old, age=7000, replicas=0), replicaset(top, 2, new, age=110)
        objects = [*shop("api"), top, first, second, pod(second, new, name="api-p0", age=110), service("api")]
        logs = [log("api-p0", self.RAISED * 6), log("db-p0", [self.ENDED] * 9, step=5)]
        found = snapshot(run("transfers fail", "Deployment/api"), [*objects, endpoints("api")], *logs)
        assert_root(found, "StatefulSet/db", "LockContention")

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
