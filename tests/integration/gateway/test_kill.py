"""I1 and I2 with real processes: two replicas under load, one killed in the middle, senders that try again."""

import asyncio
import io
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp

from support.alerts import body, sent

from .conftest import TOKEN, Scene
from .process import Process

GROUPS = 200
MEMORY = 150 << 20


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
        # Not told again: a signal that comes once the loop has ended would end the interpreter in its own way.
        assert await asyncio.to_thread(processes[0].running.wait, 120) == 0
    assert len(await scene.investigations()) == 1


async def refused(process: Process) -> None:
    """Waits until it takes no connection any more; a look that gets no answer meanwhile is given up, not waited for."""
    brief = aiohttp.ClientTimeout(total=2)
    async with asyncio.timeout(60), aiohttp.ClientSession(timeout=brief) as http:
        while True:
            try:
                async with http.get(f"{process.url}/healthz"):
                    await asyncio.sleep(0.1)
            except TimeoutError:
                continue
            except aiohttp.ClientConnectionError:
                return
