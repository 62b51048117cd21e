"""Many resources of a namespace are listed once and then followed; what is held is what is there."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from casebook.api.base import SKILLS
from casebook.cluster.errors import Denied, Unavailable
from casebook.gateway import followed, shelves
from support.waiting import until
from unit.gateway.test_shelves import Desk

MANY = 600
"""More than a page holds."""


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(followed, "PAUSE", 0)
    made = Desk()
    for number in range(MANY):
        made.put(f"s{number}")
    yield made
    await made.shelves.close()


def lists(desk: Desk) -> int:
    return desk.cluster.calls.count(("list", SKILLS))


async def test_many_are_listed_once_and_then_only_what_changes_is_read(desk: Desk) -> None:
    assert len(await desk.told()) == MANY
    desk.read.clear()
    desk.put("s7", description="changed")
    desk.put("new")
    desk.cluster.drop(SKILLS, "shop", "s8")
    desk.put("s9", state="Retired")

    async def seen() -> bool:
        told = await desk.told()
        return told["s7"] == "changed" and told.keys() ^ {f"s{number}" for number in range(MANY)} == {"new", "s8", "s9"}

    await until("the changes are held", seen)
    assert (lists(desk), sorted(desk.read)) == (1, ["new", "s7"])


async def test_a_few_are_listed_whenever_somebody_asks(desk: Desk) -> None:
    desk.put("one", place="pay")
    for _ in range(2):
        assert [one.name for one in (await desk.shelves.of("pay")).found] == ["one"]
    assert (lists(desk), desk.cluster.watchers) == (2, set())


async def test_what_makes_no_sense_any_more_is_told_until_it_does(desk: Desk) -> None:
    await desk.told()

    async def missing(count: int) -> bool:
        stock = await desk.shelves.of("shop")
        return len(stock.missing) == count and len(stock.found) == MANY - count

    desk.put("s7", steps="none")
    await until("it is told", lambda: missing(1))
    desk.put("s7")
    await until("it is told no more", lambda: missing(0))


async def test_a_watch_that_ends_is_asked_for_anew_from_where_it_ended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "WATCH_SECONDS", 0)
    await desk.told()

    async def asked() -> bool:
        await asyncio.sleep(0)
        return desk.cluster.calls.count(("watch", SKILLS)) > 3

    await until("several watches were asked for", asked)
    desk.put("new")

    async def seen() -> bool:
        return "new" in await desk.told()

    await until("it is held", seen)
    assert lists(desk) == 1


async def test_where_the_version_is_known_no_more_all_are_listed_anew(desk: Desk) -> None:
    await desk.told()
    desk.cluster.compacted = desk.cluster.version + 1
    desk.cluster.drop(SKILLS, "shop", "s7")
    desk.cluster.version += 2

    async def seen() -> bool:
        return "s7" not in await desk.told()

    desk.read.clear()
    await until("it is held no more", seen)
    assert (lists(desk), desk.read) == (2, [])


@pytest.mark.parametrize("error", [Denied("not bound"), Unavailable("etcd")])
async def test_a_right_that_was_taken_away_ends_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Denied | Unavailable
) -> None:
    monkeypatch.setattr(followed, "WATCH_SECONDS", 0)
    await desk.told()
    desk.cluster.before = lambda _verb, _resource: error

    async def refused() -> bool:
        try:
            stock = await desk.shelves.of("shop")
        except Unavailable:
            return isinstance(error, Unavailable)
        return stock.missing == ("skills of namespace shop could not be read: not bound",) and not stock.found

    await until("it is refused", refused)
    desk.cluster.before = lambda _verb, _resource: None
    assert len(await desk.told()) == MANY


async def test_no_more_namespaces_are_followed_than_connections_may_be_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "MAX_FOLLOWED", 2)
    for place in ("shop", "pay", "other"):
        for number in range(MANY):
            desk.put(f"s{number}", place=place)
        await desk.shelves.of(place)
        await asyncio.sleep(0)
    assert len(desk.cluster.watchers) <= 2
    before = lists(desk)
    for place in ("other", "pay"):
        await desk.shelves.of(place)
    assert lists(desk) == before
    await desk.shelves.of("shop")
    assert lists(desk) == before + 1


async def test_of_all_namespaces_no_more_is_held_than_memory_allows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "MAX_IN_ALL", MANY + 10)
    for number in range(MANY):
        desk.put(f"s{number}", place="pay")
    for place in ("shop", "pay"):
        assert len((await desk.shelves.of(place)).found) == MANY
        await asyncio.sleep(0)
    assert len(desk.cluster.watchers) == 1
    desk.read.clear()
    assert len((await desk.shelves.of("pay")).found) == MANY
    assert desk.read == []
    assert len(await desk.told()) == MANY
    assert len(desk.read) == MANY


async def test_what_was_let_go_while_it_was_read_is_not_followed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "MAX_REMEMBERED", 1)
    for number in range(MANY):
        desk.put(f"s{number}", place="pay")
    await asyncio.gather(desk.shelves.of("shop"), desk.shelves.of("pay"))
    await asyncio.sleep(0)
    assert len(desk.cluster.watchers) == 1


async def test_more_than_may_be_held_are_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "MAX_HELD", MANY)
    assert not (await desk.shelves.of("shop")).missing
    desk.put("one-more")

    async def told() -> bool:
        return bool((await desk.shelves.of("shop")).missing)

    await until("it is told", told)
    (line,) = (await desk.shelves.of("shop")).missing
    assert line == f"namespace shop has more than {MANY} skills; the others were not recalled"
    assert len(await desk.told()) == MANY


async def test_those_who_ask_at_once_wait_for_one_list(desk: Desk) -> None:
    stocks = await asyncio.gather(*(desk.shelves.of("shop") for _ in range(5)))
    assert [len(stock.found) for stock in stocks] == [MANY] * 5
    assert lists(desk) == 1


async def test_nothing_is_followed_once_it_is_closed(desk: Desk) -> None:
    await desk.told()
    await asyncio.sleep(0)
    await desk.shelves.close()
    assert desk.cluster.watchers == set()


async def test_what_has_not_changed_is_not_put_together_again(desk: Desk) -> None:
    first = await desk.shelves.of("shop")
    assert await desk.shelves.of("shop") is first
    desk.put("s7", description="changed")

    async def changed() -> bool:
        return await desk.shelves.of("shop") is not first

    await until("it is put together again", changed)
    assert [one.name for one in first.found] == [one.name for one in (await desk.shelves.of("shop")).found]
