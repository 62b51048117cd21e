"""When a fault ends, work goes on by itself (I10); what was acknowledged is never lost (I1)."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import aiohttp

from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from support.alerts import notification, sent
from support.cluster import deployment, investigation
from support.forward import Forward
from support.tools import output
from support.waiting import finished

INVESTIGATIONS = "investigations.casebook.dev"
RUNS = "casebook-runs"


def kill(system: str, component: str) -> None:
    """Every pod of a role, at once and without a chance to tidy up."""
    label = f"app.kubernetes.io/component={component}"
    output("kubectl", "-n", system, "delete", "pod", "-l", label, "--grace-period=0", "--force", "--wait=false")


async def deliver(forward: Forward, session: aiohttp.ClientSession, body: dict[str, Any]) -> None:
    """Post until it is acknowledged, as Alertmanager does: 5xx and broken connections are tried again."""
    async with asyncio.timeout(240):
        while True:
            try:
                async with session.post(f"{await forward.url()}/v1/alerts/alertmanager", json=body) as answer:
                    assert answer.status < 300 or answer.status == 503, await answer.text()
                    if answer.status < 300:
                        return
            except aiohttp.ClientError:
                forward.close()
            await asyncio.sleep(1)


async def test_what_was_acknowledged_survives_the_loss_of_gateways_and_controller(
    installed: str, receiver_token: str, reader: Reader, writer: Writer, namespace: str
) -> None:
    """One Investigation for every group although both roles are killed in between, and every one finishes."""
    await writer.create("deployments.apps", deployment(namespace, "fine", "sleep 3600"))
    headers = {"Authorization": f"Bearer {receiver_token}"}
    forward = Forward(installed, "casebook-gateway", 8080)
    groups = [f"g{number}" for number in range(6)]
    alert = sent(episode=datetime.now(UTC), namespace=namespace)
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=30)) as session:
            for number, key in enumerate(groups):
                if number == 3:
                    kill(installed, "controller")
                    kill(installed, "gateway")
                await deliver(forward, session, notification(alert, key=key, receiver="alertmanager"))
    finally:
        forward.close()
    made = (await reader.list(INVESTIGATIONS, namespace)).items
    assert sorted(item["spec"]["alert"]["groupKey"] for item in made) == groups
    done = await asyncio.gather(*[finished(reader, namespace, item["metadata"]["name"]) for item in made])
    assert {item["status"]["phase"] for item in done} == {"Succeeded"}


async def test_a_controller_that_dies_again_and_again_starts_each_attempt_once(
    installed: str, reader: Reader, writer: Writer, namespace: str
) -> None:
    names = [f"q{number}" for number in range(4)]
    for name in names:
        await writer.create(INVESTIGATIONS, investigation(namespace, name, question="is anything wrong?"))
        kill(installed, "controller")
    done = await asyncio.gather(*[finished(reader, namespace, name) for name in names])
    for item in done:
        jobs = await reader.list("jobs.batch", RUNS, labels=f"casebook.dev/investigation-uid={item['metadata']['uid']}")
        attempts = Counter(job["metadata"]["labels"]["casebook.dev/attempt"] for job in jobs.items)
        assert all(count == 1 for count in attempts.values()), json.dumps(attempts)
        assert len(attempts) <= item["status"]["attempt"]
