"""What a gateway reads of a namespace again and again: only what has changed is made sense of anew."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from casebook.api.base import SKILLS
from casebook.api.run import RecalledSkill
from casebook.cluster.errors import Denied
from casebook.gateway import shelves
from casebook.gateway.shelves import Shelves
from casebook.knowledge import skills
from support.memorycluster import MemoryCluster, MemoryReader


class Desk:
    """Skills in a cluster, the shelves over them, and the names of those that were made sense of."""

    def __init__(self) -> None:
        self.cluster = MemoryCluster(lambda: datetime(2026, 11, 22, tzinfo=UTC))
        self.read: list[str] = []
        reader: Any = MemoryReader(self.cluster)
        self.shelves: Shelves[RecalledSkill] = Shelves(reader, SKILLS, self.understand)

    def understand(self, raws: Iterable[Mapping[str, Any]]) -> tuple[list[RecalledSkill], list[str]]:
        held = list(raws)
        self.read += [raw["metadata"]["name"] for raw in held]
        return skills.read_all(held)

    def put(self, name: str, *, place: str = "shop", **spec: Any) -> None:
        held = {"description": f"use {name}", "state": "Confirmed", **spec}
        self.cluster.put(SKILLS, {"metadata": {"name": name, "namespace": place}, "spec": held})

    async def told(self) -> dict[str, str]:
        """What the shelf says each skill is for."""
        return {one.name: one.spec.description for one in (await self.shelves.of("shop")).found}


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    for name in "abc":
        made.put(name)
    return made


async def test_only_what_has_changed_is_read_anew(desk: Desk) -> None:
    assert await desk.told() == {"a": "use a", "b": "use b", "c": "use c"}
    desk.read.clear()
    desk.put("b", description="changed")
    desk.put("d")
    desk.cluster.drop(SKILLS, "shop", "c")
    assert await desk.told() == {"a": "use a", "b": "changed", "d": "use d"}
    assert sorted(desk.read) == ["b", "d"]


async def test_what_makes_no_sense_is_told_each_time(desk: Desk) -> None:
    desk.put("odd", steps="none")
    for _ in range(2):
        stock = await desk.shelves.of("shop")
        assert [one.name for one in stock.found] == ["a", "b", "c"]
        assert [line.partition(" was")[0] for line in stock.missing] == ["namespace shop: skill odd"]


async def test_what_may_not_be_read_for_a_while_is_known_afterwards(desk: Desk) -> None:
    await desk.told()
    desk.read.clear()
    desk.cluster.before = lambda _verb, _resource: Denied("not bound")
    stock = await desk.shelves.of("shop")
    assert (stock.found, stock.missing) == ((), ("skills of namespace shop could not be read: not bound",))
    desk.cluster.before = lambda _verb, _resource: None
    assert set(await desk.told()) == {"a", "b", "c"}
    assert desk.read == []


async def test_the_namespace_that_was_asked_for_longest_ago_is_forgotten_first(desk: Desk) -> None:
    await desk.told()
    for number in range(shelves.MAX_REMEMBERED - 1):
        await desk.shelves.of(f"n{number}")
    desk.read.clear()
    await desk.told()
    assert desk.read == []
    for number in range(shelves.MAX_REMEMBERED):
        await desk.shelves.of(f"n{number}")
    await desk.told()
    assert sorted(desk.read) == ["a", "b", "c"]
