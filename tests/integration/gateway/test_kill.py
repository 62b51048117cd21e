"""I1 and I2 with real processes: two replicas under load, one killed in the middle, senders that try again."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import yaml

from support.alerts import body, sent
from support.ports import free_port

from .conftest import TOKEN, Scene

GROUPS = 200
MEMORY = 150 << 20


class Process:
    """One `casebook gateway`."""

    def __init__(self, scene: Scene, **changes: object) -> None:
        self.port = free_port()
        config = scene.config(**changes).model_dump(mode="json", by_alias=True, exclude_none=True)
        path = scene.folder / f"gateway-{self.port}.yaml"
        path.write_text(yaml.safe_dump(config | {"listen": f"127.0.0.1:{self.port}", "queueLimitPerTenant": 0}))
        self.command = [
            sys.executable,
            "-m",
            "casebook",
            "gateway",
            "--config",
            str(path),
            "--kubeconfig",
            scene.kubeconfig,
        ]
        self.log = scene.folder / f"gateway-{self.port}.log"
        self.url = f"http://127.0.0.1:{self.port}"
        self.launch()

    def launch(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(self.command, stdout=log, stderr=log)

    async def ready(self, http: aiohttp.ClientSession) -> None:
        async with asyncio.timeout(240):
            while True:
                assert self.running.poll() is None, self.log.read_text()
                with suppress(aiohttp.ClientError):
                    async with http.get(f"{self.url}/readyz") as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.2)

    def peak_memory(self) -> int:
        status = Path(f"/proc/{self.running.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) << 10

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.running.poll() is None:
            os.kill(self.running.pid, number)
        return self.running.wait(120)


@asynccontextmanager
async def two(scene: Scene, http: aiohttp.ClientSession) -> AsyncIterator[list[Process]]:
    processes = [Process(scene), Process(scene)]
    try:
        await asyncio.gather(*(process.ready(http) for process in processes))
        yield processes
    finally:
        for process in processes:
            process.end(signal.SIGKILL)


async def deliver(http: aiohttp.ClientSession, processes: list[Process], data: bytes, number: int) -> None:
    """As Alertmanager does: again after 5xx and network errors, until it is taken."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with asyncio.timeout(400):
        for turn in range(10_000):
            url = f"{processes[(number + turn) % 2].url}/v1/alerts/prom"
            with suppress(aiohttp.ClientError, ConnectionError):
                async with http.post(url, data=io.BytesIO(data), headers=headers) as response:
                    assert response.status in (200, 503), await response.text()
                    if response.status == 200:
                        return
            await asyncio.sleep(min(0.1 * 2 ** min(turn, 4), 1.0))


async def test_nothing_is_lost_when_a_replica_is_killed(scene: Scene) -> None:
    async with aiohttp.ClientSession() as http, two(scene, http) as processes:
        posts = [body(sent(f"A{number}", namespace=scene.shop), key=f"group {number}") for number in range(GROUPS)]
        tasks = [asyncio.create_task(deliver(http, processes, data, n)) for n, data in enumerate(posts)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        processes[0].end(signal.SIGKILL)
        await asyncio.sleep(0.5)
        processes[0].launch()
        await asyncio.gather(*tasks)
        keys = Counter(item["spec"]["alert"]["groupKey"] for item in await scene.investigations())
        assert keys == {f"group {number}": 1 for number in range(GROUPS)}
        assert max(process.peak_memory() for process in processes) < MEMORY


async def test_a_large_notification_does_not_make_it_large(scene: Scene) -> None:
    alerts = [
        sent(f"A{number}", namespace=scene.shop) | {"annotations": {"text": "x" * 300}} for number in range(10_000)
    ]
    data = body(*alerts, key="large")
    assert len(data) > 5 << 20
    async with aiohttp.ClientSession() as http, two(scene, http) as processes:
        await asyncio.gather(*(deliver(http, processes, data, number) for number in range(6)))
        assert max(process.peak_memory() for process in processes) < MEMORY
    (made,) = await scene.investigations()
    assert made["status"]["alert"]["count"] >= 6


async def test_what_is_under_way_is_finished_before_the_end(scene: Scene) -> None:
    """SIGTERM: nothing new is taken, what came in is answered."""
    data = body(sent(namespace=scene.shop))

    async def slowly() -> AsyncIterator[bytes]:
        yield data[:50]
        under_way.set()
        await go_on.wait()
        yield data[50:]

    under_way, go_on = asyncio.Event(), asyncio.Event()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as http, two(scene, http) as processes:
        post = asyncio.create_task(http.post(f"{processes[0].url}/v1/alerts/prom", data=slowly(), headers=headers))
        await under_way.wait()
        await asyncio.sleep(5)  # nothing tells when the other process has read what was sent
        processes[0].running.send_signal(signal.SIGTERM)
        await refused(processes[0])
        go_on.set()
        assert (await post).status == 200
        assert await asyncio.to_thread(processes[0].end) == 0
    assert len(await scene.investigations()) == 1


async def refused(process: Process) -> None:
    async with asyncio.timeout(60), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"{process.url}/healthz"):
                    await asyncio.sleep(0.1)
            except aiohttp.ClientConnectionError:
                return
