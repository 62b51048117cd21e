"""From a word on a report to a memory, a replay, and the next run that obeys; on a real API server and Postgres."""

from datetime import UTC, datetime
from typing import Any

from casebook.api.run import ReportEnvelope, Trace
from casebook.gateway.directory import Directory, Place
from casebook.gateway.recall import Recall
from casebook.handlers.service import Stores
from casebook.reasoning.replay import replay
from casebook.store.traces import Traces
from support.recorded import trace
from support.rig import INVESTIGATIONS, Rig
from support.waiting import until

MEMORIES = "memories.casebook.dev"
ALICE = "alice@example.com"


def said(id_: str = "f1", standing: str = "Confirmed", **more: Any) -> dict[str, Any]:
    root = {"object": "Deployment/api", "cause": "ProxyExpired", "statement": "The proxy's certificate ran out."}
    return {"id": id_, "author": ALICE, "verdict": "Wrong", "rootCause": root, "standing": standing, **more}


async def finished(rig: Rig, traces: Traces | None = None) -> dict[str, Any]:
    """A finished investigation, with the trace of a recorded one in the store."""
    made = await rig.ask(await rig.namespace(), target={"kind": "Deployment", "name": "api"})
    await rig.job(made)
    await rig.reports(made)
    await rig.condition(made, "Finished")
    if traces is not None:
        await keep(traces, made)
    return made


def recorded() -> Trace:
    return trace("image-tag-typo")


async def keep(traces: Traces, made: dict[str, Any]) -> Trace:
    """Store the recorded trace as that of this investigation."""
    kept = recorded()
    metadata = made["metadata"]
    run = kept.run.replace(uid=metadata["uid"], name=metadata["name"], namespace=metadata["namespace"])
    trace = kept.replace(run=run)
    tenant = f"ns:{metadata['namespace']}"
    await traces.append(tenant, run, 0, trace.observations)
    envelope = ReportEnvelope(
        report=replay(trace), engine=trace.engine, stop=trace.stop, observations=len(trace.observations)
    )
    await traces.finish(tenant, run, envelope)
    return trace


async def correct(rig: Rig, made: dict[str, Any], *entries: dict[str, Any]) -> None:
    metadata = made["metadata"]
    patch = {"spec": {"feedback": list(entries)}}
    await rig.writer.patch(INVESTIGATIONS, metadata["name"], metadata["namespace"], patch)


async def lessons(rig: Rig, made: dict[str, Any], number: int = 1) -> list[dict[str, Any]]:
    """Wait until so many entries were acted on to the end."""

    async def look() -> list[dict[str, Any]] | None:
        found = (await rig.get(made)).get("status", {}).get("lessons", [])
        done = [lesson for lesson in found if lesson.get("replay") != "Pending"]
        return done if len(done) == number else None

    return list(await until(f"{number} lessons", look, 120))


async def memories(rig: Rig, namespace: str) -> list[dict[str, Any]]:
    return (await rig.reader.list(MEMORIES, namespace)).items


async def test_a_correction_becomes_a_memory_and_is_shown_on_the_stored_observations(rig: Rig, stores: Stores) -> None:
    async with rig.controller(stores):
        made = await finished(rig, stores.traces)
        place = made["metadata"]["namespace"]
        await correct(rig, made, said())
        (lesson,) = await lessons(rig, made)
        (memory,) = await memories(rig, place)
        here = {"matchLabels": {"namespace": recorded().run.namespace}}
        await correct(rig, made, said(), said("f2", scope=here))
        await lessons(rig, made, 2)
        replayed = (await rig.get(made))["status"]["replay"]
        await correct(rig, made, said(), said("f2", scope=here), said("f3", "Proposed", scope=here))
        await lessons(rig, made, 3)
        status = (await rig.get(made))["status"]
    assert (lesson["memory"], lesson["state"], lesson["replay"]) == (memory["metadata"]["name"], "Confirmed", "Done")
    spec = memory["spec"]
    assert spec["claim"]["cause"] == {"object": "Deployment/api", "cause": "ProxyExpired", "effect": "Confirms"}
    assert spec["scope"]["matchLabels"] == {"namespace": place, "workload.name": "api"}
    assert spec["origin"] == {"type": "Person", "author": ALICE, "investigation": "why", "feedbackId": "f1"}
    assert replayed["before"]["cause"] == "ImageNotFound"
    assert replayed["after"] == {
        "verdict": "RootCause", "object": "Deployment/api", "cause": "ProxyExpired", "confidencePercent": 60,
    }  # fmt: skip
    assert f"by correction of {ALICE}, unproven" in replayed["note"]
    assert status["replay"]["feedbackId"] == "f3"
    assert status["replay"]["note"].startswith("If it were confirmed: ")
    assert status["phase"] == "Succeeded"
    assert status["report"]["verdict"] == "NoFault", "a finished report changes only by a person's word beside it"


async def test_an_entry_is_acted_on_exactly_once(rig: Rig) -> None:
    """I6: whatever restarts, whatever becomes of the memory, and though the controller dies between its two writes."""
    async with rig.controller():
        made = await finished(rig)
        place = made["metadata"]["namespace"]
        await correct(rig, made, said())
        await lessons(rig, made)
    (first,) = await memories(rig, place)
    async with rig.controller():
        await correct(rig, made, said(), said("f2", "Proposed"))
        assert [one["feedbackId"] for one in await lessons(rig, made, 2)] == ["f1", "f2"]
    assert {one["spec"]["state"] for one in await memories(rig, place)} == {"Confirmed", "Proposed"}
    await rig.writer.delete(MEMORIES, first["metadata"]["name"], place)
    async with rig.controller():
        await correct(rig, made, said(), said("f2", "Proposed"), said("f3", "Proposed"))
        await lessons(rig, made, 3)
    names = {one["metadata"]["name"] for one in await memories(rig, place)}
    assert len(names) == 2
    assert first["metadata"]["name"] not in names


async def test_a_crash_between_memory_and_lesson_makes_no_second_one(rig: Rig) -> None:
    async with rig.controller():
        made = await finished(rig)
        place = made["metadata"]["namespace"]
        await correct(rig, made, said())
        (lesson,) = await lessons(rig, made)
    (before,) = await memories(rig, place)
    # As it was after the first of the two writes.
    await rig.writer.patch(INVESTIGATIONS, "why", place, {"status": {"lessons": None}}, "status")
    async with rig.controller():
        assert await lessons(rig, made) == [lesson]
    (after,) = await memories(rig, place)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


async def test_the_next_run_in_scope_recalls_it_and_another_tenant_never_does(rig: Rig, stores: Stores) -> None:
    async with rig.controller(stores):
        made = await finished(rig)
        await correct(rig, made, said())
        await lessons(rig, made)
    place, other = made["metadata"]["namespace"], await rig.namespace()
    now = datetime.now(UTC)
    directory = Directory(
        {place: Place(f"ns:{place}", now), other: Place(f"ns:{other}", now), rig.operator: Place("platform", now)}
    )
    recall = Recall(rig.reader, rig.operator, lambda: datetime.now(UTC))
    run = recorded().run
    run = run.replace(namespace=place, spec=run.spec.replace(target=None))
    given = await recall.given(run, f"ns:{place}", directory)
    assert [one.spec.claim.cause.cause for one in given.recalled if one.spec.claim and one.spec.claim.cause] == [
        "ProxyExpired"
    ]
    assert given.unrecalled == []
    foreign = await recall.given(run.replace(namespace=other), f"ns:{other}", directory)
    assert (foreign.recalled, foreign.unrecalled) == ([], [])


async def test_a_rating_alone_teaches_nothing(rig: Rig) -> None:
    async with rig.controller():
        made = await finished(rig)
        await correct(rig, made, {"id": "f1", "author": ALICE, "rating": "Up"})
        (lesson,) = await lessons(rig, made)
    assert "memory" not in lesson or lesson["memory"] == ""
    assert await memories(rig, made["metadata"]["namespace"]) == []
