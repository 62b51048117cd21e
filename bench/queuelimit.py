"""The gateway without its limit on queued Investigations, for as long as a measurement needs it."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bench.installation import OPERATOR
from scenariokit.kubectl import CommandError, Kube

LIMIT = re.compile(r"^(\s*queueLimitPerTenant:\s*)\d+\s*$", re.MULTILINE)
NAME, KEY = "casebook-gateway", "gateway.yaml"


@asynccontextmanager
async def without_queue_limit(kube: Kube, tell: Callable[[str], None]) -> AsyncIterator[None]:
    """Both replicas restarted without it, and afterwards with the settings that they had."""
    (found,) = await kube.objects("configmap", NAME, "-n", OPERATOR)
    before = found["data"][KEY]
    await _restart_with(kube, unlimited(before))
    try:
        yield
    finally:
        tell("turning the queue limit on again")
        await _restart_with(kube, before)


def unlimited(settings: str) -> str:
    """The settings with a limit of 0, which is none. Raises `CommandError` where they name no limit."""
    changed, count = LIMIT.subn(r"\g<1>0", settings)
    if count != 1:
        raise CommandError("gateway.yaml: queueLimitPerTenant is not there once")
    return changed


async def _restart_with(kube: Kube, settings: str) -> None:
    patch = json.dumps({"data": {KEY: settings}})
    await kube.must("patch", "configmap", NAME, "-n", OPERATOR, "--type=merge", "-p", patch)
    await kube.must("rollout", "restart", "-n", OPERATOR, f"deployment/{NAME}")
    await kube.must("rollout", "status", "-n", OPERATOR, f"deployment/{NAME}", "--timeout=180s", seconds=190)
