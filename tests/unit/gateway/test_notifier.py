"""The outbound webhook: signed, retried, sent once, whatever way an investigation ended and whoever saw it end."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from casebook.api.base import API_VERSION, timestamp
from casebook.api.meta import GROUP_LABEL
from casebook.cluster.errors import ClusterError, Denied, Unavailable
from casebook.gateway.app import FIELD_MANAGER
from casebook.gateway.config import GatewayConfig, Outbound, Receiver
from casebook.gateway.directory import Namespaces
from casebook.gateway.investigations import Investigations, Record
from casebook.gateway.metrics import Metrics
from casebook.gateway.notice import signature
from casebook.gateway.notifier import Notifier
from casebook.gateway.outbox import Outbox, Outcome
from casebook.gateway.sweep import Sweep
from casebook.gateway.tokens import TokenFiles
from support.hook import Hook, serving
from support.memorycluster import MemoryCluster, MemoryReader, MemoryWriter
from support.reports import observation, report

from .conftest import Clock

RESOURCE = "investigations.casebook.dev"
REASONS = ["DeadlineExceeded", "AgentFailed", "Cancelled", "ScopeChanged", "TargetUnknown"]


@dataclass
class Replica:
    """The parts of one gateway that tell."""

    notifier: Notifier
    sweep: Sweep
    receiver: Receiver

    async def look(self) -> None:
        await self.sweep.once(self.receiver)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with serving() as hook:
        yield hook


@pytest.fixture
async def replicas(cluster: MemoryCluster, clock: Clock, hook: Hook, tmp_path: Path) -> AsyncIterator[list[Replica]]:
    (tmp_path / "prom.outbound").write_text("signing-key\n")
    receiver = Receiver(name="prom", default_namespace="shop", namespaces=["pay"], outbound=Outbound(url=hook.url))
    config = GatewayConfig(operator_namespace="casebook-system", receivers=[receiver], tokens_dir=tmp_path)
    async with aiohttp.ClientSession() as http:

        def replica() -> Replica:
            reader = MemoryReader(cluster)
            investigations = Investigations(reader, MemoryWriter(cluster, FIELD_MANAGER))
            outbox = Outbox(http, TokenFiles(tmp_path), pauses=(0.0, 0.01, 0.01))
            notifier = Notifier({"prom": receiver}, investigations, outbox, Metrics(), clock)
            sweep = Sweep([receiver], Namespaces(reader, config, clock), investigations, notifier)
            return Replica(notifier, sweep, receiver)

        yield [replica(), replica()]


def made(
    cluster: MemoryCluster,
    status: dict[str, Any],
    *,
    name: str = "inv-1",
    namespace: str = "shop",
    receiver: str = "prom",
    labels: dict[str, str] | None = None,
) -> Record:
    manifest = {
        "apiVersion": API_VERSION,
        "metadata": {"name": name, "namespace": namespace, "labels": {GROUP_LABEL: "g"} if labels is None else labels},
        "spec": {"trigger": "Alert", "alert": {"receiver": receiver, "labels": {"alertname": "Broken"}}},
        "status": status,
    }
    return Record.of(cluster.put(RESOURCE, manifest))


def found() -> dict[str, Any]:
    """The status of one with a report, on its way to its end."""
    return {
        "phase": "Running",
        "report": report(observation(1)).wire(),
        "verdict": "RootCause",
        "cause": "OomKilled",
        "object": "Deployment/checkout",
    }


def ended(cluster: MemoryCluster, reason: str = "ReportStored") -> dict[str, Any]:
    """The status of one that ended now, for this reason."""
    now = timestamp(cluster.clock())
    phase = {"ReportStored": "Succeeded", "Cancelled": "Cancelled"}.get(reason, "Failed")
    end = {"type": "Finished", "status": "True", "reason": reason, "message": f"because {reason}"}
    report = found() if reason == "ReportStored" else {}
    return {**report, "phase": phase, "finishedAt": now, "conditions": [end | {"lastTransitionTime": now}]}


def notified(cluster: MemoryCluster) -> tuple[str, str, str]:
    """Status and reason of the condition, and the column that is selected by."""
    (held,) = cluster.all(RESOURCE)
    told = [item for item in held["status"].get("conditions", []) if item["type"] == "Notified"]
    return (told[0]["status"], told[0]["reason"], held["status"]["notified"]) if told else ("", "", "")


async def test_it_is_told_what_was_found_and_can_be_sure_of_it(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    replicas[0].notifier.offer(made(cluster, found()))
    await replicas[0].notifier.close(10)
    ((headers, data),) = hook.calls
    (told,) = hook.told
    assert (told["link"], told["cause"], told["verdict"]) == ("shop/inv-1", "OomKilled", "RootCause")
    assert (told["succeeded"], told["reason"], told["explainedBy"]) == (True, None, None)
    assert told["summary"] == "checkout runs out of memory"
    moment = headers["X-Casebook-Signature"].split(",")[0].removeprefix("t=")
    expected = hmac.new(b"signing-key", f"{moment}.".encode() + data, sha256).hexdigest()
    assert (
        headers["X-Casebook-Signature"] == f"t={moment},v1={expected}" == signature(b"signing-key", int(moment), data)
    )
    assert notified(cluster) == ("True", "Delivered", "True")


@pytest.mark.parametrize("reason", REASONS)
async def test_an_end_without_a_report_is_told_with_its_reason(
    cluster: MemoryCluster, hook: Hook, replicas, reason: str
) -> None:
    made(cluster, ended(cluster, reason), namespace="pay")
    for _ in range(2):
        await asyncio.gather(*(replica.look() for replica in replicas))
    (told,) = hook.told
    assert (told["succeeded"], told["reason"], told["summary"]) == (False, reason, f"because {reason}")
    assert (told["verdict"], told["link"]) == (None, "pay/inv-1")
    assert notified(cluster) == ("True", "Delivered", "True")


async def test_two_replicas_tell_it_once_by_report_and_by_look(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    record = made(cluster, ended(cluster))
    for replica in replicas * 5:
        replica.notifier.offer(record)
    await asyncio.gather(*(replica.look() for replica in replicas))
    await asyncio.gather(*(replica.notifier.close(10) for replica in replicas))
    assert len(hook.calls) == 1


async def test_what_nobody_told_before_a_restart_is_told_after_it(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    for number in range(50):
        made(cluster, ended(cluster, "ReportStored" if number % 2 else "AgentFailed"), name=f"inv-{number}")
    await replicas[0].look()
    assert sorted(told["link"] for told in hook.told) == sorted(f"shop/inv-{number}" for number in range(50))
    await replicas[1].look()
    assert len(hook.calls) == 50


@pytest.mark.parametrize("phase", ["", "Pending", "Queued", "Running"])
async def test_what_has_not_ended_is_not_even_read(cluster: MemoryCluster, hook: Hook, replicas, phase: str) -> None:
    made(cluster, {"phase": phase} if phase else {})
    reader = MemoryReader(cluster)
    pages = Investigations(reader, MemoryWriter(cluster, "x")).untold("shop", "prom")
    seen = [one async for page in pages for one in page]
    assert seen == []
    await replicas[0].look()
    assert hook.calls == []


@pytest.mark.parametrize(
    ("answers", "calls", "condition"),
    [
        ([503, 429, 200], 3, ("True", "Delivered", "True")),
        ([500], 3, ("Unknown", "Retrying", "Unknown")),
        ([401], 1, ("False", "Undeliverable", "False")),
        ([302], 1, ("False", "Undeliverable", "False")),
    ],
)
async def test_what_can_pass_is_tried_again(
    cluster: MemoryCluster, hook: Hook, replicas, answers: list[int], calls: int, condition: tuple[str, str, str]
) -> None:
    hook.answers = answers
    replicas[0].notifier.offer(made(cluster, found()))
    await replicas[0].notifier.close(10)
    assert (len(hook.calls), notified(cluster)) == (calls, condition)


async def test_a_webhook_that_was_away_for_hours_is_told_when_it_is_back(
    cluster: MemoryCluster, clock: Clock, hook: Hook, replicas
) -> None:
    hook.answers = [500]
    made(cluster, ended(cluster, "DeadlineExceeded"))
    for _ in range(3):
        await replicas[0].look()
        clock.advance(minutes=6)
    tries = len(hook.calls)
    assert tries == 9
    hook.answers = [200]
    await replicas[1].look()
    assert notified(cluster) == ("True", "Delivered", "True")
    assert len(hook.calls) == tries + 1
    assert len(set(hook.deliveries)) == 1, "the receiver knows a repeat by its id"


async def test_between_two_rounds_of_tries_there_is_a_pause(
    cluster: MemoryCluster, clock: Clock, hook: Hook, replicas
) -> None:
    hook.answers = [500]
    made(cluster, ended(cluster))
    for _ in range(5):
        clock.advance(seconds=30)
        await replicas[0].look()
    assert len(hook.calls) == 3


async def test_after_a_day_it_is_no_news(cluster: MemoryCluster, clock: Clock, hook: Hook, replicas) -> None:
    made(cluster, ended(cluster))
    clock.advance(hours=25)
    await replicas[0].look()
    assert hook.calls == []
    assert notified(cluster) == ("False", "Expired", "False")


async def test_another_replica_takes_over_what_one_left(
    cluster: MemoryCluster, clock: Clock, hook: Hook, replicas
) -> None:
    status = ended(cluster, "AgentFailed")
    left = {"type": "Notified", "status": "Unknown", "reason": "Sending", "message": ""}
    status["conditions"].append(left | {"lastTransitionTime": timestamp(clock())})
    made(cluster, status | {"notified": "Unknown"})
    await replicas[1].look()
    assert hook.calls == []
    clock.advance(minutes=6)
    await replicas[1].look()
    assert len(hook.calls) == 1


async def test_one_that_cannot_be_looked_into_keeps_nobody_else_waiting(
    cluster: MemoryCluster, hook: Hook, replicas
) -> None:
    refusals = iter([Denied("no RoleBinding")])
    cluster.before = lambda verb, resource: next(refusals, None) if (verb, resource) == ("list", RESOURCE) else None
    made(cluster, ended(cluster, "AgentFailed"))
    await replicas[0].look()
    assert [told["link"] for told in hook.told] == ["shop/inv-1"], "pay was refused, shop comes after it"


async def test_a_delivery_that_cannot_be_taken_is_not_sent(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    """Sending first and noting later would send it twice over."""

    def failing(verb: str, resource: str) -> ClusterError | None:
        return Unavailable("leader changed") if verb == "apply" else None

    cluster.before = failing
    made(cluster, ended(cluster))
    await replicas[0].look()
    assert hook.calls == []
    cluster.before = lambda verb, resource: None
    await replicas[1].look()
    assert len(hook.calls) == 1


async def test_who_does_not_want_to_know_is_not_told(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    record = made(cluster, ended(cluster), receiver="somebody")
    replicas[0].notifier.offer(record)
    await replicas[0].look()
    await replicas[0].notifier.close(10)
    assert hook.calls == []


async def test_nobody_reaches_a_webhook_by_naming_its_receiver(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    """The spec is anybody's to write; the label of an alert group is not."""
    record = made(cluster, ended(cluster), labels={})
    replicas[0].notifier.offer(record)
    await replicas[0].look()
    await replicas[0].notifier.close(10)
    assert hook.calls == []


async def test_while_it_runs_there_is_nothing_to_tell(cluster: MemoryCluster, hook: Hook, replicas) -> None:
    replicas[0].notifier.offer(made(cluster, {"phase": "Running"}))
    assert await replicas[0].notifier.tell([made(cluster, {"phase": "Running"})]) == set[Outcome]()
    await replicas[0].notifier.close(10)
    assert hook.calls == []
