"""The controller is killed without warning at every step that matters, and the next one goes on from there."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from casebook.api.names import run_name
from support.faultproxy import Act, Call, after, answers
from support.ports import free_port
from support.rig import Rig
from support.waiting import until


def status_write(call: Call) -> bool:
    return call.method == "PATCH" and call.path.endswith("/why/status")


def job_create(call: Call) -> bool:
    return call.method == "POST" and call.path.endswith("/jobs")


def event_create(call: Call) -> bool:
    return call.method == "POST" and call.path.endswith("/events")


def before(kill: Callable[[], Awaitable[None]]) -> Act:
    """Killed with the request on its way; it is carried out all the same."""
    return after(kill)


def behind(kill: Callable[[], Awaitable[None]]) -> Act:
    """Killed when it is carried out, before the answer is there."""

    async def act(_: Any, forward: Callable[[], Awaitable[Any]]) -> Any:
        answer = await forward()
        await kill()
        return answer

    return act


POINTS = [
    ("first status on its way", status_write, before),
    ("first status written", status_write, behind),
    ("Job on its way", job_create, before),
    ("Job made", job_create, behind),
    ("Event told", event_create, behind),
]


@pytest.mark.parametrize(("matches", "when"), [p[1:] for p in POINTS], ids=[p[0] for p in POINTS])
async def test_killed_at_any_step_it_goes_on(
    rig: Rig, matches: Callable[[Call], bool], when: Callable[[Callable[[], Awaitable[None]]], Act]
) -> None:
    team = await rig.namespace()
    process = await rig.process()

    async def kill() -> None:
        process.send_signal(signal.SIGKILL)
        await process.wait()

    rig.proxy.fault(matches, when(kill), times=1)
    asked = await rig.ask(team)
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    attempts = await _life_goes_on(rig, asked)
    assert attempts == sorted(attempts), "attempt numbers only grow"
    assert attempts[-1] == 1
    assert [job["metadata"]["name"] for job in await rig.jobs()] == [run_name(asked["metadata"]["uid"], 1)]


async def _life_goes_on(rig: Rig, asked: dict[str, Any]) -> list[int]:
    """Another controller takes over; the attempts that were seen."""
    seen = [int((await rig.get(asked)).get("status", {}).get("attempt", 0))]
    process = await rig.process()
    try:
        await rig.job(asked)
        seen.append((await rig.get(asked))["status"]["attempt"])
        await rig.reports(asked)
        await rig.condition(asked, "Finished")
        seen.append((await rig.get(asked))["status"]["attempt"])
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0, "it ends well when asked to"
    return seen


async def test_killed_between_attempts_the_next_is_made_once(rig: Rig) -> None:
    team = await rig.namespace()
    process = await rig.process()
    asked = await rig.ask(team)
    job = await rig.job(asked)
    await rig.claims(asked, 1)
    # A pod that was long in coming had been noted; the fault is for the write that follows the failure.
    await rig.condition(asked, "Running")

    async def kill() -> None:
        process.send_signal(signal.SIGKILL)
        await process.wait()

    rig.proxy.fault(status_write, behind(kill), times=1)
    await rig.job_fails(job, "PodFailurePolicy", "has condition DisruptionTarget matching FailJob rule")
    await asyncio.wait_for(process.wait(), 180)
    assert (await rig.get(asked))["status"]["attempt"] == 2
    again = await rig.process()
    try:
        await rig.job(asked, 2)
        await rig.claims(asked, 2)
        await rig.reports(asked)
        await rig.condition(asked, "Finished")
    finally:
        again.terminate()
        await again.wait()
    names = sorted(job["metadata"]["name"] for job in await rig.jobs())
    assert names == [run_name(asked["metadata"]["uid"], attempt) for attempt in (1, 2)]


async def test_two_at_once_make_one_job_each(rig: Rig) -> None:
    """Two controllers may overlap while a node is lost; the compare-and-set and the names keep them apart."""
    team = await rig.namespace()
    processes = [
        await rig.process(maxRunningPerTenant=20, maxRunning=20),
        await rig.process(maxRunningPerTenant=20, maxRunning=20),
    ]
    try:
        asked = [await rig.ask(team, f"q{number}") for number in range(6)]
        for one in asked:
            await rig.job(one)
            await rig.reports(one)
        for one in asked:
            await rig.condition(one, "Finished")
    finally:
        for process in processes:
            process.terminate()
            await process.wait()
    assert len(await rig.jobs()) == 6
    assert {(await rig.get(one))["status"]["attempt"] for one in asked} == {1}


async def test_wrong_settings_are_said_in_one_line(rig: Rig) -> None:
    path = rig.folder / "bad.yaml"
    path.write_text("image: x\ngatewayURL: http://g\nmaxRuning: 3\n")
    code, said = await rig.command("controller", "--config", str(path))
    assert code == 2
    assert said.strip().splitlines()[-1].startswith("Error: ")
    assert "maxRuning" in said
    assert "Traceback" not in said


async def test_it_is_healthy_and_ready_and_measured(rig: Rig) -> None:
    port = free_port()
    async with rig.controller(listen=f"127.0.0.1:{port}", resyncSeconds=1):

        async def ready() -> bool:
            return (await rig.page(port, "/readyz"))[0] == 200

        await until("ready", ready)
        assert (await rig.page(port, "/healthz"))[0] == 200
        _, text = await rig.page(port, "/metrics")
        for name in ("casebook_queue_depth", "casebook_runs", "casebook_resync_age_seconds", "process_resident_memory"):
            assert name in text
        rig.proxy.fault(lambda call: not call.watching, answers(500))

        async def unhealthy() -> bool:
            return (await rig.page(port, "/healthz"))[0] == 503

        await until("the resync has been too long ago", unhealthy, 120)
