"""The status of memories on a real API server: written beside what people own, and renewed when they write."""

from typing import Any

from casebook.handlers.service import Stores
from casebook.store.database import Database
from casebook.store.versions import Versions
from support.memories import cause
from support.postgres import Postgres
from support.rig import Rig
from support.waiting import until

MEMORIES = "memories.casebook.dev"
SKILLS = "skills.casebook.dev"


async def teach(rig: Rig, namespace: str, name: str, **spec: Any) -> None:
    held = {"statement": name, "state": "Confirmed", **spec}
    metadata = {"name": name, "namespace": namespace}
    await rig.writer.create(
        MEMORIES, {"apiVersion": "casebook.dev/v1alpha1", "kind": "Memory", "metadata": metadata, "spec": held}
    )


async def standing(rig: Rig, namespace: str, name: str, version: int, **reasons: str) -> dict[str, Any]:
    """Wait until the status speaks of this version with these reasons."""

    async def look() -> dict[str, Any] | None:
        status = (await rig.reader.get(MEMORIES, name, namespace)).get("status", {})
        told = {item["type"]: item["reason"] for item in status.get("conditions", [])}
        return status if status.get("version") == version and told.items() >= reasons.items() else None

    return dict(await until(f"{name} {reasons}", look, 120))


async def test_a_memory_tells_how_it_stands(rig: Rig) -> None:
    place = await rig.namespace()
    async with rig.controller():
        await teach(rig, place, "one", claim=cause("DnsFailing"), scope={"matchLabels": {"namespace": place}})
        first = await standing(rig, place, "one", 1, Fresh="Verified", Conflicting="Alone")
        assert first["scope"] == f"namespace is {place}"
        await teach(rig, place, "other", claim=cause("DnsFailing", effect="RulesOut"))
        await standing(rig, place, "one", 1, Conflicting="Contradicted")
        told = await standing(rig, place, "other", 1, Conflicting="Contradicted")
        assert "that one wins: its scope is narrower" in str(told)
        await rig.writer.patch(MEMORIES, "other", place, {"spec": {"state": "Retired"}})
        await standing(rig, place, "one", 1, Conflicting="Alone")
        await standing(rig, place, "other", 2, Fresh="NotConfirmed")
        await rig.writer.patch(MEMORIES, "one", place, {"spec": {"verifyBy": "2026-01-01T00:00:00Z"}})
        await standing(rig, place, "one", 2, Fresh="VerifyByPassed")


async def test_what_a_memory_said_before_outlives_edits_and_the_memory(
    rig: Rig, postgres: Postgres, stores: Stores
) -> None:
    place = await rig.namespace()
    async with Database.open(postgres.app) as database, rig.controller(stores):
        versions = Versions(database)

        async def said() -> list[tuple[int, str]]:
            return [(one.version, one.spec.statement) for one in await versions.of(f"ns:{place}", place, "one")]

        async def kept(count: int) -> bool:
            return len(await said()) == count

        await teach(rig, place, "one")
        await until("the first version", lambda: kept(1), 120)
        await rig.writer.patch(MEMORIES, "one", place, {"spec": {"statement": "something else"}})
        await until("the second version", lambda: kept(2), 120)
        await rig.writer.delete(MEMORIES, "one", place)
        await teach(rig, place, "one", statement="made anew")
        await until("that of the one that was made anew", lambda: kept(3), 120)
        assert await said() == [(1, "one"), (2, "something else"), (1, "made anew")]


async def test_what_a_hostile_origin_taught_loses_its_force_with_the_skills_made_of_it(rig: Rig) -> None:
    place = await rig.namespace()
    async with rig.controller():
        await teach(rig, place, "m", claim=cause("DnsFailing"), origin={"type": "Person", "author": "mallory"})
        spec = {"description": "d", "state": "Confirmed", "origin": {"type": "Agent", "derivedFrom": ["Memory/m"]}}
        metadata = {"name": "s", "namespace": place}
        await rig.writer.create(
            SKILLS, {"apiVersion": "casebook.dev/v1alpha1", "kind": "Skill", "metadata": metadata, "spec": spec}
        )
        await practised(rig, place, "s", {"Valid"})
        await teach(rig, place, "q", claim={"quarantine": {"person": "mallory"}})
        await standing(rig, place, "m", 1, Fresh="Quarantined", Quarantined="HostileSource")
        status = await practised(rig, place, "s", {"Valid", "Quarantined"})
        assert "by memory q: q. It has no force until that is retired." in str(status)
        await rig.writer.patch(MEMORIES, "q", place, {"spec": {"state": "Retired"}})
        await practised(rig, place, "s", {"Valid"})


async def practised(rig: Rig, namespace: str, name: str, types: set[str]) -> dict[str, Any]:
    """Wait until the status of a skill holds conditions of exactly these types."""

    async def look() -> dict[str, Any] | None:
        status = (await rig.reader.get(SKILLS, name, namespace)).get("status", {})
        return status if {item["type"] for item in status.get("conditions", [])} == types else None

    return dict(await until(f"{name} {types}", look, 120))
