"""Recurrence through the gateway: precedents for a run that begins, the occurrence for one that ends."""

from typing import Any

import pytest

from casebook.api.base import MEMORIES
from casebook.api.case import Asked, PastCase
from casebook.api.enums import Role
from casebook.api.investigation import InvestigationStatus
from casebook.api.observation import listing
from casebook.api.report import KnowledgeUse, Report
from casebook.api.run import Clue, Telling
from casebook.gateway.history import History, Kept
from casebook.gateway.metrics import Metrics, occurrence
from casebook.knowledge.recall import MEMORY
from support.agents import TENANT, Agent, investigated
from support.builders import NS, run
from support.memories import memory
from support.memorystore import MemoryStore
from support.pastcases import TOLD, MemoryCases, past
from support.reports import envelope, observation, report

QUESTION = Asked(alertname="Broken", place="shop", kind="Deployment", entity="checkout")
FOUND = {"object": "Deployment/checkout", "cause": "OomKilled", "asked": QUESTION}


def earlier(number: int, **fields: Any) -> PastCase:
    """A case of the question that is asked here, and of the cause that the report here names."""
    return past(number, hours=number, **(FOUND | fields))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


async def begun(make_world, store: MemoryStore, cases: MemoryCases | None) -> tuple[dict, Agent]:
    world = await make_world(store, cases)
    made = await investigated(world)
    return made, Agent(world, made)


async def ended(agent: Agent, telling: Telling = TOLD) -> int:
    await agent.observe(0, observation(1))
    handed = envelope(report(observation(1)), 1).replace(telling=telling)
    return (await agent.call("PUT", "/report", handed.wire())).status


async def test_a_run_is_given_the_precedents_of_its_question(make_world, store: MemoryStore) -> None:
    other = earlier(2, asked=QUESTION.replace(alertname="Slow"))
    made, agent = await begun(make_world, store, MemoryCases(earlier(1), other))
    given = await (await agent.call("GET", "")).json()
    assert [(one["name"], one["cause"], one["times"]) for one in given["precedents"]] == [("inv-1", "OomKilled", 1)]
    assert store.runs[TENANT, made["metadata"]["uid"], 1].precedents[0].told == TOLD


async def test_a_run_is_given_what_the_same_alert_was_about_when_it_asked_about_another_object(
    make_world, store: MemoryStore
) -> None:
    cases = MemoryCases(earlier(1, asked=QUESTION.replace(entity="web"), said="Wrong", truth="DnsFailing"))
    made, agent = await begun(make_world, store, cases)
    (given,) = (await (await agent.call("GET", "")).json())["precedents"]
    assert (given["name"], given["elsewhere"], given["truth"]) == ("inv-1", True, "DnsFailing")
    await ended(agent)
    assert made["status"]["recurrence"]["occurrence"] == 2


async def test_a_quarantined_case_beside_is_no_precedent_either(make_world, store: MemoryStore) -> None:
    world = await make_world(store, MemoryCases(earlier(1, asked=QUESTION.replace(entity="web"))))
    spec = {"statement": "s", "state": "Confirmed", "claim": {"quarantine": {"investigation": "inv-1"}}}
    world.cluster.put(MEMORIES, {"metadata": {"name": "q", "namespace": "shop"}, "spec": spec})
    agent = Agent(world, await investigated(world))
    assert (await (await agent.call("GET", "")).json())["precedents"] == []


async def test_a_quarantined_case_is_no_precedent(make_world, store: MemoryStore) -> None:
    world = await make_world(store, MemoryCases(earlier(1)))
    spec = {"statement": "s", "state": "Confirmed", "claim": {"quarantine": {"investigation": "inv-1"}}}
    world.cluster.put(MEMORIES, {"metadata": {"name": "q", "namespace": "shop"}, "spec": spec})
    agent = Agent(world, await investigated(world))
    assert (await (await agent.call("GET", "")).json())["precedents"] == []


async def test_the_cases_of_another_tenant_are_no_precedents(make_world, store: MemoryStore) -> None:
    """I8."""
    made, agent = await begun(make_world, store, MemoryCases(earlier(1), tenant="label:rival"))
    assert (await (await agent.call("GET", "")).json())["precedents"] == []
    await ended(agent)
    assert (made["status"]["recurrence"]["occurrence"], made["status"]["recurrence"]["previous"]) == (1, [])


async def test_precedents_stay_those_that_were_given_first(make_world, store: MemoryStore) -> None:
    cases = MemoryCases(earlier(1))
    _, agent = await begun(make_world, store, cases)
    first = await (await agent.call("GET", "")).json()
    await cases.keep(TENANT, earlier(2))
    assert (await (await agent.call("GET", "")).json())["precedents"] == first["precedents"]


async def test_a_report_says_which_occurrence_it_is(make_world, store: MemoryStore) -> None:
    cases = MemoryCases(earlier(1, said="Correct"), earlier(2, cause="DnsFailing"))
    made, agent = await begun(make_world, store, cases)
    await agent.call("GET", "")
    assert await ended(agent) == 200
    told = made["status"]["recurrence"]
    assert told["occurrence"] == 2
    assert [(one["name"], one.get("judgement"), one["cost"]["observations"]) for one in told["previous"]] == [
        ("inv-1", "Correct", 28),
        ("inv-2", None, 28),
    ]
    kept = cases.kept[TENANT, made["metadata"]["uid"]]
    assert (kept.asked, kept.cause, kept.telling) == (QUESTION, "OomKilled", TOLD)


async def test_a_report_that_is_handed_in_again_is_the_same_occurrence(make_world, store: MemoryStore) -> None:
    made, agent = await begun(make_world, store, MemoryCases(earlier(1)))
    await agent.call("GET", "")
    assert (await ended(agent), await ended(agent)) == (200, 200)
    assert made["status"]["recurrence"]["occurrence"] == 2


async def test_without_the_store_nothing_recurs_and_nothing_fails(make_world, store: MemoryStore) -> None:
    cases = MemoryCases(earlier(1))
    cases.away = True
    made, agent = await begun(make_world, store, cases)
    assert (await (await agent.call("GET", "")).json())["precedents"] == []
    assert await ended(agent) == 200
    assert "recurrence" not in made["status"]
    assert made["status"]["report"]["rootCauses"]


async def test_without_a_trace_the_case_is_not_kept(make_world, store: MemoryStore) -> None:
    cases = MemoryCases()
    made, agent = await begun(make_world, store, cases)
    await agent.call("GET", "")
    store.away = True
    await agent.hand_in(report(observation(1)), 1)
    assert (cases.kept, "recurrence" in made["status"]) == ({}, False)
    store.away = False
    await ended(agent)
    assert made["status"]["recurrence"]["occurrence"] == 1


async def test_one_that_an_incident_explains_is_no_occurrence_and_earns_no_memory_credit() -> None:
    cases, recalling = MemoryCases(), run("why?").replace(recalled=[memory("m", namespace=NS)])
    history = History(Kept(cases, cases))
    used = KnowledgeUse(kind=MEMORY, name="m", version="1", why="it applies", effect="moved a prior", role=Role.LED)
    found = report(observation(1)).replace(knowledge=[used])
    followed = recalling.replace(uid="uid-2", name="inv-2")
    assert await history.concluded(TENANT, followed, envelope(found.replace(explained_by="inv-1"), 1)) is None
    assert (cases.uses, cases.kept[TENANT, "uid-2"].explained_by) == ({}, "inv-1")
    first = await history.concluded(TENANT, recalling, envelope(found, 1))
    assert first is not None
    assert (first.occurrence, len(cases.uses)) == (1, 1)


async def test_a_clue_outside_of_the_scope_is_refused(make_world, store: MemoryStore) -> None:
    """I8: what one run hands in is where the next one looks."""
    made, agent = await begun(make_world, store, MemoryCases())
    await agent.call("GET", "")
    outside = Telling(held=["x"], clues=[Clue(query=listing("pods", "other"))])
    assert await ended(agent, outside) == 422
    assert "report" not in made["status"]


async def test_what_memories_were_and_what_it_cost_is_measured(make_world, store: MemoryStore) -> None:
    made, agent = await begun(make_world, store, MemoryCases(*(earlier(number) for number in range(1, 4))))
    await agent.call("GET", "")
    assert (await ended(agent), await ended(agent)) == (200, 200)
    text = await (await agent.world.client.get("/metrics")).text()
    assert made["status"]["recurrence"]["occurrence"] == 4
    assert 'casebook_investigation_reads_count{occurrence="3-9"} 1.0' in text
    assert 'casebook_investigation_seconds_count{occurrence="3-9"} 1.0' in text


@pytest.mark.parametrize(("number", "group"), [(1, "1"), (2, "2"), (3, "3-9"), (9, "3-9"), (10, "10+"), (200, "10+")])
def test_occurrences_make_four_series_and_no_more(number: int, group: str) -> None:
    assert occurrence(number) == group


def test_what_memories_were_is_counted_apart_from_skills() -> None:
    use = KnowledgeUse(kind="Memory", name="m", version="1", why="applies", effect="none", role=Role.LED)
    told = [use, use.replace(kind="Skill", role=Role.ACTED)]
    metrics = Metrics()
    metrics.took(InvestigationStatus(report=Report(verdict="NoFault", summary="s", knowledge=told)))
    text = metrics.text().decode()
    assert 'casebook_memory_effects_total{role="Led"} 1.0' in text
    assert 'casebook_memory_effects_total{role="Acted"} 1.0' not in text
