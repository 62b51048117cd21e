"""The status of memories: written when it changes, and only then."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casebook.api.base import MEMORIES
from casebook.api.case import Use
from casebook.cluster.errors import Unavailable
from casebook.controller.shelf import WRITES_AT_ONCE, Shelf, memory_of
from casebook.controller.tools import EVENTS
from support.memories import cause
from support.memorycluster import MemoryCluster, MemoryWriter
from support.pastcases import MemoryCases, past, use

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
    writer = MemoryWriter(cluster, "casebook-controller")
    return cluster, clock, Shelf(writer, clock, operator="casebook-system")  # type: ignore[arg-type]


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
    assert await shelf.judge("label:team", TEAM) == 3600
    assert (made["status"]["version"], reasons(made)) == (1, ["Verified", "Alone"])
    cluster.calls.clear()
    await shelf.judge("label:team", TEAM)
    assert cluster.calls == []
    clock.now = NOW + timedelta(hours=1)
    assert await shelf.judge("label:team", TEAM) is None
    assert reasons(made) == ["VerifyByPassed", "Alone"]
    assert made["status"]["conditions"][0]["lastTransitionTime"] == "2026-11-22T01:00:00Z"
    assert made["status"]["conditions"][1]["lastTransitionTime"] == "2026-11-22T00:00:00Z"


async def test_memories_of_a_tenant_contradict_each_other_across_its_namespaces_and_nobody_elses() -> None:
    cluster, _, shelf = world()
    mine = taught(cluster, shelf, "mine", claim=cause("A"), reach="Tenant")
    other = taught(cluster, shelf, "of-the-tenant", "team-b", claim=cause("A", effect="RulesOut"))
    foreign = taught(cluster, shelf, "foreign", "other", claim=cause("A", effect="RulesOut"), reach="Tenant")
    await shelf.judge("label:team", TEAM)
    assert (reasons(mine)[1], reasons(other)[1]) == ("Contradicted", "Contradicted")
    assert "status" not in foreign
    assert "foreign" not in str(mine)


async def test_one_that_is_gone_or_has_just_changed_holds_nothing_up() -> None:
    cluster, _, shelf = world()
    gone, changed, made = (taught(cluster, shelf, name) for name in ("gone", "changed", "made"))
    del cluster.objects[MEMORIES, "team-a", gone["metadata"]["name"]]
    changed["metadata"]["resourceVersion"] = "later"
    await shelf.judge("label:team", TEAM)
    assert reasons(made) == ["Verified", "Alone"]
    assert "status" not in changed


async def test_many_are_written_side_by_side_and_an_error_of_one_is_told() -> None:
    cluster, _, shelf = world()
    made = [taught(cluster, shelf, f"m{number}") for number in range(20)]
    under_way = most = 0

    apply = shelf._writer.apply_status

    async def slowly(resource: str, manifest: Any) -> Any:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return await apply(resource, manifest)

    shelf._writer.apply_status = slowly  # type: ignore[method-assign]
    await shelf.judge("label:team", TEAM)
    assert all(reasons(one) == ["Verified", "Alone"] for one in made)
    assert most == WRITES_AT_ONCE
    taught(cluster, shelf, "another")
    cluster.before = lambda _verb, _resource: Unavailable("etcd")
    with pytest.raises(Unavailable):
        await shelf.judge("label:team", TEAM)


def taught_and_used(*uses: Use) -> tuple[MemoryCluster, MemoryCases, Shelf, dict[str, Any]]:
    cluster = MemoryCluster(lambda: NOW)
    cluster.namespace("shop")
    ledger = MemoryCases()
    ledger.uses = {("label:shop", one.namespace, one.name, one.uid): one for one in uses}
    shelf = Shelf(MemoryWriter(cluster, "casebook-controller"), lambda: NOW, ledger)  # type: ignore[arg-type]
    return cluster, ledger, shelf, taught(cluster, shelf, "m", "shop", origin={"type": "Person", "author": "alice"})


async def test_its_uses_and_its_trust_stand_in_the_status() -> None:
    _, _, shelf, made = taught_and_used(use(1, "Led", "Correct"), use(2, "Shown"))
    await shelf.judge("label:shop", frozenset({"shop"}))
    status = made["status"]
    assert status["uses"] == {"shown": 2, "cited": 1, "accepted": 1, "rejected": 0, "hinted": 0}
    assert (status["trustPercent"], status["lastUsedBy"]) == (83, "inv-1")


async def test_what_is_new_is_told_by_an_event_once() -> None:
    cluster, ledger, shelf, made = taught_and_used(use(1))
    await shelf.judge("label:shop", frozenset({"shop"}))
    assert cluster.all(EVENTS) == []
    ledger.uses["label:shop", "shop", "m", "uid-1"] = use(1, said="Correct")
    for _ in range(2):
        await shelf.judge("label:shop", frozenset({"shop"}))
    (told,) = cluster.all(EVENTS)
    assert (told["reason"], told["note"]) == ("Accepted", "used in inv/inv-1, accepted by bob")
    assert told["regarding"] == {
        "apiVersion": "casebook.dev/v1alpha1",
        "kind": "Memory",
        "namespace": "shop",
        "name": "m",
        "uid": made["metadata"]["uid"],
    }


async def test_the_uses_of_another_tenant_count_nothing() -> None:
    """I8: not even for a memory of the same name."""
    _, _, shelf, made = taught_and_used(*(use(number, "Led", "Wrong") for number in (1, 2, 3)))
    await shelf.judge("label:rival", frozenset({"shop"}))
    assert made["status"]["uses"]["shown"] == 0
    assert reasons(made) == ["Verified", "Alone"]


async def test_an_outage_of_the_store_gives_nothing_its_force_back() -> None:
    _, ledger, shelf, made = taught_and_used(*(use(number, "Led", "Wrong") for number in (1, 2, 3)))
    ledger.away = True
    with pytest.raises(Unavailable):
        await shelf.judge("label:shop", frozenset({"shop"}))
    ledger.away = False
    await shelf.judge("label:shop", frozenset({"shop"}))
    assert reasons(made)[0] == "RepeatedlyRejected"
    ledger.away = True
    await shelf.judge("label:shop", frozenset({"shop"}))
    assert reasons(made)[0] == "RepeatedlyRejected"


async def test_what_three_corrections_have_in_common_is_proposed_once_and_never_confirmed() -> None:
    cluster, _, shelf = world()
    for number in range(3):
        scope = {"matchLabels": {"namespace": "team-a", "workload.name": f"int-{number}"}}
        origin = {"type": "Person", "author": "alice"}
        taught(cluster, shelf, f"c{number}", claim=cause("DnsFailing"), scope=scope, origin=origin)
    for _ in range(2):
        await shelf.judge("label:team", TEAM)
    (made,) = [one for one in cluster.all(MEMORIES) if one["metadata"]["name"].startswith("general-")]
    assert (made["spec"]["state"], made["spec"]["origin"]["type"]) == ("Proposed", "Agent")
    assert made["metadata"]["namespace"] == "team-a"


async def test_what_the_platform_published_contradicts_a_tenants_word_and_learns_nothing_of_it() -> None:
    cluster, _, shelf = world()
    own = taught(cluster, shelf, "own", claim=cause("A", effect="RulesOut"))
    of_all = taught(cluster, shelf, "of-all", "casebook-system", claim=cause("A"), reach="Platform")
    taught(
        cluster, shelf, "of-the-platform-itself", "casebook-system", claim=cause("B", "Deployment/x"), reach="Tenant"
    )
    await shelf.judge("label:team", TEAM)
    assert reasons(own) == ["Verified", "Contradicted"]
    await shelf.judge("platform", frozenset({"casebook-system"}))
    assert reasons(of_all) == ["Verified", "Alone"]


async def test_a_quarantine_marks_what_came_from_its_source_until_it_is_lifted() -> None:
    cluster, _, shelf = world()
    made = taught(cluster, shelf, "m", origin={"type": "Person", "author": "mallory"})
    against = {"claim": {"quarantine": {"person": "mallory"}}, "lastEditor": "bob"}
    taught(cluster, shelf, "q", **against)
    await shelf.judge("label:team", TEAM)
    assert reasons(made) == ["Quarantined", "Alone", "HostileSource"]
    assert "bob quarantined user/mallory" in made["status"]["conditions"][2]["message"]
    shelf.put(memory_of(made))  # type: ignore[arg-type]
    await shelf.judge("label:team", TEAM)
    assert reasons(made) == ["Quarantined", "Alone", "HostileSource"]
    taught(cluster, shelf, "q", **against, state="Retired")
    await shelf.judge("label:team", TEAM)
    assert reasons(made) == ["Verified", "Alone"]


async def test_a_quarantine_of_the_platform_holds_for_every_tenant_and_one_of_a_tenant_does_not() -> None:
    cluster, _, shelf = world()
    made = taught(cluster, shelf, "m", origin={"type": "Person", "author": "mallory"})
    against = {"claim": {"quarantine": {"person": "mallory"}}, "lastEditor": "bob", "reach": "Platform"}
    taught(cluster, shelf, "foreign", "other", **against)
    await shelf.judge("label:team", TEAM)
    assert reasons(made) == ["Verified", "Alone"]
    taught(cluster, shelf, "of-all", "casebook-system", **against)
    await shelf.judge("label:team", TEAM)
    assert reasons(made) == ["Quarantined", "Alone", "HostileSource"]
    assert "bob" not in str(made)


async def test_a_cause_that_people_accepted_again_and_again_is_proposed_in_a_tenant_without_memories() -> None:
    cluster = MemoryCluster(lambda: NOW)
    cluster.namespace("shop")
    cases = MemoryCases(*(past(number, said="Correct") for number in (1, 2, 3)))
    writer = MemoryWriter(cluster, "casebook-controller")
    shelf = Shelf(writer, lambda: NOW, cases=cases)  # type: ignore[arg-type]
    await shelf.judge("label:rival", frozenset({"shop"}))
    assert cluster.all(MEMORIES) == []
    for _ in range(2):
        await shelf.judge("label:acme", frozenset({"shop"}))
    (made,) = cluster.all(MEMORIES)
    assert (made["spec"]["state"], made["spec"]["origin"]["type"]) == ("Proposed", "Agent")
    cases.away = True
    with pytest.raises(Unavailable):
        await shelf.judge("label:acme", frozenset({"shop"}))


def test_what_makes_no_sense_is_no_memory() -> None:
    assert memory_of({"metadata": {"name": "m", "namespace": "n"}, "spec": {"state": "Odd"}}) is None
