"""The status of skills: which content it is and whether runs can use it, written when that changes."""

from datetime import UTC, datetime
from typing import Any

from casebook.api.base import SKILLS
from casebook.controller.shelf import Judged
from casebook.controller.skillshelf import SkillShelf, skill_of
from support.memories import memory, quarantine
from support.memorycluster import MemoryCluster, MemoryWriter
from support.skills import skill, step

NOW = datetime(2026, 11, 22, tzinfo=UTC)


ALONE = Judged(frozenset({"shop"}))


def world() -> tuple[MemoryCluster, SkillShelf]:
    cluster = MemoryCluster(lambda: NOW)
    cluster.namespace("shop")
    return cluster, SkillShelf(MemoryWriter(cluster, "casebook-controller"), lambda: NOW)  # type: ignore[arg-type]


def taught(cluster: MemoryCluster, shelf: SkillShelf, name: str, *steps: dict[str, Any], **said: Any) -> dict[str, Any]:
    spec = skill(name, *steps, **said).spec.wire()
    made = cluster.put(SKILLS, {"metadata": {"name": name, "namespace": "shop"}, "spec": spec})
    view = skill_of(made)
    assert view is not None
    shelf.put(view)
    return made


async def test_a_good_one_gets_its_version_and_is_written_once() -> None:
    cluster, shelf = world()
    made = taught(cluster, shelf, "good", step("items.size() > 0"))
    spec = dict(made["spec"])
    await shelf.judge("shop", "good", ALONE)
    (told,) = made["status"]["conditions"]
    assert (told["type"], told["status"], told["reason"]) == ("Valid", "True", "Usable")
    assert (made["status"]["version"], made["status"]["observedGeneration"]) == (
        skill("good", step("items.size() > 0")).version,
        1,
    )
    assert made["spec"] == spec
    cluster.calls.clear()
    await shelf.judge("shop", "good", ALONE)
    assert cluster.calls == []


async def test_a_bad_one_says_which_step_and_what_is_wrong() -> None:
    cluster, shelf = world()
    made = taught(cluster, shelf, "bad", step("items.size() > 0", name="fine"), step("x > 0", "secrets", name="odd"))
    await shelf.judge("shop", "bad", ALONE)
    (told,) = made["status"]["conditions"]
    assert (told["type"], told["status"], told["reason"]) == ("Valid", "False", "BadStep")
    assert told["message"].startswith("Runs skip it: step odd: observe: secrets is not read by Casebook")


async def test_one_that_is_mended_is_valid_from_then_on() -> None:
    cluster, shelf = world()
    made = taught(cluster, shelf, "s", step("items.size( > 0"))
    await shelf.judge("shop", "s", ALONE)
    before = made["status"]["version"]
    mended = taught(cluster, shelf, "s", step("items.size() > 0"))
    await shelf.judge("shop", "s", ALONE)
    assert mended["status"]["conditions"][0]["reason"] == "Usable"
    assert mended["status"]["version"] != before


async def test_one_that_is_gone_or_has_just_changed_holds_nothing_up() -> None:
    cluster, shelf = world()
    gone, changed = (taught(cluster, shelf, name, step("true")) for name in ("gone", "changed"))
    del cluster.objects[SKILLS, "shop", gone["metadata"]["name"]]
    changed["metadata"]["resourceVersion"] = "later"
    await shelf.judge("shop", "gone", ALONE)
    await shelf.judge("shop", "changed", ALONE)
    await shelf.judge("shop", "never-there", ALONE)
    assert "status" not in changed


async def test_a_quarantine_is_told_by_a_condition_until_it_is_lifted() -> None:
    """Its lineage goes through a memory that was retired since."""
    cluster, shelf = world()
    made = taught(cluster, shelf, "s", step("true"), origin={"type": "Agent", "derivedFrom": ["Memory/m"]})
    clean = taught(cluster, shelf, "clean", step("true"))
    against = quarantine(person="mallory")
    between = memory("m", state="Retired", origin={"type": "Person", "author": "mallory"})
    struck = ALONE._replace(memories=[between, against], against=[against])
    assert shelf.touched(struck) == [("shop", "s")]
    for name in ("s", "clean"):
        await shelf.judge("shop", name, struck)
    assert [one["type"] for one in clean["status"]["conditions"]] == ["Valid"]
    valid, told = made["status"]["conditions"]
    assert (valid["status"], told["type"], told["reason"]) == ("True", "Quarantined", "HostileSource")
    assert told["message"].startswith("bob quarantined user/mallory and all that comes from it")
    assert shelf.touched(struck) == []
    assert shelf.touched(ALONE) == [("shop", "s")]
    await shelf.judge("shop", "s", ALONE)
    assert [one["type"] for one in made["status"]["conditions"]] == ["Valid"]
    elsewhere = quarantine(person="mallory", namespace="pay")
    assert shelf.touched(struck._replace(against=[elsewhere])) == []


def test_content_that_makes_no_sense_is_passed_over() -> None:
    assert skill_of({"metadata": {"name": "odd", "namespace": "shop"}, "spec": {"steps": 3}}) is None
