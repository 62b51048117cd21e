"""What a hostile source taught loses its force, with all that was made of it, and nothing else does."""

from datetime import timedelta
from typing import Any

import pytest

from casebook.api.enums import Judgement
from casebook.api.run import Recalled
from casebook.knowledge.known import Known
from casebook.knowledge.quarantine import heard, marked, quarantines, untainted
from casebook.knowledge.recall import as_published, read, recalled
from casebook.knowledge.recurrence import signature
from casebook.knowledge.standing import standings
from support.builders import run
from support.memories import WRITTEN, cause, memory, quarantine
from support.pastcases import past, use
from support.skills import skill

LATER = WRITTEN + timedelta(days=1)
TAUGHT = {"type": "Person", "author": "mallory", "investigation": "inv-1", "feedbackId": "f1", "signature": "Down; web"}


def struck(*memories: Recalled) -> set[str]:
    return {one.name for one in marked(memories, quarantines(memories, LATER)) if one.quarantined}


def taught(name: str = "m", **spec: Any) -> Recalled:
    return memory(name, **({"origin": TAUGHT, "claim": cause("A")} | spec))


def derived(name: str, *parents: str, **spec: Any) -> Recalled:
    return memory(name, origin={"type": "Agent", "derivedFrom": parents}, **spec)


def test_skills_are_struck_as_memories_are_and_each_by_way_of_the_other() -> None:
    skills = [
        skill("by-hand", lastEditor="mallory"),
        skill("taught", origin=TAUGHT),
        skill("of-memory", origin={"type": "Agent", "derivedFrom": ["Memory/m"]}),
        skill("of-skill", origin={"type": "Agent", "derivedFrom": ["Skill/of-memory"]}),
        skill("clean", lastEditor="alice"),
        skill("shared", reach="Tenant", lastEditor="mallory"),
    ]
    memories = [taught(), derived("of-its-skill", "Skill/of-skill"), derived("clean", "Skill/clean")]
    against = [quarantine(person="mallory")]
    found = {one.name for one in marked(skills, against, memories) if one.quarantined}
    assert found == {"by-hand", "taught", "of-memory", "of-skill"}
    assert {one.name for one in marked(memories, against, skills) if one.quarantined} == {"m", "of-its-skill"}
    assert {one.name for one in marked(skills, [quarantine(skill="of-memory")]) if one.quarantined} == {
        "of-memory",
        "of-skill",
    }
    twins = marked([skill("m"), skill("n")], [quarantine(memory="m")], [memory("m")])
    assert [one.quarantined for one in twins] == ["", ""], "a skill is not the memory of its name"


@pytest.mark.parametrize(
    "source",
    [
        {"person": "mallory"},
        {"memory": "m"},
        {"memory": "shop/m"},
        {"investigation": "inv-1"},
        {"investigation": "shop/inv-1", "feedbackId": "f1"},
        {"signature": "Down; web"},
    ],
    ids=str,
)
def test_each_kind_of_source_strikes_what_came_from_it_and_what_was_made_of_that(source: dict[str, str]) -> None:
    chain = [taught(), derived("child", "Memory/m"), derived("grandchild", "Memory/shop/child")]
    clean = memory("clean", origin={"type": "Person", "author": "alice", "investigation": "inv-2", "feedbackId": "f1"})
    assert struck(*chain, clean, quarantine(**source)) == {"m", "child", "grandchild"}


@pytest.mark.parametrize(
    "source",
    [
        {"person": "mallor"},
        {"memory": "n"},
        {"memory": "pay/m"},
        {"skill": "m"},
        {"investigation": "inv-1", "feedbackId": "f2"},
        {"signature": "Down"},
    ],
    ids=str,
)
def test_what_names_another_source_strikes_nothing(source: dict[str, str]) -> None:
    assert struck(taught(), quarantine(**source)) == set()


def test_what_was_made_of_a_skill_falls_with_it() -> None:
    assert struck(derived("m", "Skill/s"), quarantine(skill="s")) == {"m"}


def test_who_wrote_a_memory_last_is_a_source_of_it() -> None:
    assert struck(memory(lastEditor="mallory"), memory("other", lastEditor="alice"), quarantine(person="mallory")) == {
        "m"
    }


def test_made_of_each_other_ends() -> None:
    assert struck(derived("a", "Memory/b"), derived("b", "Memory/a"), quarantine(memory="a")) == {"a", "b"}


@pytest.mark.parametrize("state", ["Proposed", "Rejected", "Retired"])
def test_only_a_confirmed_quarantine_strikes(state: str) -> None:
    lifted = quarantine(person="mallory")
    assert struck(taught(), lifted.replace(spec=lifted.spec.replace(state=state))) == set()


def test_a_quarantine_that_is_not_valid_strikes_nothing() -> None:
    over = quarantine(person="mallory")
    assert struck(taught(), over.replace(spec=over.spec.replace(valid_until=WRITTEN))) == set()


@pytest.mark.parametrize(
    ("reach", "hit"),
    [
        ("Namespace", {"own"}),
        ("Tenant", {"own", "elsewhere", "tenant"}),
        ("Platform", {"own", "elsewhere", "tenant", "platform"}),
    ],
)
def test_it_strikes_no_further_than_it_reaches(reach: str, hit: set[str]) -> None:
    """Who may quarantine in a namespace may not take the force from what the tenant confirmed."""
    memories = [
        taught("own"),
        taught("elsewhere", namespace="pay"),
        taught("tenant", reach="Tenant"),
        taught("platform", reach="Platform"),
    ]
    assert struck(*memories, quarantine(person="mallory", reach=reach)) == hit


def test_a_tenant_takes_no_force_from_the_platform() -> None:
    published = memory("p", platform=True, reach="Platform", namespace="system")
    assert struck(published, quarantine(memory="system/p", reach="Tenant")) == set()
    assert struck(published, as_published(quarantine(memory="system/p", reach="Platform"))) == {"p"}


def test_quarantines_do_not_strike_each_other() -> None:
    by_mallory = quarantine("by-mallory", memory="m")
    by_mallory = by_mallory.replace(spec=by_mallory.spec.replace(last_editor="mallory"))
    assert struck(memory(), by_mallory, quarantine(person="mallory")) == {"m"}


def test_it_is_told_who_did_it_and_why_but_to_tenants_only_that_the_platform_did() -> None:
    one, own = marked([memory(), quarantine(memory="m")], [quarantine(memory="m")])
    assert one.quarantined == "bob quarantined memory/m and all that comes from it, by memory q: stolen"
    assert own.quarantined == ""
    assert as_published(one).quarantined == "by the platform"
    (tenants,) = marked([taught()], [as_published(quarantine(person="mallory", reach="Platform"))])
    assert "bob" not in tenants.quarantined


def test_what_is_struck_has_no_force_and_what_it_replaced_has_it_again() -> None:
    old, new = memory("old"), taught("new", supersedes=["old"])
    known = Known.of(marked([old, new], [quarantine(person="mallory")]), LATER)
    assert known.memories == (old,)
    assert known.powerless["shop/new"].startswith("quarantined: bob quarantined user/mallory")


def test_what_replaces_a_hostile_memory_stands() -> None:
    good = memory("good", supersedes=["m"], origin={"type": "Person", "author": "alice"})
    assert struck(taught(), good, quarantine(person="mallory")) == {"m"}


def test_a_run_recalls_quarantines_first_and_what_they_strike_last() -> None:
    narrow = taught("narrow", scope={"matchLabels": {"namespace": "shop"}})
    found, left = recalled([narrow, memory("plain"), quarantine(person="mallory")], run())
    assert [one.name for one in found] == ["q", "plain", "narrow"]
    assert (bool(found[2].quarantined), left) == (True, 0)


def test_the_status_marks_it_in_any_state_and_an_edit_does_not_wash_it() -> None:
    memories = [taught(), taught("waiting", state="Proposed"), quarantine(person="mallory")]
    told = standings(marked(memories, quarantines(memories, LATER)), LATER)
    fresh, _, why = told["shop/m"]
    assert (fresh.status.value, fresh.reason) == ("False", "Quarantined")
    assert (why.type, why.status.value, why.reason) == ("Quarantined", "True", "HostileSource")
    assert "bob" in why.message
    assert [one.type for one in told["shop/waiting"]] == ["Fresh", "Conflicting", "Quarantined"]
    assert [one.type for one in told["shop/q"]] == ["Fresh", "Conflicting"]
    condition = {"type": "Quarantined", "status": "True", "reason": "HostileSource", "message": "by bob",
                 "lastTransitionTime": "2026-11-02T00:00:00Z", "observedGeneration": 1}  # fmt: skip
    edited = {
        "metadata": {"name": "m", "namespace": "shop", "generation": 7},
        "spec": {"statement": "s"},
        "status": {"conditions": [condition]},
    }
    assert read(edited).quarantined == "by bob"


def test_hostile_ratings_count_no_more_where_the_quarantine_reaches() -> None:
    uses = {"shop/m": [use(1, said="Wrong")]}
    assert heard(uses, [quarantine(person="bob")])["shop/m"][0].judgement is None
    assert heard(uses, [quarantine(person="bob", namespace="pay")])["shop/m"][0].judgement is Judgement.WRONG
    assert heard(uses, [quarantine(memory="m")])["shop/m"][0].judgement is Judgement.WRONG


def test_hostile_cases_and_words_are_no_precedents() -> None:
    cases = [past(1), past(2, said="Wrong"), past(3, cause="OomKilled")]
    assert [one.name for one in untainted(cases, [quarantine(investigation="inv-1")])] == ["inv-2", "inv-3"]
    assert [one.said for one in untainted(cases[1:2], [quarantine(person="alice")])] == [None]
    assert [one.name for one in untainted(cases, [quarantine(signature=signature(cases[2]))])] == ["inv-1", "inv-2"]
    assert untainted(cases, []) == cases
