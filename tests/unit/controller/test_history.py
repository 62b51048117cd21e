"""Every version of a memory that was seen is kept once, whatever the store does meanwhile."""

from datetime import timedelta

import pytest

from casebook.api.run import Recalled
from casebook.cluster.errors import Unavailable
from casebook.controller.history import History
from support.memories import WRITTEN, memory
from support.memorytexts import MemoryVersions

TENANT, SPACES = "ns:shop", frozenset({"shop"})


@pytest.fixture
def versions() -> MemoryVersions:
    return MemoryVersions()


def kept(versions: MemoryVersions) -> list[tuple[str, int]]:
    assert {tenant for tenant, _ in versions.kept} <= {TENANT}
    return [(one.name, one.version) for _, one in versions.kept]


def edited(version: int) -> Recalled:
    return memory("m", version=version, written_at=WRITTEN + timedelta(minutes=version))


async def test_versions_that_follow_each_other_are_all_kept(versions: MemoryVersions) -> None:
    history = History(versions)
    for version in (1, 2, 2, 3):
        history.saw(edited(version))
    await history.keep(TENANT, SPACES)
    history.saw(edited(3))
    await history.keep(TENANT, SPACES)
    assert kept(versions) == [("m", 1), ("m", 2), ("m", 3)]


async def test_what_another_tenant_said_is_not_kept_for_this_one(versions: MemoryVersions) -> None:
    history = History(versions)
    for space in ("bank", "shop"):
        history.saw(memory(f"of-{space}", namespace=space))
    await history.keep(TENANT, SPACES)
    assert kept(versions) == [("of-shop", 1)]


async def test_while_the_store_is_away_they_wait(versions: MemoryVersions) -> None:
    history = History(versions)
    versions.away = True
    history.saw(edited(1))
    with pytest.raises(Unavailable, match="the store cannot be used"):
        await history.keep(TENANT, SPACES)
    history.saw(edited(2))
    versions.away = False
    await history.keep(TENANT, SPACES)
    await history.keep(TENANT, SPACES)
    assert kept(versions) == [("m", 1), ("m", 2)]


async def test_a_memory_that_is_made_anew_begins_a_new_history(versions: MemoryVersions) -> None:
    history = History(versions)
    history.saw(edited(1))
    history.gone(edited(1))
    history.saw(memory("m", version=1, written_at=WRITTEN + timedelta(hours=1), statement="other words"))
    await history.keep(TENANT, SPACES)
    assert [one.spec.statement for _, one in versions.kept] == ["m says so", "other words"]
