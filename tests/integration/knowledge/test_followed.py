"""A namespace with many memories, on a real API server: listed once, then followed; what people change is obeyed."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from casebook.api.base import API_VERSION, MEMORIES
from casebook.cluster.reader import PAGE
from casebook.gateway.directory import Directory, Place
from casebook.gateway.recall import Recall
from support.recorded import trace
from support.rig import Rig
from support.waiting import until

AT_ONCE = 16


def memory(namespace: str, number: int) -> dict[str, Any]:
    spec = {
        "statement": f"svc-{number} fails when the import runs",
        "state": "Confirmed",
        "claim": {"cause": {"cause": "DNSFailing", "effect": "Confirms", "object": f"Deployment/svc-{number}"}},
        "scope": {"matchLabels": {"workload.name": f"svc-{number}"}},
    }
    metadata = {"name": f"m-{number}", "namespace": namespace}
    return {"apiVersion": API_VERSION, "kind": "Memory", "metadata": metadata, "spec": spec}


async def fill(rig: Rig, place: str, count: int) -> None:
    slots = asyncio.Semaphore(AT_ONCE)

    async def make(number: int) -> None:
        async with slots:
            await rig.writer.create(MEMORIES, memory(place, number))

    await asyncio.gather(*(make(number) for number in range(count)))


async def test_many_memories_are_listed_once_and_what_is_changed_is_recalled(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, now = await rig.namespace(), datetime.now(UTC)
    await fill(rig, place, PAGE + 10)
    directory = Directory({place: Place(f"ns:{place}", now), rig.operator: Place("platform", now)})
    listed: list[str] = []
    pages = rig.reader.pages

    def counted(resource: str, namespace: str = "", **more: Any) -> Any:
        listed.append(f"{resource} {namespace}")
        return pages(resource, namespace, **more)

    monkeypatch.setattr(rig.reader, "pages", counted)
    recall = Recall(rig.reader, rig.operator, lambda: datetime.now(UTC))
    run = trace("image-tag-typo").run
    run = run.replace(namespace=place, spec=run.spec.replace(target=None))

    async def said() -> dict[str, str]:
        given = await recall.given(run, f"ns:{place}", directory)
        return {one.name: one.spec.statement for one in given.recalled}

    assert len(await said()) == PAGE + 10
    await rig.writer.patch(MEMORIES, "m-1", place, {"spec": {"statement": "svc-1 fails on Mondays"}})
    await rig.writer.patch(MEMORIES, "m-2", place, {"spec": {"state": "Retired"}})
    await rig.writer.delete(MEMORIES, "m-3", place)
    await rig.writer.create(MEMORIES, memory(place, 999))

    async def obeyed() -> bool:
        found = await said()
        gone = found.keys().isdisjoint({"m-2", "m-3"})
        return found["m-1"] == "svc-1 fails on Mondays" and gone and "m-999" in found

    await until("the changes are recalled", obeyed)
    await recall.close()
    assert listed.count(f"{MEMORIES} {place}") == 1
