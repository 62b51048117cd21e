"""The outbound webhook: signed, retried, sent once."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from casebook.api.base import API_VERSION
from casebook.gateway.app import FIELD_MANAGER
from casebook.gateway.config import Outbound, Receiver
from casebook.gateway.investigations import Investigations, Record
from casebook.gateway.metrics import Metrics
from casebook.gateway.notifier import Notifier, signature
from casebook.gateway.tokens import TokenFiles
from support.memorycluster import MemoryCluster, MemoryReader, MemoryWriter
from support.reports import observation, report


@dataclass
class Hook:
    """A receiver's webhook that answers as it is told."""

    answers: list[int] = field(default_factory=lambda: [200])
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    async def post(self, request: web.Request) -> web.Response:
        self.calls.append((dict(request.headers), await request.read()))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", hook.post)
    server = TestServer(app)
    await server.start_server()
    hook.url = str(server.make_url("/hook"))
    yield hook
    await server.close()


@pytest.fixture
async def replicas(cluster: MemoryCluster, clock, hook: Hook, tmp_path: Path) -> AsyncIterator[list[Notifier]]:
    (tmp_path / "prom.outbound").write_text("signing-key\n")
    receiver = Receiver(name="prom", default_namespace="shop", outbound=Outbound(url=hook.url))
    async with aiohttp.ClientSession() as http:
        yield [
            Notifier(
                {"prom": receiver},
                TokenFiles(tmp_path),
                Investigations(MemoryReader(cluster), MemoryWriter(cluster, FIELD_MANAGER)),
                http,
                Metrics(),
                clock,
                pauses=(0.0, 0.01, 0.01),
            )
            for _ in range(2)
        ]


def finished(cluster: MemoryCluster, receiver: str = "prom", **status: object) -> Record:
    found = report(observation(1))
    manifest = {
        "apiVersion": API_VERSION,
        "metadata": {"name": "inv-1", "namespace": "shop"},
        "spec": {"trigger": "Alert", "alert": {"receiver": receiver, "labels": {"alertname": "Broken"}}},
        "status": {
            "report": found.wire(),
            "verdict": "RootCause",
            "cause": "OomKilled",
            "object": "Deployment/checkout",
        },
    }
    manifest["status"] |= status
    return Record.of(cluster.put("investigations.casebook.dev", manifest))


def notified(cluster: MemoryCluster) -> tuple[str, str]:
    (made,) = cluster.all("investigations.casebook.dev")
    found = [item for item in made["status"].get("conditions", []) if item["type"] == "Notified"]
    return (found[0]["status"], found[0]["reason"]) if found else ("", "")


async def test_it_is_told_what_was_found_and_can_be_sure_of_it(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    replicas[0].offer(finished(cluster))
    await replicas[0].close(10)
    ((headers, data),) = hook.calls
    told = json.loads(data)
    assert (told["link"], told["cause"], told["verdict"]) == ("shop/inv-1", "OomKilled", "RootCause")
    assert told["summary"] == "checkout runs out of memory"
    moment = headers["X-Casebook-Signature"].split(",")[0].removeprefix("t=")
    expected = hmac.new(b"signing-key", f"{moment}.".encode() + data, sha256).hexdigest()
    assert (
        headers["X-Casebook-Signature"] == f"t={moment},v1={expected}" == signature(b"signing-key", int(moment), data)
    )
    assert notified(cluster) == ("True", "Delivered")


async def test_two_replicas_send_it_once(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    record = finished(cluster)
    for replica in replicas * 5:
        replica.offer(record)
    await asyncio.gather(*(replica.close(10) for replica in replicas))
    assert len(hook.calls) == 1


@pytest.mark.parametrize(
    ("answers", "calls", "condition"),
    [
        ([503, 429, 200], 3, ("True", "Delivered")),
        ([500], 3, ("False", "Undeliverable")),
        ([401], 1, ("False", "Undeliverable")),
        ([302], 1, ("False", "Undeliverable")),
    ],
)
async def test_what_can_pass_is_tried_again(
    cluster: MemoryCluster, hook: Hook, replicas, answers: list[int], calls: int, condition: tuple[str, str]
) -> None:
    hook.answers = answers
    replicas[0].offer(finished(cluster))
    await replicas[0].close(10)
    assert (len(hook.calls), notified(cluster)) == (calls, condition)


async def test_another_replica_takes_over_what_one_left(cluster: MemoryCluster, clock, hook: Hook, replicas) -> None:
    left = {"type": "Notified", "status": "Unknown", "reason": "Sending", "message": ""}
    moment = {"lastTransitionTime": "2026-11-22T05:00:00Z"}
    record = finished(cluster, conditions=[left | moment])
    replicas[1].offer(record)
    await replicas[1].close(10)
    assert hook.calls == []
    clock.advance(minutes=6)
    replicas[1].offer(record)
    await replicas[1].close(10)
    assert len(hook.calls) == 1


async def test_who_does_not_want_to_know_is_not_told(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    replicas[0].offer(finished(cluster, receiver="somebody"))
    await replicas[0].close(10)
    assert hook.calls == []


async def test_without_a_report_there_is_nothing_to_tell(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    record = finished(cluster)
    del record.raw["status"]["report"]
    replicas[0].offer(Record.of(record.raw))
    await replicas[0].close(10)
    assert hook.calls == []
