"""Runs in a pod: offers alert groups evenly over a span of time, retries each as Alertmanager does."""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any

import aiohttp

# Alertmanager's back-off within one flush: half a second, half as much again each time, jittered.
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.5, 1.5, 15.0


class Sender:
    """Offers `groups` groups over `seconds`, and gives up on what is not acknowledged by `deadline` seconds."""

    def __init__(self, url: str, namespace: str, deadline: float) -> None:
        self._url, self._namespace, self._deadline = url, namespace, deadline
        self.answers: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.last = 0.0

    async def run(self, session: aiohttp.ClientSession, groups: int, seconds: float) -> None:
        """Offer each at its time, whether or not the ones before it were acknowledged."""
        begin = time.monotonic()
        tasks = []
        for index in range(groups):
            await asyncio.sleep(max(0.0, begin + index * seconds / groups - time.monotonic()))
            tasks.append(asyncio.create_task(self._deliver(session, index, begin)))
        await asyncio.gather(*tasks)

    async def _deliver(self, session: aiohttp.ClientSession, index: int, begin: float) -> None:
        offered, pause = time.monotonic(), FIRST_PAUSE
        body = json.dumps(payload(index, self._namespace))
        while time.monotonic() - begin < self._deadline:
            answer = await self._post(session, body)
            self.answers[answer] += 1
            if answer.startswith("2"):
                self.last = time.monotonic() - begin
                self.latencies.append(time.monotonic() - offered)
                return
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * GROWTH, LONGEST_PAUSE)

    async def _post(self, session: aiohttp.ClientSession, body: str) -> str:
        try:
            async with session.post(self._url, data=body, headers={"Content-Type": "application/json"}) as answer:
                await answer.read()
                return str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__


def payload(index: int, namespace: str) -> dict[str, Any]:
    """One firing group of one alert, about a workload of its own."""
    labels = {"alertname": "BenchStorm", "namespace": namespace, "deployment": f"storm-{index}", "severity": "warning"}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": f"storm-{index} answers more than 5 % of requests with an error"},
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=up",
        "fingerprint": f"{index:016x}",
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{deployment="storm-{index}", namespace="{namespace}"}}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "casebook",
        "groupLabels": {"deployment": labels["deployment"]},
        "commonLabels": labels,
        "commonAnnotations": alert["annotations"],
        "externalURL": "http://alertmanager.example",
        "alerts": [alert],
    }


def summary(sender: Sender) -> dict[str, Any]:
    """What fits on one line: latencies as 0th, 5th, ... 100th percentile."""
    ordered = sorted(sender.latencies)
    inner = quantiles(ordered, n=20) if len(ordered) > 1 else []
    spread = [ordered[0], *inner, ordered[-1]] if ordered else []
    return {
        "acknowledged": len(ordered),
        "seconds": round(sender.last, 3),
        "answers": dict(sender.answers),
        "latencies": [round(value, 3) for value in spread],
    }


async def main() -> None:
    """Read what to do from the environment, do it, print one line."""
    deadline = float(os.environ["BENCH_DEADLINE"])
    sender = Sender(os.environ["BENCH_URL"], os.environ["BENCH_NAMESPACE"], deadline)
    headers = {"Authorization": f"Bearer {os.environ['BENCH_TOKEN']}"}
    limits = aiohttp.ClientTimeout(total=30, sock_connect=3)
    connector = aiohttp.TCPConnector(limit=200)
    async with aiohttp.ClientSession(headers=headers, timeout=limits, connector=connector) as session:
        await sender.run(session, int(os.environ["BENCH_GROUPS"]), float(os.environ["BENCH_SECONDS"]))
    sys.stdout.write(json.dumps(summary(sender)) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
