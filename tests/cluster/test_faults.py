"""When a fault ends, work goes on by itself (I10); what was acknowledged is never lost (I1)."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import aiohttp

from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from support.cluster import deployment, investigation
from support.tools import output
from support.waiting import finished

INVESTIGATIONS = "investigations.casebook.dev"
RUNS = "casebook-runs"


def payload(namespace: str, key: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    alert = {
        "status": "firing",
        "labels": {"alertname": "X", "namespace": namespace},
        "annotations": {},
        "startsAt": now,
    }
    alert |= {"endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": f"{abs(hash(key)):016x}"[:16]}
    group = {"version": "4", "groupKey": key, "receiver": "alertmanager", "status": "firing", "truncatedAlerts": 0}
    return group | {
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": [alert],
    }


async def test_what_was_acknowledged_survives_the_loss_of_gateways_and_controller(
    installed: str, gateway_url: str, receiver_token: str, reader: Reader, writer: Writer, namespace: str
) -> None:
    """Every 2xx has its Investigation although both roles are killed in between; every one finishes."""
    await writer.create("deployments.apps", deployment(namespace, "fine", "sleep 3600"))
    headers = {"Authorization": f"Bearer {receiver_token}"}
    acknowledged = 0
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=30)) as session:
        for number in range(8):
            if number == 4:
                for component in ("controller", "gateway"):
                    output(
                        "kubectl",
                        "-n",
                        installed,
                        "delete",
                        "pod",
                        "-l",
                        f"app.kubernetes.io/component={component}",
                        "--grace-period=0",
                        "--force",
                        "--wait=false",
                    )
            acknowledged += await posted(
                session, f"{gateway_url}/v1/alerts/alertmanager", payload(namespace, f"g{number}")
            )
            if not acknowledged:
                break
    assert acknowledged >= 4
    made = (await reader.list(INVESTIGATIONS, namespace)).items
    assert len(made) >= acknowledged
    done = await asyncio.gather(*[finished(reader, namespace, item["metadata"]["name"]) for item in made])
    assert {item["status"]["phase"] for item in done} == {"Succeeded"}


async def posted(session: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> int:
    """1 where it was acknowledged; the forwarded port dies with its pod, which is a refusal like any other."""
    try:
        async with session.post(url, json=body) as answer:
            assert answer.status < 400 or answer.status == 503, await answer.text()
            return int(answer.status < 300)
    except aiohttp.ClientError:
        return 0


async def test_a_controller_that_dies_again_and_again_starts_each_attempt_once(
    installed: str, reader: Reader, writer: Writer, namespace: str
) -> None:
    names = [f"q{number}" for number in range(4)]
    for name in names:
        await writer.create(INVESTIGATIONS, investigation(namespace, name, question="is anything wrong?"))
        output(
            "kubectl",
            "-n",
            installed,
            "delete",
            "pod",
            "-l",
            "app.kubernetes.io/component=controller",
            "--grace-period=0",
            "--force",
            "--wait=false",
        )
    done = await asyncio.gather(*[finished(reader, namespace, name) for name in names])
    for item in done:
        jobs = await reader.list("jobs.batch", RUNS, labels=f"casebook.dev/investigation-uid={item['metadata']['uid']}")
        attempts = Counter(job["metadata"]["labels"]["casebook.dev/attempt"] for job in jobs.items)
        assert all(count == 1 for count in attempts.values()), json.dumps(attempts)
        assert len(attempts) <= item["status"]["attempt"]
