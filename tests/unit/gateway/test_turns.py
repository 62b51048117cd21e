"""Turns: never more at once than allowed, tenants in rotation, and none lost to those who gave up waiting."""

import asyncio

import pytest

from casebook.gateway.turns import Turns


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Hall:
    """People who wait for a turn and keep it until they are let go."""

    def __init__(self, at_once: int) -> None:
        self.turns, self.order, self.inside = Turns(at_once), [], 0
        self.go: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task] = {}

    async def enter(self, *names: str) -> None:
        for name in names:
            self.go[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._visit(name))
            await settled()

    async def _visit(self, name: str) -> None:
        async with self.turns.of(name[0]):
            self.order.append(name)
            self.inside += 1
            await self.go[name].wait()
            self.inside -= 1

    async def leave(self, name: str) -> None:
        self.go[name].set()
        await settled()


async def test_tenants_take_turns_and_each_ones_own_stay_in_order() -> None:
    hall = Hall(1)
    await hall.enter("a1", "a2", "a3", "b1", "c1", "b2")
    for name in ("a1", "a2", "b1", "c1", "a3"):
        await hall.leave(name)
    assert hall.order == ["a1", "a2", "b1", "c1", "a3", "b2"]


async def test_never_more_at_once_than_allowed() -> None:
    hall = Hall(2)
    await hall.enter("a1", "a2", "a3", "b1")
    assert (hall.inside, hall.order) == (2, ["a1", "a2"])
    await hall.leave("a1")
    assert (hall.inside, hall.order) == (2, ["a1", "a2", "a3"])


@pytest.mark.parametrize("gives_up", ["b1", "c1"])
async def test_who_gives_up_waiting_takes_no_turn_away(gives_up: str) -> None:
    hall = Hall(1)
    await hall.enter("a1", "b1", "c1")
    hall.tasks[gives_up].cancel()
    await settled()
    await hall.leave("a1")
    (left,) = {"b1", "c1"} - {gives_up}
    assert hall.order == ["a1", left]


async def test_a_turn_that_comes_as_somebody_gives_up_goes_on() -> None:
    hall = Hall(1)
    await hall.enter("a1", "b1", "c1")
    hall.go["a1"].set()
    await asyncio.sleep(0)
    hall.tasks["b1"].cancel()
    await settled()
    assert hall.order[-1] == "c1"
    await hall.leave("c1")
    await hall.enter("d1")
    assert hall.order[-1] == "d1"
