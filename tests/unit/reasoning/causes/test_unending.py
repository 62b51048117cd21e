"""What does not end, or does not begin: finalizers, slow terminations, open Jobs, CronJobs that start nothing."""

from typing import Any, ClassVar

import pytest

from support.builders import (
    Raw,
    ago,
    container,
    controllerrevision,
    ended,
    endpoints,
    event,
    managed,
    meta,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    template,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report
from support.shop import body, shop


class TestFinalizerStuck:
    def asked(self, **metadata: Any) -> Any:
        found = {"kind": "ConfigMap", "metadata": meta("settings", **metadata), "data": {}}
        return snapshot(run("the settings cannot be made anew", "ConfigMap/settings"), [*shop(), found])

    def test_the_object_that_waits_for_its_finalizer(self) -> None:
        asked = self.asked(deletionTimestamp=ago(300), finalizers=["acme.example/cleanup"])
        assert_root(asked, "ConfigMap/settings", "FinalizerStuck", "acme.example/cleanup")

    @pytest.mark.parametrize(
        "metadata",
        [
            {"finalizers": ["acme.example/cleanup"]},
            {"deletionTimestamp": ago(300)},
            {"deletionTimestamp": ago(3), "finalizers": ["acme.example/cleanup"]},
        ],
    )
    def test_what_is_not_deleted_or_only_just_now_is_not_stuck(self, metadata: Raw) -> None:
        assert hypothesis(report(self.asked(**metadata)), "FinalizerStuck") is None


class TestTerminationTooSlow:
    def asked(self, *, told: float = 120, grace: int = 600, finalizers: list[str] | None = None, left: int = 0) -> Any:
        made = body("api", terminationGracePeriodSeconds=grace)
        top = workload("api", made)
        old = replicaset(top, 1, made, age=7200, replicas=0)
        leaving = pod(old, made, running("app"), name="api-old")
        leaving["metadata"] |= {"deletionTimestamp": ago(told - grace), "deletionGracePeriodSeconds": grace}
        if finalizers:
            leaving["metadata"]["finalizers"] = finalizers
        new = replicaset(top, 2, made, age=told)
        others = [pod(new, made, name=f"api-new{number}") for number in range(left)]
        return snapshot(
            run("api is down", "Deployment/api"), [*shop("api"), top, old, new, leaving, *others, service("api")]
        )

    def test_an_old_pod_that_does_not_end_while_the_next_one_waits(self) -> None:
        assert_root(self.asked(), "Deployment/api", "TerminationTooSlow", "grace period 600 s")

    def test_a_pod_that_was_told_just_now_is_only_ending(self) -> None:
        assert hypothesis(report(self.asked(told=10)), "TerminationTooSlow") is None

    def test_nothing_waits_where_the_next_one_is_there(self) -> None:
        assert hypothesis(report(self.asked(left=1)), "TerminationTooSlow") is None

    def test_a_finalizer_is_another_cause(self) -> None:
        found = assert_refuted(
            self.asked(grace=30, finalizers=["acme.example/x"]), "Deployment/api", "TerminationTooSlow"
        )
        assert [item.cause for item in found.root_causes] == ["FinalizerStuck"]


def done(name: str = "main", since: float = 200) -> Raw:
    """Status of a container that completed."""
    return {
        "name": name,
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": ended(0, "Completed", since=since)},
    }


class TestJobNeverCompletes:
    def asked(self, *statuses: Raw, age: float = 400) -> Any:
        made = template("batch", container("main"), container("proxy"))
        job = {"kind": "Job", "metadata": meta("batch", age=age), "spec": {"template": made}, "status": {"active": 1}}
        return snapshot(run("the batch never ends", "Job/batch"), [job, pod(job, made, *statuses, name="batch-x")])

    def test_a_container_beside_the_work_runs_on(self) -> None:
        assert_root(self.asked(done(), running("proxy")), "Job/batch", "JobNeverCompletes", "proxy", "main")

    @pytest.mark.parametrize(
        "statuses", [(running("main"), running("proxy")), (done(since=2), running("proxy")), (done(), done("proxy"))]
    )
    def test_a_job_that_works_or_has_just_ended_is_none(self, statuses: tuple[Raw, ...]) -> None:
        assert hypothesis(report(self.asked(*statuses)), "JobNeverCompletes") is None


class TestCronJob:
    def cron(self, *, edited: float = 0, policy: str = "Allow", active: bool = False, suspend: bool = False) -> Raw:
        fields = {"f:spec": {"f:schedule": {}}}
        spec = {
            "schedule": "0 4 * * *",
            "concurrencyPolicy": policy,
            "suspend": suspend,
            "jobTemplate": {"spec": {"template": template("report")}},
        }
        written = [managed("kubectl-edit", edited, fields)] if edited else []
        status = {"lastScheduleTime": ago(600)} | ({"active": [{"name": "report-1"}]} if active else {})
        return {"kind": "CronJob", "metadata": meta("report", managedFields=written), "spec": spec, "status": status}

    def jobs(self, cron: Raw, *ages: float) -> list[Raw]:
        complete = {"conditions": [{"type": "Complete", "status": "True"}], "succeeded": 1}
        return [
            {"kind": "Job", "metadata": meta(f"report-{index}", age=age, owner=cron), "spec": {}, "status": complete}
            for index, age in enumerate(ages)
        ]

    def asked(self, cron: Raw, *more: Raw) -> Any:
        return snapshot(run("there is no report any more", "CronJob/report"), [*shop(), cron, *more])

    def test_a_rhythm_that_broke_off_when_the_schedule_was_changed(self) -> None:
        cron = self.cron(edited=550)
        found = assert_root(
            self.asked(cron, *self.jobs(cron, 720, 660, 600)), "CronJob/report", "CronJobScheduleWrong", "0 4 * * *"
        )
        assert "every 60 s" in found.root_causes[0].statement

    def test_no_job_since_the_change(self) -> None:
        assert_root(self.asked(self.cron(edited=300)), "CronJob/report", "CronJobScheduleWrong", "kubectl-edit")

    def test_one_that_still_keeps_its_rhythm_is_well(self) -> None:
        cron = self.cron()
        assert report(self.asked(cron, *self.jobs(cron, 1200, 900, 600))).verdict.value == "NoFault"

    def test_a_suspended_one_is_suspended_and_nothing_else(self) -> None:
        cron = self.cron(edited=300, suspend=True)
        assert_root(self.asked(cron), "CronJob/report", "CronJobSuspended")

    def test_one_that_nobody_asked_about_is_no_cause(self) -> None:
        asked = snapshot(run("the api is slow", "Deployment/api"), [*shop(), self.cron(edited=300)])
        assert_not_named(asked, "CronJobScheduleWrong")

    def test_an_earlier_run_that_is_not_over(self) -> None:
        cron = self.cron(policy="Forbid", active=True)
        said = event(cron, "JobAlreadyActive", "Not starting job because prior execution is running", kind="Normal")
        assert_root(self.asked(cron, said), "CronJob/report", "CronJobConcurrencyBlocked", "prior execution")


class TestControllerManagerDown:
    def asked(self, *, seen: int = 1, written: float = 120, acted: float = 0) -> Any:
        made = body("api")
        top = workload("api", made) | {"status": {"observedGeneration": seen}}
        top["metadata"] |= {"generation": 2, "managedFields": [managed("kubectl-set", written, {"f:spec": {}})]}
        owner = replicaset(top, 1, made, age=7200)
        objects = [*shop("api"), top, owner, pod(owner, made, name="api-p0"), service("api"), endpoints("api")]
        if acted:
            told = event({"kind": "Deployment", "metadata": meta("web")}, "ScalingReplicaSet", "Scaled up", since=acted)
            objects.append(told | {"source": {"component": "deployment-controller"}})
        return snapshot(run("the rollout of api does not begin", "Deployment/api"), objects)

    def test_what_was_written_is_not_acted_upon(self) -> None:
        assert_root(
            self.asked(), "Component/kube-controller-manager", "ControllerManagerDown", "observedGeneration = 1"
        )

    @pytest.mark.parametrize("how", [{"seen": 2}, {"written": 5}])
    def test_what_was_seen_or_written_just_now_is_well(self, how: Raw) -> None:
        assert report(self.asked(**how)).verdict.value == "NoFault"

    def test_a_controller_that_acts_for_others_is_up(self) -> None:
        assert_refuted(self.asked(acted=20), "Component/kube-controller-manager", "ControllerManagerDown")


class TestPausedRollout:
    def asked(self, *, paused: bool, updated: int) -> Any:
        top = workload("api", body("api"), paused=paused)
        top["status"] = {"updatedReplicas": updated, "readyReplicas": 1, "replicas": 1}
        made = replicaset(top, 1, body("api"), age=7000)
        objects = [*shop("api"), top, made, pod(made, body("api"), name="api-p0"), service("api"), endpoints("api")]
        return snapshot(run("the change of api is not live, why?", "Deployment/api"), objects)

    def test_a_change_that_waits_for_somebody_to_resume(self) -> None:
        assert_root(self.asked(paused=True, updated=0), "Deployment/api", "RolloutStuck", "paused")

    PARTITION: ClassVar[Raw] = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}

    def set_of(self, strategy: Raw, *, updated: int = 0, age: float = 100, kind: str = "StatefulSet") -> Any:
        old, new = body("index"), template("index", container(env=[{"name": "SHARDS", "value": "8"}]))
        top = workload("index", new, kind=kind, replicas=2, updateStrategy=strategy)
        top["status"] = {"desiredNumberScheduled": 2, "updatedReplicas": updated, "readyReplicas": 2}
        first, second = (
            controllerrevision(top, number, made, age=since) for number, made, since in ((1, old, 7000), (2, new, age))
        )
        label = first["metadata"]["name"] if kind == "StatefulSet" else first["metadata"]["name"].removeprefix("index-")
        pods = [pod(top, old, name=f"index-{number}") for number in range(2)]
        for one in pods:
            one["metadata"]["labels"] = one["metadata"]["labels"] | {"controller-revision-hash": label}
        return snapshot(run("index still runs with the old settings", f"{kind}/index"), [top, first, second, *pods])

    @pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
    def test_a_set_that_leaves_a_new_template_to_a_person(self, kind: str) -> None:
        found = self.set_of({"type": "OnDelete"}, kind=kind)
        assert_root(found, f"{kind}/index", "RolloutStuck", "updateStrategy.type = OnDelete")

    def test_a_partition_above_all_pods(self) -> None:
        assert_root(self.set_of(self.PARTITION), "StatefulSet/index", "RolloutStuck", "partition = 2")

    @pytest.mark.parametrize(
        ("strategy", "more"),
        [
            ({"type": "RollingUpdate"}, {}),
            ({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, {}),
            (PARTITION, {"updated": 1}),
            ({"type": "OnDelete"}, {"age": 6900}),
        ],
    )
    def test_a_set_that_goes_on_or_was_left_so_for_long(self, strategy: Raw, more: Raw) -> None:
        assert_not_named(self.set_of(strategy, **more), "RolloutStuck")

    @pytest.mark.parametrize(("paused", "updated"), [(True, 1), (False, 0)])
    def test_without_a_change_or_a_pause_nothing_is_stuck(self, paused: bool, updated: int) -> None:
        assert_not_named(self.asked(paused=paused, updated=updated), "RolloutStuck")
