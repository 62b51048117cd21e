"""The status of memories: written when it changes, and only then."""

from datetime import UTC, datetime, timedelta
from typing import Any

from casebook.api.base import MEMORIES
from casebook.controller.shelf import Shelf, memory_of
from support.memories import cause
from support.memorycluster import MemoryCluster, MemoryWriter

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TEAM = frozenset({"team-a", "team-b"})


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def world() -> tuple[MemoryCluster, Clock, Shelf]:
    clock = Clock()
    cluster = MemoryCluster(clock)
    for name in (*TEAM, "other"):
        cluster.namespace(name)
    return cluster, clock, Shelf(MemoryWriter(cluster, "casebook-controller"), clock)  # type: ignore[arg-type]


def taught(cluster: MemoryCluster, shelf: Shelf, name: str, namespace: str = "team-a", **spec: Any) -> dict[str, Any]:
    held = {"statement": name, "state": "Confirmed", **spec}
    made = cluster.put(MEMORIES, {"metadata": {"name": name, "namespace": namespace}, "spec": held})
    view = memory_of(made)
    assert view is not None
    shelf.put(view)
    return made


def reasons(made: dict[str, Any]) -> list[str]:
    return [item["reason"] for item in made["status"]["conditions"]]


async def test_it_is_written_once_and_again_when_it_changes() -> None:
    cluster, clock, shelf = world()
    made = taught(cluster, shelf, "m", verifyBy="2026-11-22T01:00:00Z")
    assert await shelf.judge(TEAM) == 3600
    assert (made["status"]["version"], reasons(made)) == (1, ["Verified", "Alone"])
    cluster.calls.clear()
    await shelf.judge(TEAM)
    assert cluster.calls == []
    clock.now = NOW + timedelta(hours=1)
    assert await shelf.judge(TEAM) is None
    assert reasons(made) == ["VerifyByPassed", "Alone"]
    assert made["status"]["conditions"][0]["lastTransitionTime"] == "2026-11-22T01:00:00Z"
    assert made["status"]["conditions"][1]["lastTransitionTime"] == "2026-11-22T00:00:00Z"


async def test_memories_of_a_tenant_contradict_each_other_across_its_namespaces_and_nobody_elses() -> None:
    cluster, _, shelf = world()
    mine = taught(cluster, shelf, "mine", claim=cause("A"), reach="Tenant")
    other = taught(cluster, shelf, "of-the-tenant", "team-b", claim=cause("A", effect="RulesOut"))
    foreign = taught(cluster, shelf, "foreign", "other", claim=cause("A", effect="RulesOut"), reach="Tenant")
    await shelf.judge(TEAM)
    assert (reasons(mine)[1], reasons(other)[1]) == ("Contradicted", "Contradicted")
    assert "status" not in foreign
    assert "foreign" not in str(mine)


async def test_one_that_is_gone_or_has_just_changed_holds_nothing_up() -> None:
    cluster, _, shelf = world()
    gone, changed, made = (taught(cluster, shelf, name) for name in ("gone", "changed", "made"))
    del cluster.objects[MEMORIES, "team-a", gone["metadata"]["name"]]
    changed["metadata"]["resourceVersion"] = "later"
    await shelf.judge(TEAM)
    assert reasons(made) == ["Verified", "Alone"]
    assert "status" not in changed


def test_what_makes_no_sense_is_no_memory() -> None:
    assert memory_of({"metadata": {"name": "m", "namespace": "n"}, "spec": {"state": "Odd"}}) is None
