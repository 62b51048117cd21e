"""Watches one Investigation until its report is there."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

from casebook.api.investigation import Investigation
from scenariokit.kubectl import CommandError, Kube

Say = Callable[[str], None]
RUNS = "casebook-runs"
WAIT_SECONDS = 600.0


async def follow(kube: Kube, namespace: str, name: str, say: Say) -> Investigation:
    """Tell what becomes of it, and what its agent looks at; the Investigation once it is Finished."""
    seen: set[str] = set()
    agent: asyncio.Task[None] | None = None
    end = time.monotonic() + WAIT_SECONDS
    try:
        while time.monotonic() < end:
            found = await one(kube, namespace, name)
            for line in news(found, seen):
                say(line)
            if agent is None and found.get("status", {}).get("attempt"):
                agent = asyncio.create_task(_agent(kube, found["metadata"]["uid"], say))
            if any(c["type"] == "Finished" and c["status"] == "True" for c in _conditions(found)):
                if agent is not None:  # its last lines may be on their way
                    await asyncio.wait({agent}, timeout=5)
                return investigation(found)
            await asyncio.sleep(0.5)
    finally:
        if agent is not None:
            agent.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await agent
    raise CommandError(f"Investigation {name} was not finished within {WAIT_SECONDS:.0f} s")


async def one(kube: Kube, namespace: str, name: str) -> dict[str, Any]:
    """The Investigation as the API server holds it."""
    (found,) = await kube.objects("investigations.casebook.dev", name, "-n", namespace)
    return found


def investigation(found: dict[str, Any]) -> Investigation:
    """The Investigation as casebook reads it."""
    return Investigation.model_validate({key: found[key] for key in ("metadata", "spec", "status") if key in found})


def news(found: dict[str, Any], seen: set[str]) -> list[str]:
    """A line for each condition that has become true and was not told of yet."""
    lines = []
    for condition in _conditions(found):
        key = f"{condition['type']} {condition['status']} {condition.get('reason', '')}"
        if condition["status"] == "True" and key not in seen:
            seen.add(key)
            said = condition.get("message") or condition.get("reason", "")
            lines.append(f"{condition['type']}: {said}")
    return lines


def told(line: str) -> str:
    """What a line of the agent's log tells a person; nothing where it is not about the investigation."""
    try:
        record = json.loads(line)
    except ValueError:
        return ""
    event = record.get("event", "") if isinstance(record, dict) else ""
    if event == "looking":
        return f"  round {record.get('round')}: {record.get('why')} ({record.get('reads')} reads)"
    if event == "leading":
        return f"  leading: {record.get('hypothesis')}"
    if event == "not read":
        return f"  not read: {record.get('query')}: {record.get('reason')}"
    return ""


def _conditions(found: dict[str, Any]) -> list[dict[str, Any]]:
    return list(found.get("status", {}).get("conditions", []))


async def _agent(kube: Kube, uid: str, say: Say) -> None:
    """Tell what the agent's pod logs."""
    pod = await _pod(kube, uid)
    process = await asyncio.create_subprocess_exec(
        *("kubectl", "--kubeconfig", str(kube.kubeconfig), "-n", RUNS, "logs", "--follow", pod),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while process.stdout is not None and (line := await process.stdout.readline()):
            if text := told(line.decode(errors="replace")):
                say(text)
        await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise


async def _pod(kube: Kube, uid: str) -> str:
    """The agent's pod, once its container runs or has ended."""
    while True:
        for pod in await kube.objects("pods", "-n", RUNS, "-l", f"casebook.dev/investigation-uid={uid}"):
            if pod["status"].get("phase") != "Pending":
                return str(pod["metadata"]["name"])
        await asyncio.sleep(0.3)
