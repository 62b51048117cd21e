"""Prometheus and Alertmanager of the demo, asked through the API server."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from casebook.cluster.client import connect
from casebook.cluster.errors import ClusterError
from scenariokit.kubectl import CommandError, Kube

NAMESPACE = "casebook-monitoring"
MANIFESTS = Path(__file__).resolve().parents[2] / "tests" / "cluster" / "monitoring"
RECEIVER = "alertmanager"
SERVICES = f"/api/v1/namespaces/{NAMESPACE}/services"
SILENCE_MINUTES = 15


@dataclass(frozen=True)
class Alert:
    """An alert as Prometheus knows it."""

    name: str
    state: str
    summary: str


async def prometheus(kube: Kube) -> None:
    """Have Prometheus run; CommandError if it does not start."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    await kube.must("apply", "-f", "-", stdin=json.dumps(namespace))
    await _run(kube, "prometheus")


async def alertmanager(kube: Kube) -> None:
    """Have Alertmanager run beside it, with the token by which the gateway knows it; CommandError if it does not."""
    found = await kube.must("get", "secret", "casebook-receivers", "-n", "casebook-system", "-o", "json")
    metadata = {"name": "casebook-receiver", "namespace": NAMESPACE}
    token = {"token": token_of(json.loads(found), RECEIVER)}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": token}
    await kube.must("apply", "-f", "-", stdin=json.dumps(secret))
    await _run(kube, "alertmanager")


async def _run(kube: Kube, name: str) -> None:
    manifest = MANIFESTS / f"{name}.yaml"
    await kube.must("apply", "-f", str(manifest))
    # a ConfigMap that changed is read by a new pod only
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()[:16]
    patch = {"spec": {"template": {"metadata": {"annotations": {"casebook.dev/config": digest}}}}}
    await kube.must("-n", NAMESPACE, "patch", f"deployment/{name}", "-p", json.dumps(patch))
    await kube.must("-n", NAMESPACE, "rollout", "status", f"deployment/{name}", "--timeout=120s", seconds=130)


def token_of(secret: dict[str, Any], receiver: str) -> str:
    """The first token that the gateway's Secret holds for a receiver; CommandError where it holds none."""
    encoded = (secret.get("data") or {}).get(receiver)
    if not encoded:
        raise CommandError(f"Secret casebook-receivers in casebook-system has no key {receiver}")
    return base64.b64decode(encoded).decode().split()[0]


async def alerts(kube: Kube, namespaces: set[str]) -> list[Alert]:
    """The alerts of these namespaces that are pending or firing now."""
    path = f"{SERVICES}/prometheus:9090/proxy/api/v1/alerts"
    return alerts_in(json.loads(await kube.must("get", "--raw", path)), namespaces)


def alerts_in(answer: dict[str, Any], namespaces: set[str]) -> list[Alert]:
    """The alerts of these namespaces in an answer of Prometheus, firing ones first."""
    found = [
        Alert(a["labels"].get("alertname", ""), a["state"], a.get("annotations", {}).get("summary", ""))
        for a in answer.get("data", {}).get("alerts", [])
        if a["labels"].get("namespace") in namespaces
    ]
    return sorted(found, key=lambda alert: (alert.state != "firing", alert.name, alert.summary))


async def silence(kube: Kube, namespaces: set[str]) -> str:
    """Keep alerts of these namespaces from being sent, while the shop is set up; the id of the silence."""
    now = datetime.now(UTC)
    body = {
        "matchers": [{"name": "namespace", "value": "|".join(sorted(namespaces)), "isRegex": True, "isEqual": True}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(minutes=SILENCE_MINUTES)).isoformat(),
        "createdBy": "demo",
        "comment": "the shop is being set up",
    }
    answer = await _alertmanager(kube, "POST", "silences", body)
    return str(answer["silenceID"])


async def unsilence(kube: Kube, identity: str) -> None:
    """End the silence."""
    await _alertmanager(kube, "DELETE", f"silence/{identity}")


async def _alertmanager(kube: Kube, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    # kubectl --raw sends a content type that Alertmanager refuses
    try:
        async with connect(str(kube.kubeconfig)) as client:
            return await client.json(method, f"{SERVICES}/alertmanager:9093/proxy/api/v2/{path}", body=body)
    except ClusterError as error:
        raise CommandError(f"Alertmanager, {method} {path}: {error}") from None
