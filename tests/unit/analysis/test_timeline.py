"""What changed and when: fields of managers, old values where they are still held, one line of time."""

import json
from datetime import timedelta
from typing import Any

import pytest

from casebook.analysis.change import Change
from casebook.analysis.changes import edits
from casebook.analysis.fields import LAST_APPLIED, written
from casebook.analysis.things import Thing, thing_of
from casebook.analysis.timeline import timeline
from casebook.analysis.world import World
from support.builders import (
    NOW,
    Raw,
    ago,
    configmap,
    container,
    env,
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


def applied(raw: Raw) -> dict[str, str]:
    kept = {key: value for key, value in raw.items() if key in ("spec", "data")}
    return {LAST_APPLIED: json.dumps(kept)}


def changed(raw: Raw, manager: str, age: float, fields: Raw, *, old: Raw | None = None, sub: str = "") -> Raw:
    """The object with one write of a manager, and what was last applied before it."""
    metadata = dict(raw["metadata"]) | {"managedFields": [managed(manager, age, fields, sub)]}
    return raw | {"metadata": metadata | ({"annotations": applied(old)} if old else {})}


def thing(raw: Raw) -> Thing:
    found = thing_of(raw, "", "o1")
    assert found is not None
    return found


def said(raw: Raw) -> list[str]:
    one = thing(raw)
    return [field.said() for field in written(one, edits(one)[0])]


class TestFields:
    def test_a_port_by_its_key_with_the_old_value_from_what_was_applied(self) -> None:
        key = 'k:{"port":80,"protocol":"TCP"}'
        owned = {"f:spec": {"f:ports": {key: {".": {}, "f:port": {}, "f:targetPort": {}}}}}
        old = service("api", 80, 8080)
        assert said(changed(service("api", 80, 8081), "kubectl-patch", 60, owned, old=old)) == [
            "spec.ports[80].targetPort: 8080 -> 8081"
        ]

    def test_an_atomic_map_leaf_by_leaf(self) -> None:
        old, new = service("api"), service("api", selector={"app": "apii"})
        assert said(changed(new, "kubectl-edit", 60, {"f:spec": {"f:selector": {}}}, old=old)) == [
            "spec.selector.app: api -> apii"
        ]

    def test_without_a_record_the_old_value_is_not_recorded(self) -> None:
        found = said(changed(configmap("c", {"A": "2"}), "helm", 60, {"f:data": {"f:A": {}}}))
        assert found == ["data.A: 2 (previous value not recorded)"]

    def test_an_apply_does_not_say_what_it_changed(self) -> None:
        new = configmap("c", {"A": "2", "B": "3"})
        raw = changed(new, "kubectl-client-side-apply", 60, {"f:data": {"f:A": {}, "f:B": {}}}, old=new)
        assert said(raw) == ["data.A: 2 (previous value not recorded)", "data.B: 3 (previous value not recorded)"]

    def test_a_key_of_a_json_document_and_a_line_of_a_file(self) -> None:
        owned = {"f:data": {"f:flags.json": {}, "f:app.conf": {}}}
        old = configmap("c", {"flags.json": '{"a": true, "b": 1}', "app.conf": "x=1\ntimeout=5\n"})
        new = configmap("c", {"flags.json": '{"a": true, "b": 2}', "app.conf": "x=1\ntimeout=1\n"})
        assert said(changed(new, "kubectl-edit", 60, owned, old=old)) == [
            "data.app.conf: timeout=5 -> timeout=1",
            "data.flags.json:b: 1 -> 2",
        ]

    def test_removed_and_added(self) -> None:
        old = {"kind": "X", "metadata": meta("x"), "spec": {"a": 1}}
        owned = {"f:spec": {"f:a": {}, "f:b": {}}}
        raw = changed(old | {"spec": {"b": 2}}, "m", 60, owned, old=old)
        assert said(raw) == ["spec.a removed (was 1)", "spec.b: (unset) -> 2"]

    @pytest.mark.parametrize("fields", [{"f:spec": None}, {"k:{": {}}, {"f:spec": {"v:[": {}}}, {"x": []}])
    def test_odd_records_do_no_harm(self, fields: Any) -> None:
        raw = changed(service("api"), "m", 60, fields)
        raw["metadata"]["annotations"] = {LAST_APPLIED: "{broken"}
        said(raw)


def changes(*objects: Raw, **spec: Any) -> list[Change]:
    return timeline(World(snapshot(run("why?", **spec), objects)))


def told(*objects: Raw, about: str = "") -> list[str]:
    return ["; ".join([change.object.name, *change.told(about), *([change.by] if change.by else [])]) for change in changes(*objects)]  # fmt: skip  # noqa: E501


class TestTimeline:
    def test_a_rollout_names_fields_revision_and_manager(self) -> None:
        old = template("api", container("api", image="shop:1", env=env(MODE="a")))
        new = template("api", container("api", image="shop:2", env=env(MODE="b")))
        top = workload("api", new)
        top["metadata"]["managedFields"] = [managed("kubectl-set", 301, {"f:spec": {"f:template": {}}})]
        objects = [top, replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=300)]
        assert told(*objects) == ["api; revision 2; env[MODE] changed; image: shop:1 -> shop:2; kubectl-set"]
        assert "env[MODE]: a -> b" in told(*objects, about="MODE is wrong")[0]

    def test_every_rollout_of_the_span_and_none_from_before(self) -> None:
        bodies = [template("api", container("api", image=f"shop:{n}")) for n in range(4)]
        top = workload("api", bodies[3])
        ages = [9000, 5000, 900, 300]
        sets = [replicaset(top, n + 1, body, age=age) for n, (body, age) in enumerate(zip(bodies, ages, strict=True))]
        assert told(top, *sets) == [
            "api; revision 3; image: shop:1 -> shop:2",
            "api; revision 4; image: shop:2 -> shop:3",
        ]

    def test_a_variable_that_went_is_one_field(self) -> None:
        given = {"name": "Q", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "Q"}}}
        old, new = template("api", container("api", env=[given])), template("api", container("api"))
        top = workload("api", new)
        found = told(top, replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=300), about="Q is not set")
        assert found == ["api; revision 2; env[Q] removed (was key: Q, name: c)"]

    def test_values_of_settings_stay_untold_unless_they_are_spoken_of(self) -> None:
        old, new = configmap("c", {"MODE": "private"}), configmap("c", {"MODE": "other"})
        raw = changed(new, "kubectl-edit", 60, {"f:data": {"f:MODE": {}}}, old=old)
        assert told(raw) == ["c; data.MODE changed; kubectl-edit"]
        assert "private -> other" in told(raw, about="ConfigMap/c gives MODE a value")[0]
        [change] = changes(raw)
        assert "private" not in change.cites()[0].excerpt
        assert "private" in change.cites("MODE")[0].excerpt

    def test_a_write_on_creation_is_the_creation(self) -> None:
        raw = changed(configmap("c", {"A": "1"}, age=100), "kubectl-create", 100, {"f:data": {"f:A": {}}})
        assert told(raw) == ["c; created"]

    def test_objects_made_together_are_one_change_but_for_rules(self) -> None:
        new = [configmap(f"c{n}", {}, age=100 + n) for n in range(3)]
        quota = {"kind": "ResourceQuota", "metadata": meta("q", age=100), "spec": {}}
        assert sorted(told(*new, quota)) == ["c0; created, with 2 more objects", "q; created"]

    def test_who_scaled_and_what_was_before(self) -> None:
        old, new = workload("api", replicas=3), workload("api", replicas=1)
        raw = changed(new, "kubectl", 60, {"f:spec": {"f:replicas": {}}}, old=old, sub="scale")
        assert told(raw) == ["api; spec.replicas: 3 -> 1; kubectl"]

    def test_an_autoscaler_that_rescaled(self) -> None:
        scaler = {"kind": "HorizontalPodAutoscaler", "metadata": meta("api"), "spec": {}}
        message = "New size: 5; reason: cpu resource utilization above target"
        assert told(scaler, event(scaler, "SuccessfulRescale", message, kind="Normal")) == [f"api; {message}"]

    def test_a_tag_that_was_pushed_again(self) -> None:
        body = template("api", container("api", image="shop:latest"))
        top = workload("api", body)
        owner = replicaset(top, 1, body, age=7000)
        digests = {"api-a": ("sha256:" + "a" * 64, 3000), "api-b": ("sha256:" + "b" * 64, 200)}
        pods = [
            pod(owner, body, running("api", up=up) | {"imageID": f"r.example/shop@{digest}"}, name=name, age=up)
            for name, (digest, up) in digests.items()
        ]
        said = f"image shop:latest of api: sha256:{'a' * 12} -> sha256:{'b' * 12}"
        assert told(top, owner, *pods) == [f"api; the same name for another image; {said}"]
        assert told(top, owner, pods[0]) == []

    def test_nodes_and_jobs(self) -> None:
        unready = {"type": "Ready", "status": "False", "reason": "X", "lastTransitionTime": ago(70)}
        node = {
            "kind": "Node",
            "metadata": {"name": "n1", "creationTimestamp": ago(9000)},
            "spec": {"taints": [{"key": "unschedulable", "effect": "NoSchedule", "timeAdded": ago(50)}]},
            "status": {"conditions": [unready]},
        }
        job = {"kind": "Job", "metadata": meta("j"), "status": {"startTime": ago(60), "completionTime": ago(50)}}
        assert told(node, job) == [
            "n1; condition Ready is False (X)",
            "j; started, done after 10 s",
            "n1; taint unschedulable:NoSchedule added",
        ]

    def test_the_span_that_was_asked_about_bounds_it(self) -> None:
        raw = changed(configmap("c", {"A": "1"}), "m", 3000, {"f:data": {"f:A": {}}})
        assert len(changes(raw)) == 1
        assert changes(raw, lookback_seconds=600) == []
        assert all(NOW - timedelta(hours=1) <= change.at <= NOW for change in changes(raw))
