"""Watches of the API server, each event with the moment that it came in."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from scenariokit.kubectl import CommandError, Kube

LINE_BYTES = 4 << 20


@asynccontextmanager
async def watching(kube: Kube, path: str) -> AsyncIterator[AsyncIterator[tuple[float, dict[str, Any]]]]:
    """Objects as they change, from now on, with the time of `time.perf_counter`. Raises `CommandError`."""
    # From the version of a list on, so that nothing that happens while the watch is being set up is missed.
    separator = "&" if "?" in path else "?"
    version = json.loads(await kube.must("get", "--raw", f"{path}{separator}limit=1"))["metadata"]["resourceVersion"]
    process = await asyncio.create_subprocess_exec(
        *("kubectl", "--kubeconfig", str(kube.kubeconfig), "get", "--raw"),
        f"{path}{separator}watch=1&resourceVersion={version}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LINE_BYTES,
        start_new_session=True,
    )
    try:
        yield _events(process, path)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _events(process: asyncio.subprocess.Process, path: str) -> AsyncIterator[tuple[float, dict[str, Any]]]:
    if process.stdout is None:
        raise CommandError(f"watch {path}: no output")
    while line := await process.stdout.readline():
        yield time.perf_counter(), json.loads(line)["object"]
    raise CommandError(f"watch {path} ended")
