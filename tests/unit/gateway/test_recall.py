"""What a run is given to know: of its own tenant, of the platform what was published, and the same when asked again."""

import copy
from typing import Any

import pytest

from casebook.api.report import KnowledgeUse, Report
from casebook.api.run import MAX_RECALLED, MAX_SKILLS
from casebook.api.texts import Text, TextKind
from casebook.cluster.errors import Denied, Unavailable
from casebook.gateway.accept import check_knowledge
from casebook.gateway.errors import Problem
from support import builders
from support.memories import cause
from support.memorystore import MemoryStore
from support.memorytexts import MemoryTexts
from support.pastcases import MemoryCases
from support.reports import hypothesis, observation, report
from support.skills import skill, step

from .test_run_api import Agent, investigated

MEMORIES = "memories.casebook.dev"


def teach(world: Any, name: str, namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    held = {"statement": f"{name} says so", "state": "Confirmed", "reach": "Namespace", **spec}
    return world.cluster.put(
        MEMORIES,
        {"metadata": {"name": name, "namespace": namespace, "creationTimestamp": "2026-11-20T00:00:00Z"}, "spec": held},
    )


async def known(world: Any, *, attempt: int = 1) -> dict[str, Any]:
    agent = Agent(world, await investigated(world, attempt))
    return await (await agent.call("GET", "")).json()


def names(run: dict[str, Any]) -> list[str]:
    return [one["name"] for one in run["recalled"]]


async def test_a_run_knows_what_its_namespace_tenant_and_platform_confirmed(world: Any) -> None:
    teach(world, "own", claim=cause("DnsFailing"))
    teach(world, "of-the-tenant", "pay", reach="Tenant")
    teach(world, "of-all", "casebook-system", reach="Platform")
    for state in ("Proposed", "Rejected", "Retired"):
        teach(world, state.lower(), state=state)
    teach(world, "only-of-pay", "pay")
    teach(world, "foreign", "other", reach="Tenant")
    teach(world, "of-the-platform-itself", "casebook-system", reach="Tenant")
    teach(world, "another-alert", scope={"matchLabels": {"alertname": "Else"}})
    run = await known(world)
    assert names(run) == ["of-the-tenant", "own", "of-all"]
    assert run["unrecalled"] == []
    assert run["recalled"][1]["spec"]["claim"]["cause"]["cause"] == "DnsFailing"
    assert run["recalled"][1]["version"] == 1


async def test_what_is_published_names_nobody(world: Any) -> None:
    origin = {"type": "Person", "author": "root@platform", "investigation": "inv-secret"}
    teach(world, "of-all", "casebook-system", reach="Platform", origin=origin, lastEditor="root@platform")
    run = await known(world)
    assert "root@platform" not in str(run)
    assert "inv-secret" not in str(run)


async def test_a_memory_that_is_marked_stale_is_given_as_such(world: Any) -> None:
    told = {"type": "Fresh", "status": "False", "reason": "ObjectGone", "lastTransitionTime": "2026-11-21T00:00:00Z"}
    teach(world, "old")["status"] = {"conditions": [told | {"message": "Deployment/web is gone"}]}
    assert (await known(world))["recalled"][0]["stale"] == "Deployment/web is gone"


async def test_what_came_from_a_quarantined_source_is_given_as_such_before_any_status_says_so(world: Any) -> None:
    mallory = {"type": "Person", "author": "mallory"}
    teach(world, "own", origin=mallory)
    teach(world, "of-all", "casebook-system", reach="Platform", origin=mallory)
    against = {"claim": {"quarantine": {"person": "mallory"}}, "lastEditor": "bob"}
    teach(world, "q", **against)
    teach(world, "q-of-all", "casebook-system", **against, reach="Platform")
    recalled = (await known(world))["recalled"]
    assert [one["name"] for one in recalled] == ["q", "q-of-all", "own", "of-all"]
    assert [one["quarantined"].split(",")[0] for one in recalled[2:]] == [
        "bob quarantined user/mallory and all that comes from it",
        "by the platform",
    ]


async def test_what_was_recalled_first_stays_for_the_attempt(make_world: Any) -> None:
    store = MemoryStore()
    world, other = await make_world(store), await make_world(store)
    teach(world, "first")
    made = await investigated(world)
    agent = Agent(world, made)
    before = await (await agent.call("GET", "")).json()
    teach(world, "second")
    world.clock.advance(seconds=5)
    assert await (await agent.call("GET", "")).json() == before
    agent.world = other
    assert await (await agent.call("GET", "")).json() == before
    (kept,) = store.runs.values()
    assert [one.name for one in kept.recalled] == ["first"]


async def test_a_store_that_was_away_keeps_what_the_run_knew(make_world: Any) -> None:
    store = MemoryStore()
    world = await make_world(store)
    teach(world, "first")
    agent = Agent(world, await investigated(world))
    store.away = True
    await agent.call("GET", "")
    store.away = False
    assert await agent.observe(0) == 204
    (kept,) = store.runs.values()
    assert [one.name for one in kept.recalled] == ["first"]


async def test_memories_that_may_not_be_read_are_told_and_hold_nothing_up(world: Any) -> None:
    world.cluster.before = lambda verb, resource: Denied("not yet bound") if resource == MEMORIES else None
    run = await known(world)
    assert run["recalled"] == []
    assert run["unrecalled"][0] == "memories of namespace shop could not be read: not yet bound"
    assert run["unrecalled"][-1] == "some of the platform's memories or skills could not be read"


async def test_an_api_server_that_is_away_is_waited_for(world: Any) -> None:
    agent = Agent(world, await investigated(world))
    world.cluster.before = lambda verb, resource: Unavailable("etcd") if resource == MEMORIES else None
    assert (await agent.call("GET", "")).status == 503


async def test_a_memory_that_makes_no_sense_spoils_nothing(world: Any) -> None:
    teach(world, "good")
    broken = copy.deepcopy(teach(world, "broken"))
    broken["spec"]["scope"] = {"matchExpressions": [{"key": "a", "operator": "Near"}]}
    world.cluster.objects[MEMORIES, "shop", "broken"] = broken
    run = await known(world)
    assert names(run) == ["good"]
    assert (
        "namespace shop: memory broken was not understood: spec.scope.matchExpressions[0].operator"
        in run["unrecalled"][0]
    )


@pytest.mark.parametrize(("seconds", "lists"), [(0.5, 0), (2, 1)])
async def test_a_storm_lists_a_namespace_once_a_second(world: Any, seconds: float, lists: int) -> None:
    made = await investigated(world)
    await Agent(world, made).call("GET", "")
    world.clock.advance(seconds=seconds)
    made["status"]["attempt"] = 2
    world.cluster.calls.clear()
    await Agent(world, made, 2, "pod-b").call("GET", "")
    assert world.cluster.calls.count(("list", MEMORIES)) == lists * 3


def resting_on(name: str, seen: Any, version: str = "1") -> Report:
    """A report whose root cause is the word of a memory alone."""
    use = KnowledgeUse(kind="Memory", name=name, version=version, why="applies", effect="moved it")
    bare = hypothesis().replace(origin="Memory", predictions=[])
    return report(seen).replace(hypotheses=[bare], knowledge=[use])


@pytest.mark.parametrize("on_another_replica", [False, True])
async def test_a_memorys_word_is_taken_if_the_run_was_given_it(make_world: Any, on_another_replica: bool) -> None:
    """A forged citation, of a memory or of its version, is refused; so is a cause that cites nothing at all."""
    store = MemoryStore()
    world = await make_world(store)
    teach(world, "own")
    agent, seen = Agent(world, await investigated(world)), observation(1)
    await agent.call("GET", "")
    assert await agent.observe(0, seen) == 204
    if on_another_replica:
        agent.world = await make_world(store)
    nothing = resting_on("own", seen).replace(knowledge=[])
    for forged in (resting_on("forged", seen), resting_on("own", seen, "2"), nothing):
        assert (await agent.hand_in(forged, 1)).status == 422
    assert (await agent.hand_in(resting_on("own", seen), 1)).status == 200


SKILLS = "skills.casebook.dev"


def practise(world: Any, name: str, namespace: str = "shop", **spec: Any) -> None:
    held = {"description": f"use {name}", "state": "Confirmed", "reach": "Namespace", "lastEditor": "alice", **spec}
    world.cluster.put(SKILLS, {"metadata": {"name": name, "namespace": namespace}, "spec": held})


async def test_skills_come_along_as_memories_do(world: Any) -> None:
    practise(world, "own", steps=[step("items.size() > 0")])
    practise(world, "of-the-tenant", "pay", reach="Tenant")
    practise(world, "of-all", "casebook-system", reach="Platform")
    practise(world, "proposed", state="Proposed")
    practise(world, "only-of-pay", "pay")
    practise(world, "foreign", "other", reach="Tenant")
    practise(world, "of-the-platform-itself", "casebook-system", reach="Tenant")
    practise(world, "another-alert", when={"matchLabels": {"alertname": "Else"}})
    run = await known(world)
    assert [one["name"] for one in run["skills"]] == ["of-the-tenant", "own", "of-all"]
    assert [one["platform"] for one in run["skills"]] == [False, False, True]
    assert [one["spec"]["lastEditor"] for one in run["skills"]] == ["alice", "alice", ""]
    assert all(len(one["version"]) == 64 for one in run["skills"])
    assert (run["recalled"], run["unrecalled"]) == ([], [])


async def test_a_skill_of_a_quarantined_source_is_given_as_such_before_any_status_says_so(world: Any) -> None:
    practise(world, "own", lastEditor="mallory")
    practise(world, "clean")
    practise(world, "of-all", "casebook-system", reach="Platform", lastEditor="mallory")
    teach(world, "of-the-skill", origin={"type": "Agent", "derivedFrom": ["Skill/own"]})
    against = {"claim": {"quarantine": {"person": "mallory"}}, "lastEditor": "bob"}
    teach(world, "q", **against)
    teach(world, "q-of-all", "casebook-system", **against, reach="Platform")
    run = await known(world)
    found = {one["name"]: one["quarantined"].split(",")[0] for one in [*run["skills"], *run["recalled"]]}
    assert {name: why for name, why in found.items() if why} == {
        "own": "bob quarantined user/mallory and all that comes from it",
        "of-the-skill": "bob quarantined user/mallory and all that comes from it",
        "of-all": "by the platform",
    }


async def test_skills_that_may_not_be_read_hold_nothing_up(world: Any) -> None:
    teach(world, "m")
    world.cluster.before = lambda verb, resource: Denied("not yet bound") if resource == SKILLS else None
    run = await known(world)
    assert (names(run), run["skills"]) == (["m"], [])
    assert run["unrecalled"][0] == "skills of namespace shop could not be read: not yet bound"


async def test_skills_beyond_the_limit_are_told(world: Any) -> None:
    for number in range(MAX_SKILLS + 2):
        practise(world, f"s{number}")
    run = await known(world)
    assert len(run["skills"]) == MAX_SKILLS
    told = f"2 skills that may apply were not recalled: {MAX_SKILLS} were, chosen by how narrow they are"
    assert run["unrecalled"] == [told]


async def test_a_report_names_no_skill_that_its_run_was_not_given() -> None:
    one = skill("known")
    asked = builders.run("why?").replace(skills=[one])
    told = KnowledgeUse(kind="Skill", name="known", version=one.version, why="applies", effect="none")
    check_knowledge(Report(verdict="NoFault", summary="s", knowledge=[told]), asked)
    for wrong in (told.replace(name="x"), told.replace(version="1"), told.replace(kind="Memory")):
        with pytest.raises(Problem, match="was not recalled for this run"):
            check_knowledge(Report(verdict="NoFault", summary="s", knowledge=[wrong]), asked)


async def test_of_too_many_those_that_apply_and_those_that_read_like_the_question(make_world: Any) -> None:
    texts = MemoryTexts()
    world = await make_world(MemoryStore(), MemoryCases(), texts=texts)
    for number in range(MAX_RECALLED):
        teach(world, f"narrow-{number}", scope={"matchLabels": {"workload.name": f"w{number}", "node": "n"}})
    teach(world, "applies")
    teach(world, "reads-alike", scope={"matchLabels": {"node": "n"}})
    teach(world, "reads-unlike", scope={"matchLabels": {"node": "n"}})
    await texts.keep("label:acme", TextKind.MEMORY, [Text("shop/reads-alike", "broken"), Text("shop/x", "else")])
    await texts.keep("label:other", TextKind.MEMORY, [Text("shop/reads-unlike", "broken")])
    run = await known(world)
    given = names(run)
    assert len(given) == MAX_RECALLED
    assert {"applies", "reads-alike"} <= set(given)
    assert "reads-unlike" not in given
    (told,) = run["unrecalled"]
    assert told.startswith(
        "3 memories that may apply were not recalled: 512 were, chosen by how narrow they are and by"
    )


async def test_of_too_many_without_the_store_the_narrowest(make_world: Any) -> None:
    texts = MemoryTexts()
    world = await make_world(MemoryStore(), MemoryCases(), texts=texts)
    for number in range(MAX_RECALLED):
        teach(world, f"narrow-{number}", scope={"matchLabels": {"workload.name": f"w{number}", "node": "n"}})
    teach(world, "reads-alike", scope={"matchLabels": {"node": "n"}})
    await texts.keep("label:acme", TextKind.MEMORY, [Text("shop/reads-alike", "broken")])
    texts.away = True
    run = await known(world)
    assert "reads-alike" not in names(run)
    (told,) = run["unrecalled"]
    assert told.startswith("1 memories that may apply were not recalled: 512 were")
    assert told.endswith("chosen by how narrow they are, since the store cannot be used now")
