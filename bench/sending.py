"""The load: a pod in the cluster that posts alert groups as an Alertmanager does, by a clock that waits for nobody."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.installation import OPERATOR, Installation
from casebook.cluster.client import Client
from casebook.cluster.writer import Writer
from scenariokit.kubectl import CommandError, Kube

SCRIPT = Path(__file__).with_name("sender.py")
NAME = "bench-sender"
RATE = 5000 / 60
"""Groups a second."""
DEADLINE = 240
BARE, SIDE_BY_SIDE = 300, 24


@dataclass(frozen=True)
class Load:
    """How much is posted, to whom."""

    installed: Installation
    groups: int

    @property
    def seconds(self) -> float:
        """How long the offering takes."""
        return self.groups / RATE


@dataclass(frozen=True)
class Sent:
    """What the sender saw.

    `seconds` from the first offer to the last acknowledgement; `answers` counts attempts by status or error;
    `latencies` are the 0th, 5th, ... 100th percentile of offered to acknowledged, in seconds.
    """

    acknowledged: int
    seconds: float
    answers: dict[str, int]
    latencies: tuple[float, ...]


@asynccontextmanager
async def sender(kube: Kube, namespace: str, load: Load) -> AsyncIterator[float]:
    """Start the sending pod; gives the moment that it began, on the clock of `time.monotonic`."""
    await kube.must("apply", "-n", namespace, "-f", "-", stdin=json.dumps(manifests(namespace, load)))
    ready = ("wait", "-n", namespace, f"pod/{NAME}", "--for=condition=Ready", "--timeout=120s")
    await kube.must(*ready, seconds=130)
    yield time.monotonic()


async def result(kube: Kube, namespace: str) -> Sent:
    """Wait for the sender's end and read what it saw. Raises `CommandError`."""
    ended = ("wait", "-n", namespace, f"pod/{NAME}", "--for=jsonpath={.status.phase}=Succeeded")
    done = await kube.run(*ended, f"--timeout={DEADLINE + 60}s", seconds=DEADLINE + 80)
    log = await kube.must("logs", "-n", namespace, NAME)
    if done.code:
        raise CommandError(f"the sender failed: {log[-300:]}")
    return parse(log)


def parse(log: str) -> Sent:
    """The sender's last line. Raises `CommandError` where it is none."""
    try:
        said = json.loads(log.strip().splitlines()[-1])
        return Sent(said["acknowledged"], said["seconds"], said["answers"], tuple(said["latencies"]))
    except (ValueError, IndexError, KeyError, TypeError):
        raise CommandError(f"the sender did not say what it saw: {log[-300:]}") from None


def manifests(namespace: str, load: Load) -> dict[str, Any]:
    """The script, the token, and the pod that runs it."""
    installed = load.installed
    environment = {
        "BENCH_URL": f"http://casebook-gateway.{OPERATOR}.svc:8080/v1/alerts/{installed.receiver}",
        "BENCH_GROUPS": str(load.groups),
        "BENCH_SECONDS": str(load.seconds),
        "BENCH_DEADLINE": str(DEADLINE),
        "BENCH_NAMESPACE": namespace,
    }
    token = {"name": "BENCH_TOKEN", "valueFrom": {"secretKeyRef": {"name": NAME, "key": "token"}}}
    container = {
        "name": "sender",
        "image": installed.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "/bench/sender.py"],
        "env": [token, *({"name": name, "value": value} for name, value in environment.items())],
        "volumeMounts": [{"name": "script", "mountPath": "/bench"}],
    }
    volume = {"name": "script", "configMap": {"name": NAME}}
    pod = {"restartPolicy": "Never", "containers": [container], "volumes": [volume]}
    metadata = {"name": NAME}
    items = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"sender.py": SCRIPT.read_text()}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"token": installed.token}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod},
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


async def bare_creates(client: Client, namespace: str, groups: int) -> float:
    """Seconds that as many ConfigMaps would take to create, from a sample of them."""
    writer, slots = Writer(client, "casebook-bench"), asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(index: int) -> None:
        metadata = {"name": f"bare-{index}", "namespace": namespace}
        async with slots:
            await writer.create("configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})

    begin = time.perf_counter()
    await asyncio.gather(*(one(index) for index in range(BARE)))
    return (time.perf_counter() - begin) * groups / BARE
