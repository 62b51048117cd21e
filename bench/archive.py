"""Memories by the thousand, as a tenant has them after years: confirmed, of workloads that nobody asks about now."""

import asyncio
import time
from typing import Any

from casebook.api.base import API_VERSION, MEMORIES
from casebook.cluster.client import Client
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from scenariokit.kubectl import CommandError

WORKLOADS = 4000
CAUSES = ("QuotaExceeded", "DnsFailing", "OomKilled", "ImageNotFound", "EnvMissing")
AT_ONCE = 16
LOOKED_AT = 40
"""So many of them, spread over all, are looked at for whether the controller has judged them."""
PATIENCE, PAUSE = 900.0, 2.0


def memory(number: int, namespace: str) -> dict[str, Any]:
    """A memory of one workload among 4,000; a third of them only where an alert fires that does not fire here."""
    cause, labels = CAUSES[number % len(CAUSES)], {"workload.name": f"svc-{number % WORKLOADS}"}
    spec = {
        "statement": f"svc-{number} fails with {cause} after the import {number % 97}, see runbook {number % 53}",
        "state": "Confirmed",
        "claim": {"cause": {"cause": cause, "effect": "Confirms", "object": f"Deployment/svc-{number}"}},
        "scope": {"matchLabels": labels | ({"alertname": "AnotherAlert"} if number % 3 == 0 else {})},
    }
    metadata = {"name": f"m-{number}", "namespace": namespace}
    return {"apiVersion": API_VERSION, "kind": "Memory", "metadata": metadata, "spec": spec}


async def fill(client: Client, namespace: str, count: int) -> float:
    """Make so many memories in a namespace; the seconds from the last of them until the controller has judged all.

    Raises `CommandError` where it does not come to that in a quarter of an hour.
    """
    writer, slots = Writer(client, "casebook-bench"), asyncio.Semaphore(AT_ONCE)

    async def make(number: int) -> None:
        async with slots:
            await writer.create(MEMORIES, memory(number, namespace))

    await asyncio.gather(*(make(number) for number in range(count)))
    made = time.monotonic()
    waiting = {f"m-{number}" for number in range(0, count, max(1, count // LOOKED_AT))} | {f"m-{count - 1}"}
    while waiting:
        if time.monotonic() - made > PATIENCE:
            raise CommandError(f"the controller has not judged {', '.join(sorted(waiting))}")
        await asyncio.sleep(PAUSE)
        seen = await asyncio.gather(*(Reader(client).get(MEMORIES, name, namespace) for name in sorted(waiting)))
        waiting -= {one["metadata"]["name"] for one in seen if one.get("status", {}).get("observedGeneration")}
    return time.monotonic() - made
