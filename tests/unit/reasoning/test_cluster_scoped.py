"""Questions about what stands in no namespace: what is looked at, what is found, what is said of the rest."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Verdict
from casebook.api.meta import ObjectRef
from casebook.api.observation import Observation, Query
from casebook.api.report import entity
from casebook.api.run import Incident, IncidentCause, Run, Scene
from casebook.reasoning.engine import Look, decide, weigh
from casebook.reasoning.incidents.incident import explaining
from support.builders import (
    NOW,
    Raw,
    ago,
    container,
    ended,
    event,
    meta,
    observe,
    pod,
    run,
    template,
    waiting,
    workload,
)
from support.reason import assert_root, report

CLAIMS = "persistentvolumeclaims"
PLATFORM = Scene(tenant="laptop", platform=True, namespaces=["default", "pay", "shop"])
TENANT = Scene(tenant="ns:shop", namespaces=["shop"])


def asked(target: str, scene: Scene = PLATFORM) -> Run:
    kind, _, name = target.partition("/")
    made = run("what is wrong there?")
    return made.replace(scene=scene, spec=made.spec.replace(target=ObjectRef(kind=kind, name=name)))


def node(name: str = "node-1", **conditions: str) -> Raw:
    told = {"Ready": "True"} | conditions
    listed = [{"type": key, "status": value, "lastTransitionTime": ago(300)} for key, value in told.items()]
    return {"kind": "Node", "metadata": {"name": name}, "status": {"conditions": listed}}


def placed(made: Raw, namespace: str) -> Raw:
    return {**made, "metadata": made["metadata"] | {"namespace": namespace}}


def crashing(name: str, namespace: str) -> Raw:
    status = waiting("app", "CrashLoopBackOff", restarts=4, last=ended(1))
    return placed(pod(workload(name), template(name, container()), status), namespace)


def queries(snapshot: Snapshot) -> list[Query]:
    step = decide(snapshot, weigh(snapshot))
    return list(step.queries) if isinstance(step, Look) else []


def answered(asking: Run, objects: Iterable[Raw]) -> Snapshot:
    """The first round with these objects in it, as an API server would pick them by the selectors used here."""
    held = list(objects)
    return Snapshot(asking, tuple(_answer(query, held) for query in queries(Snapshot(asking))))


def _answer(query: Query, held: list[Raw]) -> Observation:
    fields = query.params.get("fieldSelector", "")
    kinds = {"pods": "Pod", "nodes": "Node", "events": "Event", CLAIMS: "PersistentVolumeClaim"}
    kind = kinds.get(query.resource) or next((one["kind"] for one in held if one["metadata"]["name"] == query.name), "")
    found = [item for item in held if item["kind"] == kind]
    if query.namespace:
        found = [item for item in found if item["metadata"].get("namespace") == query.namespace]
    if fields.startswith("spec.nodeName"):
        found = [item for item in found if f"spec.nodeName={item['spec'].get('nodeName')}" == fields]
    if query.name:
        found = [item for item in found if item["metadata"]["name"] == query.name]
        return observe(query, found[0] if found else None, **({} if found else {"result": "NotFound"}))
    return observe(query, {"items": found})


def commands(found: Iterable[Query]) -> set[str]:
    return {query.command().removeprefix("kubectl get ") for query in found}


class TestSurvey:
    def test_a_node_and_its_pods_wherever_they_are_and_its_events(self) -> None:
        found = commands(queries(Snapshot(asked("Node/node-1"))))
        assert {
            "nodes node-1",
            "pods -A --field-selector 'spec.nodeName=node-1'",
            "events -n default --field-selector 'involvedObject.kind=Node,involvedObject.name=node-1'",
            "events -A --field-selector 'type=Warning'",
        } <= found
        assert len(found) <= 10

    def test_a_tenant_asks_in_its_own_namespaces_and_is_told_what_it_does_not_see(self) -> None:
        asking = asked("Node/node-1", TENANT)
        found = commands(queries(Snapshot(asking)))
        assert "pods -n shop --field-selector 'spec.nodeName=node-1'" in found
        assert not [one for one in found if "-A" in one or "-n default" in one]
        told = report(answered(asking, [node()]))
        assert any(item.object == "events" and "default" in item.note for item in told.not_checked)

    def test_many_namespaces_are_bounded(self) -> None:
        scene = Scene(tenant="laptop", namespaces=[f"n{number}" for number in range(300)])
        assert len(queries(Snapshot(asked("Node/node-1", scene)))) < 60

    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            ("PersistentVolume/pv-1", {"persistentvolumes pv-1", "persistentvolumeclaims -A"}),
            ("StorageClass/fast", {"storageclasses.storage.k8s.io fast", "persistentvolumeclaims -A"}),
            ("IngressClass/web", {"ingressclasses.networking.k8s.io web", "ingresses.networking.k8s.io -A"}),
            ("PriorityClass/high", {"priorityclasses.scheduling.k8s.io high"}),
            (
                "ValidatingWebhookConfiguration/guard",
                {"validatingwebhookconfigurations.admissionregistration.k8s.io guard"},
            ),
            ("APIService/v1beta1.metrics.k8s.io", {"apiservices.apiregistration.k8s.io v1beta1.metrics.k8s.io"}),
        ],
    )
    def test_others_with_what_rests_on_them(self, target: str, expected: set[str]) -> None:
        assert expected <= commands(queries(Snapshot(asked(target))))

    def test_a_namespace_is_looked_into_and_not_the_one_of_the_investigation(self) -> None:
        found = queries(Snapshot(asked("Namespace/pay")))
        assert {query.namespace for query in found} == {"pay", ""}


class TestNode:
    def test_a_node_that_is_not_ready_and_who_suffers(self) -> None:
        objects = [node(Ready="Unknown"), crashing("api", "shop"), crashing("till", "pay")]
        found = assert_root(answered(asked("Node/node-1"), objects), "Node/node-1", "NodeNotReady")
        assert {"Pod/shop/api-x1", "Pod/pay/till-x1"} <= {item.object for item in found.affected}

    def test_pods_of_other_nodes_are_not_its_own(self) -> None:
        elsewhere = crashing("api", "shop")
        elsewhere["spec"]["nodeName"] = "node-2"
        found = report(answered(asked("Node/node-1"), [node(), node("node-2", Ready="False"), elsewhere]))
        assert found.verdict is Verdict.NO_FAULT
        assert "Node/node-1" in found.summary

    def test_what_is_unwell_on_a_good_node_is_looked_into(self) -> None:
        seen = answered(asked("Node/node-1"), [node(), crashing("till", "pay"), crashing("till2", "pay")])
        found = queries(seen)
        assert {query.namespace for query in found} == {"pay"}
        assert {"deployments.apps", "daemonsets.apps", "replicasets.apps"} <= {query.resource for query in found}
        assert report(seen).verdict is Verdict.INCONCLUSIVE

    def test_a_tenant_is_told_of_the_node_as_it_is_projected(self) -> None:
        pressed = node(DiskPressure="True")
        assert_root(answered(asked("Node/node-1", TENANT), [pressed]), "Node/node-1", "NodeDiskPressure")

    def test_a_cordoned_node_is_asked_for_the_budgets_that_may_keep_its_pods(self) -> None:
        cordoned = node() | {"spec": {"unschedulable": True}}
        till = placed(pod(workload("till"), template("till", container())), "pay")
        found = queries(answered(asked("Node/node-1"), [cordoned, till]))
        assert commands(found) == {"poddisruptionbudgets.policy -n pay"}
        assert not queries(answered(asked("Node/node-1"), [node(), till]))

    def test_a_node_that_is_not_there(self) -> None:
        found = report(answered(asked("Node/nod"), [node()]))
        assert found.verdict is Verdict.INCONCLUSIVE
        assert "Node/nod was not found" in found.limitations

    def test_unread_pods_are_no_good_news(self) -> None:
        seen = answered(asked("Node/node-1"), [node()])
        blind = [
            item.replace(result="Denied", data=None, message="forbidden") if item.query.resource == "pods" else item
            for item in seen.observations
        ]
        assert report(Snapshot(seen.run, tuple(blind))).verdict is Verdict.INCONCLUSIVE


def claim(name: str, **spec: Any) -> Raw:
    return {"kind": "PersistentVolumeClaim", "metadata": meta(name), "spec": spec, "status": {"phase": "Pending"}}


def test_a_claim_of_the_class_that_waits_leads_to_its_namespace() -> None:
    waits = claim("data", storageClassName="fast")
    told = event(waits, "ProvisioningFailed", "no room")
    fast = {"kind": "StorageClass", "metadata": {"name": "fast"}}
    found = queries(answered(asked("StorageClass/fast"), [fast, waits, told]))
    assert {query.namespace for query in found} == {"shop"}
    slow = claim("data", storageClassName="slow")
    assert not queries(answered(asked("StorageClass/fast"), [fast, slow, told]))


def test_warnings_that_name_one_of_its_webhooks_lead_to_their_namespace() -> None:
    guard = {
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [{"name": "pods.guard.example"}],
    }
    refused = {"kind": "ReplicaSet", "metadata": meta("api-5")}
    said = 'Error creating: failed calling webhook "{}": connect: connection refused'
    named = event(refused, "FailedCreate", said.format("pods.guard.example"))
    found = queries(answered(asked("ValidatingWebhookConfiguration/guard"), [guard, named]))
    assert {query.namespace for query in found} == {"shop"}
    other = event(refused, "FailedCreate", said.format("mypods.guard.example"))
    assert not queries(answered(asked("ValidatingWebhookConfiguration/guard"), [guard, other]))


def test_a_node_that_is_asked_about_is_looked_at_whole_whatever_others_found() -> None:
    """Beyond one namespace the few reads of a check do not tell what else is wrong."""
    fired = {"alertname": "NodeDown", "node": "node-1"}
    cause = IncidentCause(entity=entity("Node", "", "node-1"), cause="NodeNotReady")
    head = Incident(namespace="shop", name="inv-head", finished_at=NOW - timedelta(seconds=20), causes=[cause])
    made = run(alert=fired, starts_at=NOW - timedelta(seconds=200), trigger="Alert").replace(incidents=[head])
    made = made.replace(scene=PLATFORM, spec=made.spec.replace(target=ObjectRef(kind="Node", name="node-1")))
    board = weigh(answered(made, [node(Ready="False")]))
    assert [item.cause for item in board.chosen] == ["NodeNotReady"]
    assert explaining(board) is None
