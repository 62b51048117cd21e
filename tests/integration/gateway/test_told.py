"""The outbound webhook over a real API server, which selects what is left to tell (I10, after all gateways died)."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from casebook.api.base import INVESTIGATIONS, timestamp
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.gateway.config import Outbound, Receiver
from support.alerts import body, sent
from support.hook import Hook, serving
from support.reports import observation
from support.waiting import until

from .conftest import CONTROLLER, Replica, Scene
from .process import Process
from .test_api_server import Pod, post

ENDS = {
    "DeadlineExceeded": "Failed",
    "AgentFailed": "Failed",
    "ScopeChanged": "Failed",
    "Cancelled": "Cancelled",
    "ReportStored": "Succeeded",
}
UNFINISHED = ("Pending", "Queued", "Running")


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with serving() as hook:
        yield hook


def receiver(scene: Scene, hook: Hook) -> Receiver:
    outbound = Outbound(url=hook.url)
    return Receiver(name="prom", default_namespace=scene.home, namespaces=[scene.shop], outbound=outbound)


async def replica(scene: Scene, hook: Hook) -> tuple[Replica, Receiver]:
    wanting = receiver(scene, hook)
    return await scene.start(receivers=[wanting]), wanting


async def alerted(scene: Scene, gateway: Replica, *names: str) -> dict[str, dict[str, Any]]:
    """One Investigation for each of these names."""
    for name in names:
        assert await post(gateway, body(sent(name, namespace=scene.shop), key=name)) == 200
    return {item["spec"]["alert"]["groupKey"]: item for item in await scene.investigations()}


async def write(scene: Scene, made: dict[str, Any], phase: str, reason: str = "") -> None:
    """The status as the controller writes it; with a reason it is the end."""
    now = timestamp(datetime.now(UTC))
    end = {"type": "Finished", "status": "True", "reason": reason, "message": "so it is", "lastTransitionTime": now}
    status = {"attempt": 1, "phase": phase, **({"finishedAt": now, "conditions": [end]} if reason else {})}
    metadata = {key: made["metadata"][key] for key in ("name", "namespace")}
    await Writer(scene.client, CONTROLLER).apply_status(INVESTIGATIONS, {"metadata": metadata, "status": status})


async def test_every_end_is_told_once_by_replicas_that_did_not_see_it(scene: Scene, hook: Hook) -> None:
    first, _ = await replica(scene, hook)
    made = await alerted(scene, first, *ENDS, *UNFINISHED, "untouched")
    for reason, phase in ENDS.items():
        await write(scene, made[reason], phase, reason)
    for phase in UNFINISHED:
        await write(scene, made[phase], phase)
    later = [await replica(scene, hook) for _ in range(2)]
    for _ in range(2):
        await asyncio.gather(*(gateway.gateway.sweep.once(wanting) for gateway, wanting in later))
    assert sorted(told["reason"] for told in hook.told) == sorted(ENDS)
    assert len(set(hook.deliveries)) == len(ENDS)
    assert await settled(scene, len(ENDS))


async def test_processes_that_start_tell_what_ended_while_there_was_none(scene: Scene, hook: Hook) -> None:
    first, wanting = await replica(scene, hook)
    made = await alerted(scene, first, "one", "two")
    for one in made.values():
        await write(scene, one, "Failed", "AgentFailed")
    processes = [Process(scene, receivers=[wanting]) for _ in range(2)]
    try:
        await until("both are settled as told", lambda: settled(scene, 2))
    finally:
        for process in processes:
            process.end(signal.SIGKILL)
    assert len(hook.calls) == len(set(hook.deliveries)) == 2


async def settled(scene: Scene, number: int) -> bool:
    told = await Reader(scene.client).list(INVESTIGATIONS, scene.shop, fields="status.notified=True")
    return len(told.items) == number


async def test_a_report_is_told_at_once_and_its_end_not_again(scene: Scene, hook: Hook) -> None:
    gateway, wanting = await replica(scene, hook)
    made = (await alerted(scene, gateway, "broken"))["broken"]
    await write(scene, made, "Running")
    pod, seen = await Pod(scene, made).create(), observation(1, namespace=scene.shop)
    assert (await pod.hand_in(gateway, seen))[0] == 200
    await gateway.gateway.notifier.close(30)
    await write(scene, made, "Succeeded", "ReportStored")
    await gateway.gateway.sweep.once(wanting)
    (told,) = hook.told
    assert (told["succeeded"], told["cause"]) == (True, "OomKilled")
    (found,) = await scene.investigations()
    assert (found["status"]["notified"], found["status"]["phase"]) == ("True", "Succeeded")
