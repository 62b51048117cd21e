"""Room for bodies: some wait for their turn, and who finds none is sent away."""

import asyncio

import pytest

from casebook.gateway.body import Room
from casebook.gateway.errors import Problem


class Guests:
    """Whoever is in a room stays until told to leave."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.inside: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}

    async def _visit(self, name: str, size: int) -> None:
        async with self._room.enter(size):
            self.inside.append(name)
            await self._leave[name].wait()
        self.inside.remove(name)

    async def come(self, name: str, size: int = 1) -> asyncio.Task[None]:
        self._leave[name] = asyncio.Event()
        task = asyncio.create_task(self._visit(name, size))
        await self._settle()
        return task

    async def go(self, name: str) -> None:
        self._leave[name].set()
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


async def test_who_waits_comes_in_by_turn_when_somebody_leaves() -> None:
    guests = Guests(Room(1, 100, waiting=5, patience=60))
    for name in ("first", "second", "third"):
        await guests.come(name)
    assert guests.inside == ["first"]
    await guests.go("first")
    assert guests.inside == ["second"]


async def test_more_than_may_wait_are_sent_away_at_once() -> None:
    guests = Guests(Room(1, 100, waiting=1, patience=60))
    await guests.come("first")
    await guests.come("second")
    third = await guests.come("third")
    with pytest.raises(Problem, match="too many") as problem:
        await third
    assert (problem.value.status, problem.value.retry_after) == (503, 1.0)


async def test_nobody_waits_for_ever_and_the_place_is_not_lost() -> None:
    room = Room(1, 100, waiting=5, patience=0.01)
    guests = Guests(room)
    await guests.come("first")
    with pytest.raises(Problem, match="too many"):
        await (await guests.come("second"))
    await guests.go("first")
    await guests.come("third")
    assert guests.inside == ["third"]


async def test_large_bodies_are_taken_one_by_one() -> None:
    guests = Guests(Room(4, 100, waiting=4, patience=60))
    await guests.come("huge", 1000)
    with pytest.raises(Problem, match="too many"):
        await (await guests.come("small"))
    await guests.go("huge")
    await guests.come("small")
    assert guests.inside == ["small"]


async def test_who_gives_up_waiting_takes_no_place() -> None:
    guests = Guests(Room(1, 100, waiting=1, patience=60))
    await guests.come("first")
    (await guests.come("second")).cancel()
    third = await guests.come("third")
    await guests.go("first")
    assert guests.inside == ["third"]
    assert not third.done()
