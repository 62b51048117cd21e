"""Effect: from `kubectl edit` until a run that begins obeys, on a real API server with a real Postgres."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from bench.learning.installed import Installed, InstalledError, installed
from bench.row import Bound, Row
from bench.session import Session
from bench.spread import Spread
from casebook.api.base import API_VERSION, INVESTIGATIONS, MEMORIES
from casebook.api.run import Run
from casebook.knowledge.conflicts import claim_of
from support.recorded import relived
from support.recorded import trace as recorded
from support.runpods import Pod
from support.waiting import until

GROUP = "effect"
SECONDS = 3.0
RUNS = 8
"""Runs that stand ready to begin, one after another, while an edit is on its way."""
EVERY = 0.3
INCIDENT = "image-tag-typo"


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Edits memories and feedback as often as timings are repeated."""
    session.tell("an API server, a Postgres, a gateway, a controller")
    memories, corrections, replays = [], [], []
    async with installed(session.kube) as there:
        for number in range(session.runs):
            session.tell(f"edit {number + 1} of {session.runs}")
            place = await there.rig.namespace()
            await _taught(there, place)
            memories.append(await _until_obeyed(there, place, _edit_memory(there, place), "Edited"))
            made = await _corrected(there, place)
            corrections.append(await _until_obeyed(there, place, _edit_feedback(there, place), "ProxyExpired"))
            replays.append(await _until_replayed(there, made))
    bound = Bound("<", SECONDS)
    return [
        Row(GROUP, "kubectl edit memory until the next run obeys", "s", Spread.of(memories), bound),
        Row(GROUP, "kubectl edit inv (feedback) until the next run obeys", "s", Spread.of(corrections), bound),
        Row(GROUP, "from there until status.replay shows old and new", "s", Spread.of(replays)),
    ]


async def _taught(there: Installed, place: str) -> None:
    spec = {"statement": "s", "state": "Confirmed", "claim": _claim("Before")}
    manifest = {"apiVersion": API_VERSION, "kind": "Memory", "spec": spec}
    await there.rig.writer.create(MEMORIES, manifest | {"metadata": {"name": "m", "namespace": place}})


def _claim(code: str) -> dict[str, Any]:
    return {"cause": {"object": "Deployment/api", "cause": code, "effect": "Confirms"}}


def _edit_memory(there: Installed, place: str) -> Callable[[], Awaitable[object]]:
    return lambda: there.rig.writer.patch(MEMORIES, "m", place, {"spec": {"claim": _claim("Edited")}})


async def _corrected(there: Installed, place: str) -> dict[str, Any]:
    """A finished investigation with a stored trace, which somebody is about to correct."""
    made, pod = await there.begun(place, f"ns:{place}", "why", target={"kind": "Deployment", "name": "api"})
    run = await there.run(pod)
    status, answer = await there.hand_in(pod, relived(recorded(INCIDENT), run, place))
    if status != 200:
        raise InstalledError(f"the report is refused: {status} {answer}")
    await there.rig.condition(made, "Finished")
    return made


def _edit_feedback(there: Installed, place: str) -> Callable[[], Awaitable[object]]:
    said = {"cause": "ProxyExpired", "object": "Deployment/api", "statement": "The proxy's certificate ran out."}
    entry = {"id": "f1", "author": "alice", "verdict": "Wrong", "rootCause": said, "standing": "Confirmed"}
    return lambda: there.rig.writer.patch(INVESTIGATIONS, "why", place, {"spec": {"feedback": [entry]}})


async def _until_obeyed(there: Installed, place: str, edit: Callable[[], Awaitable[object]], code: str) -> float:
    """Seconds from the edit until a run that begins is given the claim; the old one was read just before."""
    pods = [await _ready(there, place, f"{code.lower()}-{number}") for number in range(RUNS)]
    await there.run(pods[0])
    begin = time.monotonic()
    await edit()
    for pod in pods[1:]:
        asked = time.monotonic()
        if _knows(await there.run(pod), code):
            return time.monotonic() - begin
        await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - asked)))
    raise TimeoutError(f"{RUNS - 1} runs after the edit none knows {code}")


async def _ready(there: Installed, place: str, name: str) -> Pod:
    _, pod = await there.begun(place, f"ns:{place}", name, target={"kind": "Deployment", "name": "api"})
    return pod


def _knows(run: Run, code: str) -> bool:
    return code in {claim_of(one).cause for one in run.recalled}


async def _until_replayed(there: Installed, made: dict[str, Any]) -> float:
    begin = time.monotonic()

    async def shown() -> bool:
        return bool((await there.rig.get(made)).get("status", {}).get("replay"))

    await until("old and new are shown", shown)
    return time.monotonic() - begin
