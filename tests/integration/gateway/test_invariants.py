"""I3, I5 and I7 against a real API server: what comes late, twice, or far too large changes nothing that stands."""

import asyncio
import json
from random import Random
from typing import Any

import pytest

from casebook.api.base import API_VERSION, INVESTIGATIONS, timestamp
from casebook.cluster.writer import Writer
from casebook.gateway.trim import MAX_STATUS
from support.alerts import body, sent
from support.reports import NOW, envelope, observation, report

from .conftest import CONTROLLER, Replica, Scene, steer
from .test_api_server import Pod, investigated, post


async def deliver(replica: Replica, data: bytes) -> None:
    """As Alertmanager does: again after 503."""
    async with asyncio.timeout(120):
        while await post(replica, data) != 200:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("seed", range(3))
async def test_any_order_and_any_repeat_leave_the_same(scene: Scene, seed: int) -> None:
    """I3: what fires meanwhile is noted once on the one episode; after its end, nothing of it is news."""
    replicas = [await scene.start(), await scene.start()]
    fires = [sent(name, minute=minute, namespace=scene.shop) for minute, name in enumerate("ABC")]
    ends = [sent(name, minute=minute, namespace=scene.shop, resolved=True) for minute, name in enumerate("ABC")]
    posts = [body(*fires[:1]), body(*fires[:2]), body(*fires), body(*fires[1:])] * 3
    order = Random(seed)
    order.shuffle(posts)
    await asyncio.gather(*(deliver(replicas[number % 2], data) for number, data in enumerate(posts)))
    (made,) = await scene.investigations()
    alert = made["status"]["alert"]
    assert sorted(seen["fingerprint"] for seen in alert["seen"]) == sorted(fire["fingerprint"] for fire in fires)
    assert alert["count"] >= len(posts)
    assert "resolvedAt" not in alert
    await deliver(replicas[0], body(*ends))
    (ended,) = await scene.investigations()
    assert "resolvedAt" in ended["status"]["alert"]
    order.shuffle(posts)
    for number, data in enumerate([*posts, body(*ends)]):
        await deliver(replicas[number % 2], data)
    assert await scene.investigations() == [ended]


async def test_a_finished_report_changes_by_nothing_that_comes_after(scene: Scene) -> None:
    """I5: the same pod once more, a later attempt, news of the alert, the controller's end, a person's feedback."""
    gateway = await scene.start()
    made = await investigated(scene, gateway)
    first, seen = await Pod(scene, made).create(), observation(1, namespace=scene.shop)
    assert (await first.hand_in(gateway, seen))[0] == 200
    standing = await reported(scene)
    other = envelope(report(seen, summary="something else altogether"), 1).wire()
    assert (await first.call(gateway, "PUT", "/report", other))[0] == 200
    assert await reported(scene) == standing
    await steer(scene, made, attempt=2, phase="Running")
    second = await Pod(scene, made, attempt=2).create()
    assert (await second.call(gateway, "PUT", "/report", other))[0] == 200
    assert (await first.call(gateway, "PUT", "/report", other))[0] == 409
    await deliver(gateway, body(sent(namespace=scene.shop)))
    await steer(scene, made, attempt=2, phase="Succeeded", finishedAt=timestamp(NOW))
    entry = {"id": "f1", "author": "alice", "at": timestamp(NOW), "rating": "Down", "verdict": "Wrong"}
    name, space = made["metadata"]["name"], scene.shop
    await scene.writer.patch(INVESTIGATIONS, name, space, {"spec": {"feedback": [entry]}})
    assert await reported(scene) == standing


async def reported(scene: Scene) -> dict[str, Any]:
    """What the status says was found."""
    (found,) = await scene.investigations()
    return {key: found["status"][key] for key in ("report", "verdict", "cause", "object", "confidencePercent")}


async def test_the_largest_of_everything_stays_within_the_limits(scene: Scene) -> None:
    """I7: as many alerts as are remembered, conditions as long as they may be, and a report far over its limit."""
    gateway = await scene.start()
    await deliver(gateway, body(*(sent(f"A{number}", namespace=scene.shop) for number in range(300))))
    (made,) = await scene.investigations()
    await long_conditions(scene, made)
    pod = await Pod(scene, made).create()
    seen = [observation(number, namespace=scene.shop) for number in range(48)]
    large = report(*seen)
    large = large.replace(evidence=[item.replace(excerpt="ä" * 4096) for item in large.evidence])
    status, said = await pod.call(gateway, "PUT", "/report", envelope(large, len(seen)).wire())
    assert status == 200, said
    (found,) = await scene.investigations()
    assert len(found["status"]["alert"]["seen"]) == 100
    assert len(json.dumps(found["status"], ensure_ascii=False).encode()) <= MAX_STATUS
    assert found["status"]["report"]["rootCauses"], "what was found is the last to be cut"


async def long_conditions(scene: Scene, made: dict[str, Any]) -> None:
    """As the controller, with as much to say as the API takes."""
    told = {"status": "True", "reason": "Said", "message": "x" * 4096, "lastTransitionTime": timestamp(NOW)}
    conditions = [{"type": kind, **told} for kind in ("Queued", "Running", "Succeeded")]
    metadata = {key: made["metadata"][key] for key in ("name", "namespace")}
    status = {"conditions": conditions, "attempt": 1, "phase": "Running"}
    manifest = {"apiVersion": API_VERSION, "kind": "Investigation", "metadata": metadata, "status": status}
    await Writer(scene.client, CONTROLLER).apply_status(INVESTIGATIONS, manifest)
