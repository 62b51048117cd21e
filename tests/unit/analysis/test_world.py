"""Objects, events, changes, calls and the graph."""

from typing import Any

import pytest

from casebook.analysis.access import moment, quantity
from casebook.analysis.calls import calls
from casebook.analysis.changes import differences, edited, rollout, telling
from casebook.analysis.events import merged
from casebook.analysis.graph import build
from casebook.analysis.scaling import scaling
from casebook.analysis.snapshot import Snapshot
from casebook.analysis.symptoms import symptoms
from casebook.analysis.things import Ref, Thing
from casebook.analysis.world import World
from support.builders import (
    NOW,
    NS,
    Raw,
    ago,
    configmap,
    container,
    controllerrevision,
    endpoints,
    env,
    event,
    healthy,
    managed,
    meta,
    pod,
    replicaset,
    run,
    service,
    snapshot,
    survey,
    template,
    workload,
)
from support.shop import shop


def world(objects: list[Raw], *logs: Any) -> World:
    return World(snapshot(run("why?"), objects, *logs))


@pytest.mark.parametrize(
    ("written", "value"),
    [("128Mi", 134217728), ("100m", 0.1), ("1.5Gi", 1610612736), ("2k", 2000), ("3e3", 3000), ("5E", 5e18)],
)
def test_quantities(written: str, value: float) -> None:
    assert quantity({"x": written}, "x") == pytest.approx(value)


@pytest.mark.parametrize("odd", [None, "", "yesterday", 5, "2026-13-45T00:00:00Z", {}, []])
def test_odd_times_are_none(odd: object) -> None:
    assert moment({"at": odd}, "at") is None


def test_a_pod_leads_to_its_deployment() -> None:
    found = world(healthy("api"))
    assert found.top(Ref("Pod", NS, "api-p0")) == Ref("Deployment", NS, "api")
    assert [one.number for one in found.workloads[Ref("Deployment", NS, "api")].revisions] == [1]


def test_owners_that_form_a_ring_end_the_search() -> None:
    one, other = workload("a"), workload("b")
    one["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "b"}]
    other["metadata"]["ownerReferences"] = [{"kind": "Deployment", "name": "a"}]
    assert world([one, other]).top(Ref("Deployment", NS, "a")).kind == "Deployment"


class TestEvents:
    def test_both_apis_and_series_are_one(self) -> None:
        about = healthy("api")[2]
        old = event(about, "BackOff", "back-off", since=100, count=3)
        new = {
            "kind": "Event", "metadata": meta("x.2"), "regarding": old["involvedObject"], "reason": "BackOff", "note": "back-off",  # noqa: E501
            "type": "Warning", "eventTime": ago(300), "series": {"count": 5, "lastObservedTime": ago(10)},
        }  # fmt: skip
        found = merged(Thing(Ref("Event", NS, raw["metadata"]["name"]), raw, "o1") for raw in (old, new))
        assert len(found) == 1
        assert found[0].count == 8
        assert found[0].first == moment({"at": ago(300)}, "at")
        assert found[0].last == moment({"at": ago(10)}, "at")

    def test_the_same_event_listed_twice_counts_once(self) -> None:
        raw = event(healthy("api")[2], "BackOff", "back-off", count=3)
        things = [Thing(Ref("Event", NS, raw["metadata"]["name"]), raw, source) for source in ("o1", "o2")]
        assert merged(things)[0].count == 3


class TestChanges:
    def test_containers_and_variables_are_compared_by_name(self) -> None:
        old = template("api", container("a", "x:1", env=env(A="1", B="2")), container("b", "y:1"))
        new = template("api", container("b", "y:1"), container("a", "x:2", env=env(B="3", C="4")))
        said = [item.said() for item in differences(old, new)]
        assert said == [
            "spec.containers[a].env[A].value removed (was 1)",
            "spec.containers[a].env[B].value: 2 -> 3",
            "spec.containers[a].env[C].value added: 4",
            "spec.containers[a].image: x:1 -> x:2",
        ]

    def test_stamps_and_annotations_tell_nothing(self) -> None:
        old = template("api")
        new = {
            **old,
            "metadata": {"labels": {"app": "api", "pod-template-hash": "5"}, "annotations": {"restartedAt": "now"}},
        }
        found = differences(old, new)
        assert [item.path for item in found] == ["metadata.annotations.restartedAt"]
        assert telling(found) == []

    def test_a_rollback_is_dated_by_the_progress_of_the_deployment(self) -> None:
        top = workload("api")
        top["status"] = {"conditions": [{"type": "Progressing", "lastTransitionTime": ago(60)}]}
        body = top["spec"]["template"]
        back, bad = (
            replicaset(top, 3, body, age=7000),
            replicaset(top, 2, template("api", container(image="x:2")), age=600),
        )
        found = rollout(world([top, back, bad]).workloads[Ref("Deployment", NS, "api")])
        assert found is not None
        assert (found.new.number, found.old.number) == (3, 2)
        assert found.at == moment({"at": ago(60)}, "at")

    @pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
    def test_a_rollback_without_conditions_is_dated_by_the_write_to_the_template(self, kind: str) -> None:
        fields = {"f:spec": {"f:template": {"f:spec": {"f:containers": {}}}}}
        written = [managed("apply", 7000, fields), managed("kubectl", 60, fields)]
        top = workload("db", kind=kind, metadata=meta("db", managedFields=written))
        body = top["spec"]["template"]
        back = controllerrevision(top, 3, body, age=7000)
        bad = controllerrevision(top, 2, template("db", container("db", image="x:2")), age=600)
        found = rollout(world([top, back, bad]).workloads[Ref(kind, NS, "db")])
        assert found is not None
        assert (found.new.number, found.old.number) == (3, 2)
        assert found.at == moment({"at": ago(60)}, "at")
        assert [item.path for item in found.program] == ["spec.containers[db].image"]

    def test_who_wrote_a_field(self) -> None:
        fields = [
            managed("kubectl-client-side-apply", 900, {"f:data": {"f:HOST": {}}}),
            managed("kubectl-edit", 60, {"f:data": {"f:PORT": {}}}),
            managed("kube-controller-manager", 5, {"f:data": {"f:PORT": {}}}),
        ]
        thing = Thing(Ref("ConfigMap", NS, "c"), configmap("c", {}, managedFields=fields), "o1")
        edit = edited(thing, "data", "PORT")
        assert edit is not None
        assert edit.manager == "kubectl-edit"

    def test_scaling_without_a_manager_is_dated_by_the_event(self) -> None:
        top = workload("api", replicas=0)
        told = event(top, "ScalingReplicaSet", "Scaled down replica set api-5 from 3 to 0", since=50)
        found = world([top, told])
        assert scaling(found, found.workloads[Ref("Deployment", NS, "api")]).at == moment({"at": ago(50)}, "at")


class TestCalls:
    def endpoints_of(self, objects: list[Raw], name: str = "web") -> set[tuple[str, str]]:
        found = world(objects)
        return {
            (call.endpoint.said(), call.target.label(NS))
            for call in calls(found, found.workloads[Ref("Deployment", NS, name)])
        }

    def test_urls_pairs_names_and_commands(self) -> None:
        values = env(
            API_URL="http://api:80/x",
            DB_HOST="db",
            DB_PORT="5433",
            PAY="https://pay.acme.example",
            CACHE="redis://cache.data.svc:6379",
        )
        body = template("web", container(env=values, command=["sh", "-c", "while true; do nc -z queue 5672; done"]))
        assert self.endpoints_of([*healthy("web", body), service("queue", 5672)]) == {
            ("api:80", "Service/api"), ("db:5433", "Service/db"), ("pay.acme.example:443", "External/pay.acme.example"),
            ("cache.data.svc:6379", "Service/data/cache"), ("queue:5672", "Service/queue"),
        }  # fmt: skip

    def test_configmaps_by_reference_prefix_and_file(self) -> None:
        body = template(
            "web",
            container(
                env=[{"name": "AUTH_URL", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "auth"}}}],
                envFrom=[{"prefix": "X_", "configMapRef": {"name": "c"}}],
            ),
            volumes=[{"name": "v", "configMap": {"name": "file"}}],
        )
        held = [
            configmap("c", {"auth": "http://auth:80"}),
            configmap("file", {"app.conf": "a=1\nupstream_host: api\nupstream_port: 81\n"}),
        ]
        assert self.endpoints_of([*healthy("web", body), *held]) == {
            ("auth:80", "Service/auth"),
            ("api:81", "Service/api"),
        }

    def test_itself_and_localhost_are_no_calls(self) -> None:
        body = template("web", container(env=env(SELF="http://web:80", ADMIN="http://localhost:9000", NAME="web")))
        assert self.endpoints_of(healthy("web", body)) == set()

    def test_a_host_alias_leads_outside(self) -> None:
        body = template(
            "web", container(env=env(PAY="http://pay:80")), hostAliases=[{"ip": "10.0.0.1", "hostnames": ["pay"]}]
        )
        assert self.endpoints_of(healthy("web", body)) == {("pay:80", "External/pay")}


class TestGraph:
    def test_harm_travels_from_a_dependency_to_everyone_before_it(self) -> None:
        found = build(world(shop()))
        reached = {ref.label(NS) for ref in found.downstream([Ref("Deployment", NS, "auth")])}
        assert reached == {
            "Deployment/auth",
            "Service/auth",
            "Deployment/api",
            "Service/api",
            "Deployment/web",
            "Service/web",
        }
        way = [
            edge.source.label(NS) for edge in found.way(Ref("Deployment", NS, "auth"), [Ref("Deployment", NS, "web")])
        ]
        assert way == ["Service/auth", "Deployment/api", "Service/api", "Deployment/web"]

    def test_a_setting_that_all_share_does_not_turn_the_direction_round(self) -> None:
        shared = [{"configMapRef": {"name": "all"}}]
        objects = [configmap("all", {"WEB_URL": "http://web:80", "API_URL": "http://api:80"})]
        for name in ("web", "api"):
            objects += healthy(name, template(name, container(envFrom=shared)))
        line = '{"level":"ERROR","msg":"GET http://api:80/x failed: Connection refused"}'
        from support.builders import log

        found = build(world(objects, log("web-p0", [line] * 3)))
        assert Ref("Deployment", NS, "web") in found.downstream([Ref("Deployment", NS, "api")])
        assert Ref("Deployment", NS, "api") not in found.downstream([Ref("Deployment", NS, "web")])
        assert Ref("Deployment", NS, "api") in found.upstream([Ref("Deployment", NS, "web")])


class TestSymptoms:
    def signs(self, objects: list[Raw], *logs: Any) -> list[tuple[str, str]]:
        found = world(objects, *logs)
        return [(one.entity.label(NS), one.sign.value) for one in symptoms(found, build(found))]

    def test_a_healthy_shop_has_none(self) -> None:
        assert self.signs(shop()) == []

    def test_a_service_without_endpoints(self) -> None:
        assert self.signs([service("x"), endpoints("x", 0)]) == [("Service/x", "NoEndpoints")]

    def test_a_service_whose_workload_was_off_for_long_is_quiet(self) -> None:
        off = workload(
            "x",
            replicas=0,
            metadata=meta("x", managedFields=[managed("kubectl", 90_000, {"f:spec": {"f:replicas": {}}})]),
        )
        assert self.signs([off, service("x"), endpoints("x", 0)]) == []

    def test_a_pod_that_is_leaving_shows_nothing(self) -> None:
        top = workload("x")
        leaving = pod(top, top["spec"]["template"], age=100)
        leaving["metadata"]["deletionTimestamp"] = ago(5)
        leaving["status"]["conditions"] = [{"type": "Ready", "status": "False", "lastTransitionTime": ago(60)}]
        assert self.signs([top, leaving]) == []


def test_a_snapshot_keeps_the_first_of_two_answers_with_one_id() -> None:
    first = survey([])
    again = [item.replace(observed_at=NOW.replace(hour=13)) for item in first]
    assert Snapshot(run(), (*again, *first)).observations == Snapshot(run(), tuple(first)).observations
