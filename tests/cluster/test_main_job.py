"""The main job: a real Alertmanager calls, a real pod looks, and the right cause stands in the status."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casebook.api.names import reader_name, tenant_id
from casebook.api.report import Report
from casebook.cluster.client import Client
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from support.cluster import deployment
from support.tools import output
from support.waiting import condition, finished, until

from .conftest import MANIFESTS, MONITORING

ALERTS = f"/api/v1/namespaces/{MONITORING}/services/alertmanager:9093/proxy/api/v2/alerts"
INVESTIGATIONS = "investigations.casebook.dev"


@pytest.fixture
def alertmanager(monitoring: str, receiver_token: str) -> None:
    """Alertmanager in the cluster, with the receiver's token."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "casebook-receiver", "namespace": monitoring}}
    output("kubectl", "apply", "-f", "-", stdin=json.dumps(secret | {"stringData": {"token": receiver_token}}))
    output("kubectl", "apply", "-f", str(MANIFESTS / "alertmanager.yaml"))
    output("kubectl", "-n", monitoring, "rollout", "status", "deployment/alertmanager", "--timeout=180s")


@pytest.fixture
async def broken(writer: Writer, reader: Reader, namespace: str) -> str:
    """A Deployment whose ConfigMap is not there, and whose pod says so."""
    reference = {"configMapRef": {"name": "payment-settings"}}
    await writer.create("deployments.apps", deployment(namespace, "payments", "sleep 3600", envFrom=[reference]))

    async def waiting() -> bool:
        pods = await reader.list("pods", namespace)
        return "CreateContainerConfigError" in json.dumps(pods.items)

    await until("the pod cannot start", waiting)
    return namespace


async def fire(client: Client, namespace: str, *, ends: datetime | None = None) -> None:
    labels = {"alertname": "PaymentsDown", "namespace": namespace, "deployment": "payments", "severity": "critical"}
    alert: dict[str, Any] = {"labels": labels, "annotations": {"summary": "payments answers nothing"}}
    if ends:
        alert["endsAt"] = ends.isoformat()
    await client.json("POST", ALERTS, body=[alert])


async def test_an_alert_becomes_a_cited_tested_report(
    installed: str, alertmanager: None, broken: str, kube_client: Client, reader: Reader
) -> None:
    await fire(kube_client, broken)

    async def appeared() -> list[dict[str, Any]]:
        return (await reader.list(INVESTIGATIONS, broken)).items

    name = (await until("an Investigation", appeared))[0]["metadata"]["name"]
    done = await finished(reader, broken, name)
    report = Report.model_validate(done["status"]["report"])

    assert done["spec"]["severity"] == "Critical"
    assert done["status"]["verdict"] == "RootCause"
    assert report.root_causes[0].cause == "ConfigMapMissing"
    assert report.root_causes[0].object == "Deployment/payments"
    best = next(item for item in report.hypotheses if item.id == report.root_causes[0].hypothesis)
    assert any(prediction.outcome == "Held" and prediction.evidence for prediction in best.predictions)
    assert report.citations() <= {evidence.id for evidence in report.evidence}
    for type_ in ("Succeeded", "Finished", "TraceStored"):
        assert condition(done, type_)["status"] == "True", type_
    assert "payment-settings" in json.dumps(report.wire())

    await one_episode_is_one_investigation(kube_client, reader, broken, name)
    await its_agent_was_the_tenants_reader(reader, broken, done["metadata"]["uid"])


async def one_episode_is_one_investigation(client: Client, reader: Reader, namespace: str, name: str) -> None:
    await fire(client, namespace, ends=datetime.now(UTC) + timedelta(seconds=2))

    async def resolved() -> bool:
        found = await reader.get(INVESTIGATIONS, name, namespace)
        return "resolvedAt" in found["status"].get("alert", {})

    await until("the resolved alert is noted", resolved)
    assert len((await reader.list(INVESTIGATIONS, namespace)).items) == 1


async def its_agent_was_the_tenants_reader(reader: Reader, namespace: str, uid: str) -> None:
    jobs = await reader.list("jobs.batch", "casebook-runs", labels=f"casebook.dev/investigation-uid={uid}")
    accounts = {job["spec"]["template"]["spec"]["serviceAccountName"] for job in jobs.items}
    assert accounts == {reader_name(tenant_id(namespace, None))}


async def test_kubectl_shows_and_waits(installed: str, writer: Writer, broken: str) -> None:
    manifest = {
        "apiVersion": "casebook.dev/v1alpha1",
        "kind": "Investigation",
        "metadata": {"name": "asked", "namespace": broken},
        "spec": {"question": "why does payments not start?", "target": {"kind": "Deployment", "name": "payments"}},
    }
    await writer.create(INVESTIGATIONS, manifest)
    output("kubectl", "-n", broken, "wait", "--for=condition=Succeeded", "inv/asked", "--timeout=240s")
    table = output("kubectl", "-n", broken, "get", "inv", "asked")
    assert "ConfigMapMissing" in table
    assert "RootCause" in table
    events = output("kubectl", "-n", broken, "get", "events.events.k8s.io", "-o", "json")
    assert "asked" in events
