"""A StatefulSet that waits for a pod of a revision which was taken back, and replaces none until that is ready."""

from datetime import timedelta
from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from support.builders import (
    NOW,
    Raw,
    ago,
    container,
    controllerrevision,
    ended,
    endpoints,
    env,
    event,
    log,
    managed,
    pod,
    run,
    running,
    service,
    snapshot,
    template,
    waiting,
    workload,
)
from support.reason import assert_not_named, assert_refuted, assert_root, hypothesis, report
from support.shop import shop

HASH = "controller-revision-hash"
GOOD, BAD = (template("kv", container(env=env(MODE=mode))) for mode in ("lax", "strict"))
CRASHED = waiting("app", "CrashLoopBackOff", "back-off", restarts=6, last=ended(3))
SAID = ["error: refusing to start: MODE=strict needs a LICENSE"]
ROLLED = 300
"""So many seconds ago the revision that fails was rolled out; it was taken back later."""


def of(made: Raw, revision: Raw) -> Raw:
    made["metadata"]["labels"] = made["metadata"]["labels"] | {HASH: revision["metadata"]["name"]}
    return made


def unready(made: Raw, since: float) -> Raw:
    made["status"]["conditions"] = [{"type": "Ready", "status": "False", "lastTransitionTime": ago(since)}]
    return made


def kv(*, written: float, current: Raw, update: Raw, body: Raw = GOOD, seen: int = 3, **spec: Any) -> Raw:
    top = workload("kv", body, kind="StatefulSet", replicas=2, **spec)
    top["metadata"] |= {
        "generation": 3,
        "managedFields": [managed("kubectl-client-side-apply", written, {"f:spec": {"f:template": {}}})],
    }
    names = {"currentRevision": current["metadata"]["name"], "updateRevision": update["metadata"]["name"]}
    top["status"] = {"observedGeneration": seen, "replicas": 2, "readyReplicas": 1, **names}
    return top


def rolled_back(
    status: Raw = CRASHED,
    *more: Raw,
    written: float = 120,
    failing: float = ROLLED - 3,
    bad: Raw = BAD,
    first: Raw | None = None,
    lines: list[str] = SAID,
    **how: Any,
) -> Snapshot:
    """A release that fails on the last pod and was rolled back: the first revision is the newest again."""
    top = workload("kv", GOOD, kind="StatefulSet")
    one, two = controllerrevision(top, 3, GOOD, age=7000), controllerrevision(top, 2, bad, age=ROLLED)
    well = of(pod(top, GOOD, *([first] if first else []), name="kv-0"), one)
    left = unready(of(pod(top, bad, status, name="kv-1", age=ROLLED - 3), two), failing)
    top = kv(written=written, current=one, update=one, **how)
    objects = [top, one, two, well, left, service("kv"), endpoints("kv", 1, unready=1), *more]
    said = log("kv-1", lines, previous=True)
    return snapshot(run("we rolled kv back but kv-1 still crashes", "StatefulSet/kv"), objects, said)


class TestTakenBack:
    def test_the_pod_both_revisions_and_the_time_are_named(self) -> None:
        found = assert_root(
            rolled_back(),
            "StatefulSet/kv",
            "RolloutStuck",
            "waits for pod kv-1, which still runs revision 2",
            f"to revision 3, written at {ago(120)}",
            "metadata.labels.controller-revision-hash = kv-r2",
            "status.updateRevision = kv-r3",
            "podManagementPolicy OrderedReady, updateStrategy RollingUpdate",
            f"fails since {ago(ROLLED - 3)}",
            "MODE",
        )
        assert found.root_causes[0].since == NOW - timedelta(seconds=ROLLED)
        assert found.next_steps[0].startswith("kubectl delete pod -n shop kv-1   # ")
        told = {one.statement.partition(" (")[0]: one.outcome.value for one in found.hypotheses[0].predictions}
        assert told["the newest revision came after its pod began to fail"] == "Held"
        assert told["the pod's revision was never rolled out to the end"] == "Held"
        assert told["pods of the newest revision are well"] == "Held"

    def test_the_release_that_was_taken_back_is_not_the_answer(self) -> None:
        assert_refuted(rolled_back(), "StatefulSet/kv", "ReleaseRegression")

    @pytest.mark.parametrize(
        ("rival", "status", "lines"),
        [
            ("EnvMissing", CRASHED, ["LICENSE not set"]),
            ("ImageNotFound", waiting("app", "ImagePullBackOff", "manifest unknown: not found"), []),
            (
                "MemoryLimitTooLow",
                waiting("app", "CrashLoopBackOff", restarts=4, last=ended(137, "OOMKilled", lived=1)),
                [],
            ),
        ],
    )
    def test_whatever_the_pod_fails_by_its_template_was_mended_already(
        self, rival: str, status: Raw, lines: list[str]
    ) -> None:
        limited = {"resources": {"limits": {"memory": "16Mi"}}} if rival == "MemoryLimitTooLow" else {}
        bad = template("kv", container(image="shop:typo", **limited))
        found = assert_root(rolled_back(status, bad=bad, lines=lines), "StatefulSet/kv", "RolloutStuck", "kv-1")
        assert hypothesis(found, rival) is not None
        assert hypothesis(found, "AdmissionWebhookMutates") is None, "it is as in the template of its own revision"

    def test_errors_of_that_pod_alone_are_explained_with_it(self) -> None:
        lost = ["ERROR dial tcp: lookup licence.example on 10.96.0.10:53: no such host"]
        found = assert_root(rolled_back(lines=lost), "StatefulSet/kv", "RolloutStuck")
        assert "Not explained" not in found.summary

    def test_a_pod_that_is_ready_between_its_ends_is_told_by_the_kubelet(self) -> None:
        def put_off(since: float) -> Snapshot:
            top = {"kind": "Pod", "metadata": {"name": "kv-1", "namespace": "shop"}}
            told = event(top, "BackOff", "Back-off restarting failed container", since=since)
            told["firstTimestamp"] = ago(ROLLED - 5)
            return rolled_back(CRASHED, told, failing=40)

        assert_root(put_off(10), "StatefulSet/kv", "RolloutStuck", f"fails since {ago(ROLLED - 5)}")
        assert_refuted(put_off(200), "StatefulSet/kv", "RolloutStuck")


class TestMendedByAnother:
    def release(self, mended: Raw, *numbers: int, current: int) -> Snapshot:
        """Revisions up to `numbers`, of which the last but one fails on the pod; the last one is the newest."""
        top = workload("kv", mended, kind="StatefulSet")
        bodies = {1: GOOD, 2: BAD, 3: mended} if len(numbers) > 2 else {1: BAD, 2: mended}
        ages = {numbers[-1]: 120.0, numbers[-2]: float(ROLLED)}
        made = {one: controllerrevision(top, one, bodies[one], age=ages.get(one, 7000)) for one in numbers}
        name = "kv-1" if len(numbers) > 2 else "kv-0"
        left = unready(of(pod(top, BAD, CRASHED, name=name, age=ROLLED - 3), made[numbers[-2]]), ROLLED - 3)
        others = [of(pod(top, GOOD, name="kv-0"), made[1])] if len(numbers) > 2 else []
        top = kv(written=120, current=made[current], update=made[numbers[-1]], body=mended)
        said = log(name, SAID, previous=True)
        asked = run("kv does not take the fix", "StatefulSet/kv")
        return snapshot(asked, [top, *made.values(), *others, left, service("kv")], said)

    mended = template("kv", container(env=env(MODE="strict", LICENSE="free")))

    def test_a_newer_revision_mends_it(self) -> None:
        found = self.release(self.mended, 1, 2, 3, current=1)
        assert_root(found, "StatefulSet/kv", "RolloutStuck", "pod kv-1", "runs revision 2", "to revision 3")

    def test_the_first_revision_never_came_up(self) -> None:
        found = self.release(self.mended, 1, 2, current=1)
        assert_root(found, "StatefulSet/kv", "RolloutStuck", "pod kv-0", "runs revision 1", "to revision 2")

    def test_a_mere_restart_mends_nothing(self) -> None:
        again = {**BAD, "metadata": BAD["metadata"] | {"annotations": {"kubectl.kubernetes.io/restartedAt": ago(120)}}}
        assert_not_named(self.release(again, 1, 2, 3, current=1), "RolloutStuck")


class TestARolloutThatGoesOn:
    @pytest.mark.parametrize("how", [{"written": 10}, {"written": 250, "failing": 60}, {"failing": 10}])
    def test_what_was_written_or_fails_only_now(self, how: Raw) -> None:
        assert_not_named(rolled_back(**how), "RolloutStuck")

    @pytest.mark.parametrize(
        "spec",
        [
            {"podManagementPolicy": "Parallel"},
            {"updateStrategy": {"type": "OnDelete"}},
            {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}},
            {"seen": 2},
        ],
    )
    def test_a_set_that_does_not_wait_or_was_not_seen_yet(self, spec: Raw) -> None:
        assert_not_named(rolled_back(**spec), "RolloutStuck")

    @pytest.mark.parametrize("what", ["kv-0", "kv-1"])
    def test_a_pod_that_is_leaving_is_replaced(self, what: str) -> None:
        found = rolled_back()
        for item in found.observations:
            for thing in item.data.get("items", []) if isinstance(item.data, dict) else []:
                if thing["metadata"]["name"] == what:
                    thing["metadata"]["deletionTimestamp"] = ago(5)
        assert all(one.cause != "RolloutStuck" for one in report(found).hypotheses)

    def test_old_pods_that_are_ready_wait_for_their_turn(self) -> None:
        top = workload("kv", BAD, kind="StatefulSet", replicas=2)
        one, two = controllerrevision(top, 1, GOOD, age=7000), controllerrevision(top, 2, BAD, age=60)
        top = kv(written=60, current=one, update=two, body=BAD)
        old, new = of(pod(top, GOOD, name="kv-0"), one), of(pod(top, BAD, running("app", up=20), name="kv-1"), two)
        found = report(snapshot(run("kv rolls", "StatefulSet/kv"), [top, one, two, old, new, service("kv")]))
        assert all(one.cause != "RolloutStuck" for one in found.hypotheses)


class TestSomethingElseKeepsItDown:
    def test_a_newest_revision_that_fails_as_well(self) -> None:
        both = rolled_back(first=waiting("app", "CrashLoopBackOff", "back-off", restarts=3, last=ended(3)))
        assert_refuted(both, "StatefulSet/kv", "RolloutStuck")

    def test_a_node_that_does_not_work(self) -> None:
        status = {"conditions": [{"type": "Ready", "status": "Unknown", "lastTransitionTime": ago(400)}]}
        node = {"kind": "Node", "metadata": {"name": "node-1"}, "spec": {}, "status": status}
        assert_refuted(rolled_back(CRASHED, node), "StatefulSet/kv", "RolloutStuck")

    def test_what_it_calls_is_down(self) -> None:
        gone = [*shop("auth"), service("auth"), endpoints("auth", 0)]
        blames = ["ERROR GET http://auth:80/verify failed: Connection refused"]
        assert_refuted(rolled_back(CRASHED, *gone, lines=blames), "StatefulSet/kv", "RolloutStuck")
