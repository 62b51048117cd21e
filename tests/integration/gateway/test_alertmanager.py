"""A real Alertmanager, the gateway, and a real API server between which things go wrong (I1, I2, I3)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from casebook.cluster.errors import Unavailable
from casebook.gateway.investigations import Record
from support.alertmanager import alertmanager
from support.waiting import until

from .conftest import TOKEN, Scene

SINCE = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


async def settled(scene: Scene, number: int, what: str, /, **alert: object) -> list[dict[str, Any]]:
    """The Investigations, once there are so many and the last one's alert status is so."""

    async def look() -> list[dict[str, Any]] | None:
        found = await scene.investigations()
        noted = Record.of(found[-1]).episode.alert.wire() if found else {}
        there = all((noted.get(key) == value if value is not True else key in noted) for key, value in alert.items())
        return found if len(found) == number and there else None

    return await until(what, look)


async def test_an_alert_is_delivered_once_through_trouble(scene: Scene) -> None:
    """503 while the API server is away: Alertmanager tries again, and one Investigation is there."""
    gateway = await scene.start()
    failures = iter([Unavailable("etcdserver: leader changed")] * 4)
    gateway.writer.fault = lambda verb: next(failures, None)
    async with alertmanager(scene.folder / "am", gateway.webhook, TOKEN) as manager:
        target = {"namespace": scene.shop, "deployment": "checkout", "severity": "critical"}
        await manager.fire("Broken", target)
        (made,) = await settled(scene, 1, "the alert, after four failures", count=1)
        assert next(failures, None) is None
    assert made["spec"]["severity"] == "Critical"
    assert made["spec"]["target"]["name"] == "checkout"


async def test_resolve_and_fire_again(scene: Scene) -> None:
    gateway = await scene.start()
    async with alertmanager(scene.folder / "am", gateway.webhook, TOKEN) as manager:
        labels = {"namespace": scene.shop, "deployment": "checkout"}
        await manager.fire("Broken", labels, since=SINCE)
        await settled(scene, 1, "the first episode", count=1)
        await manager.resolve("Broken", labels, since=SINCE)
        await settled(scene, 1, "its end", resolvedAt=True)
        await manager.fire("Broken", labels)
        first, second = await settled(scene, 2, "the second episode", count=1)
    assert first["metadata"]["labels"]["casebook.dev/group"] == second["metadata"]["labels"]["casebook.dev/group"]
    assert second["metadata"]["name"].endswith("-2")


async def test_a_pair_that_does_not_hear_each_other_makes_one(scene: Scene) -> None:
    one, two = await scene.start(), await scene.start()
    async with (
        alertmanager(scene.folder / "one", one.webhook, TOKEN) as first,
        alertmanager(scene.folder / "two", two.webhook, TOKEN) as second,
    ):
        await asyncio.gather(
            *(manager.fire("Broken", {"namespace": scene.shop}, since=SINCE) for manager in (first, second))
        )
        await settled(scene, 1, "both notifications on one", count=2)


async def test_an_alertmanager_that_forgot_everything_repeats_itself_in_vain(scene: Scene) -> None:
    gateway = await scene.start()
    async with alertmanager(scene.folder / "am", gateway.webhook, TOKEN) as manager:
        await manager.fire("Broken", {"namespace": scene.shop}, since=SINCE)
        await settled(scene, 1, "the first notification", count=1)
        manager.kill(wipe=True)
        await manager.start()
        await manager.fire("Broken", {"namespace": scene.shop}, since=SINCE)
        await settled(scene, 1, "the repeated notification", count=2)


async def test_a_gateway_that_dies_after_its_write_is_asked_again(scene: Scene) -> None:
    """F2: the object is there but nobody was told; the repeat finds it."""
    gateway = await scene.start()
    failures = iter([Unavailable("the connection broke after the create")])
    gateway.writer.fault = lambda verb: next(failures, None) if verb == "apply" else None
    async with alertmanager(scene.folder / "am", gateway.webhook, TOKEN) as manager:
        await manager.fire("Broken", *({"namespace": scene.shop, "pod": pod} for pod in ("a", "b")), since=SINCE)
        (made,) = await settled(scene, 1, "one Investigation", count=2)
    assert made["metadata"]["name"].endswith("-1")
    assert len(made["status"]["alert"]["seen"]) == 2


async def test_a_group_that_alertmanager_cut_is_marked(scene: Scene) -> None:
    gateway = await scene.start()
    async with alertmanager(scene.folder / "am", gateway.webhook, TOKEN, max_alerts=2) as manager:
        await manager.fire("Many", *({"namespace": scene.shop, "pod": f"web-{number}"} for number in range(4)))
        (made,) = await settled(scene, 1, "the cut group", lastSeenAt=True)
    assert made["spec"]["alert"]["truncated"] is True
    assert len(made["status"]["alert"]["seen"]) == 2


async def test_an_alert_from_elsewhere_goes_home(scene: Scene) -> None:
    gateway = await scene.start()
    async with alertmanager(scene.folder / "am", gateway.webhook, TOKEN) as manager:
        await manager.fire("Broken", {"namespace": "kube-system"})

        async def look() -> list[dict[str, Any]]:
            return await scene.investigations(scene.home)

        assert await until("the default namespace", look)
    assert await scene.investigations() == []
