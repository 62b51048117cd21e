"""Faults of the API server and of the network between: the controller lives through them, and work goes on."""

import asyncio
from time import monotonic
from typing import Any

import pytest

from casebook.api.names import run_name
from support.faultproxy import Call, after, answers, frozen, loses_answer, watch_error
from support.rig import INVESTIGATIONS, Rig, conditions
from support.waiting import until


def status_write(call: Call) -> bool:
    return call.method == "PATCH" and call.path.endswith("/status")


def job_create(call: Call) -> bool:
    return call.method == "POST" and call.path.endswith("/jobs")


def watching(call: Call) -> bool:
    return call.watching


async def goes_on(rig: Rig, namespace: str, name: str) -> float:
    """One whole Investigation; the seconds from asking to its Job."""
    begun = monotonic()
    asked = await rig.ask(namespace, name)
    await rig.job(asked)
    took = monotonic() - begun
    await rig.reports(asked)
    await rig.condition(asked, "Finished")
    return took


async def test_lists_that_fail_from_the_start_are_waited_out(rig: Rig) -> None:
    team = await rig.namespace()
    fault = rig.proxy.fault(lambda call: call.method == "GET", answers(503, "ServiceUnavailable"))
    async with rig.controller() as task:
        asked = await rig.ask(team)
        await asyncio.sleep(12)
        assert fault.struck > 5
        assert not task.done()
        rig.proxy.heal()
        await rig.job(asked)


async def test_lists_that_fail_while_it_runs_are_waited_out(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller() as task:
        await goes_on(rig, team, "before")
        rig.proxy.fault(lambda call: call.method == "GET", answers(500))
        rig.proxy.cut_watches()
        asked = await rig.ask(team, "during")
        await asyncio.sleep(10)
        assert not task.done()
        rig.proxy.heal()
        await rig.job(asked)


async def test_a_watch_that_ends_by_error_500_is_begun_again(rig: Rig) -> None:
    """kopf ends by design on such an error ("etcdserver: leader changed"); work goes on long before the resync."""
    team = await rig.namespace()
    # The resync would find everything too; here only a watch can be that fast.
    async with rig.controller(resyncSeconds=300) as task:
        await goes_on(rig, team, "before")
        fault = rig.proxy.fault(watching, watch_error(500, "etcdserver: leader changed"), times=3)
        rig.proxy.cut_watches()

        async def struck() -> bool:
            return fault.struck == 3

        await until("all three watches met the error", struck, 180)
        assert not task.done()
        assert await goes_on(rig, team, "after") < 60


async def test_a_watch_that_is_too_old_lists_again(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller(resyncSeconds=300):
        await goes_on(rig, team, "before")
        fault = rig.proxy.fault(watching, watch_error(410, "too old resource version"), times=3)
        rig.proxy.cut_watches()

        async def struck() -> bool:
            return fault.struck == 3

        await until("all three watches met the error", struck, 180)
        assert await goes_on(rig, team, "after") < 20


async def test_watches_that_are_dead_are_noticed_and_opened_again(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller(resyncSeconds=300, watchInactivitySeconds=3):
        await goes_on(rig, team, "before")
        rig.proxy.fault(watching, frozen(), times=3)
        rig.proxy.cut_watches()
        await asyncio.sleep(1)
        assert await goes_on(rig, team, "after") < 30


async def test_the_resync_does_all_the_work_when_no_watch_ever_speaks(rig: Rig) -> None:
    team = await rig.namespace()
    rig.proxy.fault(watching, frozen())
    async with rig.controller():
        asked = await rig.ask(team)
        job = await rig.job(asked)
        await rig.claims(asked, 1)
        await rig.job_fails(job, "PodFailurePolicy", "has condition DisruptionTarget matching FailJob rule")
        await rig.job(asked, 2)
        await rig.reports(asked)
        await rig.condition(asked, "Finished")


async def test_writes_that_are_overtaken_are_decided_again(rig: Rig) -> None:
    """Another writer is always faster, a few times in a row: nothing of its is lost, and the attempt starts once."""
    team = await rig.namespace()
    count = 0

    async def touch() -> None:
        nonlocal count
        count += 1
        note = {"metadata": {"annotations": {"touched": str(count)}}}
        await rig.writer.patch(INVESTIGATIONS, "why", team, note)

    rig.proxy.fault(status_write, after(touch), times=3)
    async with rig.controller():
        asked = await rig.ask(team)
        await rig.job(asked)
    found = await rig.get(asked)
    assert found["metadata"]["annotations"]["touched"] == "3"
    assert found["status"]["attempt"] == 1
    assert len(await rig.jobs()) == 1


async def test_a_report_that_lands_while_the_end_is_written_wins(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller(attempts=1):
        asked = await rig.ask(team)
        job = await rig.job(asked)
        rig.proxy.fault(status_write, after(lambda: rig.reports(asked)), times=1)
        await rig.job_completes(job)
        assert (await rig.condition(asked, "Finished"))["reason"] == "ReportStored"
        assert conditions(await rig.get(asked))["Succeeded"]["status"] == "True"


async def test_one_that_is_deleted_while_it_is_written_leaves_nothing_behind(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        rig.proxy.fault(status_write, after(lambda: rig.writer.delete(INVESTIGATIONS, "why", team)), times=1)
        asked = await rig.ask(team)
        await rig.gone(asked)
        await goes_on(rig, team, "after")
    uids = {job["metadata"]["labels"]["casebook.dev/investigation-uid"] for job in await rig.jobs()}
    assert asked["metadata"]["uid"] not in uids


@pytest.mark.parametrize("which", [status_write, job_create], ids=["status", "job"])
async def test_an_answer_that_is_lost_does_nothing_twice(rig: Rig, which: Any) -> None:
    team = await rig.namespace()
    rig.proxy.fault(which, loses_answer(), times=2)
    async with rig.controller():
        asked = await rig.ask(team)
        await rig.job(asked)
        await rig.reports(asked)
        await rig.condition(asked, "Finished")
    assert (await rig.get(asked))["status"]["attempt"] == 1
    assert [job["metadata"]["name"] for job in await rig.jobs()] == [run_name(asked["metadata"]["uid"], 1)]


async def test_too_many_requests_are_answered_by_waiting(rig: Rig) -> None:
    team = await rig.namespace()
    busy = answers(429, "TooManyRequests", **{"Retry-After": "2"})
    async with rig.controller():
        await goes_on(rig, team, "before")
        fault = rig.proxy.fault(status_write, busy, times=2)
        begun = monotonic()
        await goes_on(rig, team, "after")
        assert fault.struck == 2
        assert monotonic() - begun >= 2


async def test_annotations_at_their_limit_hinder_nothing(rig: Rig) -> None:
    """kopf's own bookkeeping would double them and be refused; there is none."""
    team = await rig.namespace()
    async with rig.controller():
        asked = await rig.ask(team)
        job = await rig.job(asked)
        size = 262_144 - len("filler") - 1000
        await rig.writer.patch(INVESTIGATIONS, "why", team, {"metadata": {"annotations": {"filler": "x" * size}}})
        await rig.job_runs(job)
        await rig.reports(asked)
        await rig.condition(asked, "Finished")
        found = await rig.get(asked)
    assert set(found["metadata"]["annotations"]) == {"filler"}
    assert "finalizers" not in found["metadata"]


async def test_one_in_five_writes_fails_and_all_end(rig: Rig) -> None:
    team, count = await rig.namespace(), 0

    def every_fifth(call: Call) -> bool:
        nonlocal count
        count += call.writing
        return call.writing and count % 5 == 0

    rig.proxy.fault(every_fifth, loses_answer())
    async with rig.controller(maxRunningPerTenant=10):
        asked = [await rig.ask(team, f"q{number}") for number in range(8)]
        for one in asked:
            await rig.job(one)
            await rig.reports(one)
        for one in asked:
            await rig.condition(one, "Finished")
    assert len(await rig.jobs()) == 8
