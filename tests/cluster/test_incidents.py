"""Storms: of two faults at once each is one incident with what follows from it, and neither is taken for the other."""

import json
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from support.alerts import notification, sent
from support.cluster import deployment
from support.forward import Forward
from support.waiting import finished, until

from .conftest import SYSTEM

INVESTIGATIONS = "investigations.casebook.dev"
REFUSED = '{"level":"ERROR","msg":"GET http://%s:80/entries failed: connection refused"}'
FAULTS = {"ledger": "ConfigMapMissing", "mailer": "ImageAbsentOnNode"}
CALLERS = {"orders": "ledger", "newsletter": "mailer"}


def caller(namespace: str, name: str, of: str) -> dict[str, Any]:
    """A Deployment that calls a Service in vain, again and again, and says so."""
    script = f"while true; do echo '{REFUSED % of}' >&2; sleep 2; done"
    return deployment(namespace, name, script, env=[{"name": f"{of.upper()}_URL", "value": f"http://{of}:80"}])


@pytest.fixture
async def storms(writer: Writer, reader: Reader, namespace: str) -> str:
    """Two Deployments that cannot start, each for a reason of its own, with a Service and a caller each."""
    reference = {"configMapRef": {"name": "ledger-settings"}}
    broken = [
        deployment(namespace, "ledger", "sleep 3600", envFrom=[reference]),
        deployment(namespace, "mailer", "sleep 3600", image="casebook-shop:never-built"),
    ]
    for one in [*broken, *(caller(namespace, name, of) for name, of in CALLERS.items())]:
        await writer.create("deployments.apps", one)
    for name in FAULTS:
        spec = {"selector": {"app": name}, "ports": [{"port": 80}]}
        await writer.create("services", {"metadata": {"namespace": namespace, "name": name}, "spec": spec})

    async def struck() -> bool:
        said = json.dumps((await reader.list("pods", namespace)).items)
        return "CreateContainerConfigError" in said and "ErrImageNeverPull" in said

    await until("neither can start", struck)
    return namespace


class Alerting:
    """Sends alerts to the gateway, each a group of its own, and finds what they come to."""

    def __init__(self, url: str, token: str, reader: Reader, namespace: str) -> None:
        self._reader, self._namespace = reader, namespace
        self._url, self._headers = f"{url}/v1/alerts/alertmanager", {"Authorization": f"Bearer {token}"}

    async def fire(self, name: str, about: str) -> None:
        """One alert about a Deployment."""
        alert = sent(name, episode=datetime.now(UTC), namespace=self._namespace, deployment=about, severity="critical")
        common = {"commonLabels": alert["labels"], "groupLabels": {"alertname": name}}
        body = notification(alert, key=f'{{}}:{{alertname="{name}"}}', **common)
        async with (
            aiohttp.ClientSession(headers=self._headers) as session,
            session.post(self._url, json=body) as answer,
        ):
            assert answer.status < 300, await answer.text()

    async def done(self, name: str) -> dict[str, Any]:
        """The Investigation of this alert, once it is finished."""

        async def appeared() -> str:
            for item in (await self._reader.list(INVESTIGATIONS, self._namespace)).items:
                if item["spec"]["alert"]["labels"]["alertname"] == name:
                    return str(item["metadata"]["name"])
            return ""

        made = await until(f"an Investigation of {name}", appeared)
        return await finished(self._reader, self._namespace, made)


@pytest.fixture
async def alerting(receiver_token: str, reader: Reader, namespace: str) -> AsyncIterator[Alerting]:
    """A way to the gateway."""
    with closing(Forward(SYSTEM, "casebook-gateway", 8080)) as forward:
        yield Alerting(await forward.url(), receiver_token, reader, namespace)


def causes(done: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["object"], one["cause"]) for one in done["status"]["report"]["rootCauses"]]


async def test_each_of_two_storms_is_one_incident_with_its_followers(
    storms: str, alerting: Alerting, reader: Reader
) -> None:
    for name in FAULTS:
        await alerting.fire(f"{name}-down", name)
    heads = {name: await alerting.done(f"{name}-down") for name in FAULTS}
    for name, cause in FAULTS.items():
        assert causes(heads[name]) == [(f"Deployment/{name}", cause)]
        assert "explainedBy" not in heads[name]["status"], "a fault of its own is never joined to another"

    for name, of in CALLERS.items():
        await alerting.fire(f"{name}-fails", name)
        await alerting.fire(f"{of}-again", of)
    followers = {
        of: [await alerting.done(alert) for alert in (f"{name}-fails", f"{of}-again")] for name, of in CALLERS.items()
    }
    for of, found in followers.items():
        head = heads[of]["metadata"]["name"]
        for done in found:
            await follows(reader, done, head)
            assert causes(done) == causes(heads[of])
            assert len(done["status"]["report"]["summary"].splitlines()) == 2

    for of, found in followers.items():
        names = sorted(done["metadata"]["name"] for done in found)
        await leads(reader, heads[of], names)
    listed = await reader.list(INVESTIGATIONS, storms, fields="status.explainedBy=")
    assert {one["metadata"]["name"] for one in listed.items} == {head["metadata"]["name"] for head in heads.values()}


async def follows(reader: Reader, done: dict[str, Any], head: str) -> None:
    """Its status names whose incident it is of; the controller says so once it is finished."""

    async def look() -> bool:
        metadata = done["metadata"]
        status = (await reader.get(INVESTIGATIONS, metadata["name"], metadata["namespace"]))["status"]
        return status.get("explainedBy") == head

    await until(f"{done['metadata']['name']} follows {head}: {done['status']['report']['summary']}", look)


async def leads(reader: Reader, head: dict[str, Any], names: list[str]) -> None:
    """The first of an incident counts and names what follows from it."""

    async def look() -> bool:
        metadata = head["metadata"]
        status = (await reader.get(INVESTIGATIONS, metadata["name"], metadata["namespace"]))["status"]
        told = status.get("followers") or {}
        return (told.get("count"), sorted(told.get("names", []))) == (len(names), names)

    await until(f"{head['metadata']['name']} leads {names}", look)
