"""What an agent learns of the Prometheus that all tenants share: by the gateway, and of its own tenant alone (I8)."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from casebook.api.observation import PROMETHEUS
from casebook.api.report import Report
from casebook.cluster.client import Client
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from support.cluster import deployment, investigation
from support.waiting import finished, until

INVESTIGATIONS = "investigations.casebook.dev"
EVERYBODY = "sum by (namespace, deployment) (up) > 0"
"""The expression of an alert that names no namespace, as rules for a whole cluster do."""


def scraped(namespace: str, name: str) -> dict[str, Any]:
    """A workload of the shop, which Prometheus finds by its marks."""
    made = deployment(namespace, name, "exec python3 -m shop auth")
    marks = {"app.kubernetes.io/part-of": "shop"}
    metadata = made["spec"]["template"]["metadata"]
    metadata["labels"] = metadata["labels"] | marks
    metadata["annotations"] = {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"}
    return made


@pytest.fixture
async def neighbour(writer: Writer) -> AsyncIterator[tuple[str, str]]:
    """Another tenant with a workload that is scraped too; its namespace and the name of the workload."""
    name, canary = f"test-n-{uuid4().hex[:8]}", f"canary{uuid4().hex[:12]}"
    await writer.create("namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    await writer.create("deployments.apps", scraped(name, canary))
    yield name, canary
    await writer.delete("namespaces", name)


async def measured(client: Client, monitoring: str, *workloads: str) -> None:
    """Wait until Prometheus has scraped each of them, and what the alert asks for is true."""
    path = f"/api/v1/namespaces/{monitoring}/services/prometheus:9090/proxy/api/v1/query"

    async def look() -> bool:
        answer = await client.json("GET", path, query=[("query", EVERYBODY)])
        return {one["metric"].get("deployment") for one in answer["data"]["result"]} >= set(workloads)

    await until("Prometheus has scraped both tenants", look)


async def test_an_alerts_expression_is_asked_again_for_its_own_tenant(
    installed: str,
    monitoring: str,
    kube_client: Client,
    reader: Reader,
    writer: Writer,
    namespace: str,
    neighbour: tuple[str, str],
) -> None:
    other, canary = neighbour
    await writer.create("deployments.apps", scraped(namespace, "auth"))
    await measured(kube_client, monitoring, "auth", canary)
    labels = {"alertname": "SomethingAnswers", "namespace": namespace, "deployment": "auth"}
    alert = {"labels": labels, "annotations": {"expr": EVERYBODY}}
    await writer.create(INVESTIGATIONS, investigation(namespace, "metered", alert=alert))
    done = await finished(reader, namespace, "metered")

    report = Report.model_validate(done["status"]["report"])
    asked = [item for item in report.evidence if item.source == PROMETHEUS]
    assert any("SomethingAnswers" in item.excerpt for item in asked), [item.excerpt for item in report.evidence]
    assert all(namespace in item.query for item in asked), [item.query for item in asked]
    told = json.dumps(done["status"])
    assert canary not in told
    assert other not in told
