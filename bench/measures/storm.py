"""Thousands of alert groups within a minute, while one gateway and the controller are killed."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from bench import sending
from bench.installation import OPERATOR, installation, pods_of, served
from bench.pods import MIB, Memory, memory
from bench.queuelimit import without_queue_limit
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread
from casebook.api.meta import GROUP_LABEL
from casebook.cluster.client import Client
from casebook.cluster.reader import Reader
from scenariokit.kubectl import Kube

WITHIN_SECONDS = 180.0
CONTROLLER_MIB, GATEWAY_MIB = 256.0, 150.0
QUEUED_SECONDS, POLL_SECONDS = 600.0, 10.0
INVESTIGATIONS = "investigations.casebook.dev"


@dataclass(frozen=True)
class Stored:
    """What stands in the API server: Investigations, distinct groups among them, those that the controller has seen."""

    investigations: int
    groups: int
    taken_up: int


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Post, kill, count; then the memory of the roles with everything queued."""
    kube, client = session.kube, await session.client()
    groups = session.options.groups
    installed = await installation(kube)
    async with session.namespace("storm") as namespace:
        await served(kube, namespace)
        floor = await sending.bare_creates(client, namespace, groups)
        session.tell("turning the queue limit off")
        async with without_queue_limit(kube, session.tell):
            session.tell(f"offering {groups} groups")
            sent = await _storm(session, kube, namespace, sending.Load(installed, groups))
            session.tell("counting what was stored")
            stored = await count(client, namespace)
            session.tell("waiting for the controller to take all of them up")
            took = await _taken_up(client, namespace, groups)
            rows = [*sent_rows(sent, stored, groups, floor), took, *await _memory_rows(kube, groups)]
    return rows


async def _storm(session: Session, kube: Kube, namespace: str, load: sending.Load) -> sending.Sent:
    async with sending.sender(kube, namespace, load) as begun:
        await asyncio.sleep(max(0.0, begun + load.seconds / 2 - time.monotonic()))
        victims = [(await pods_of(kube, "gateway"))[0], *await pods_of(kube, "controller")]
        session.tell(f"killing {' and '.join(victims)}")
        await kube.must("delete", "pod", "-n", OPERATOR, *victims, "--now", "--wait=false")
        sent = await sending.result(kube, namespace)
    for role in ("gateway", "controller"):
        back = ("rollout", "status", "-n", OPERATOR, f"deployment/casebook-{role}", "--timeout=120s")
        await kube.must(*back, seconds=130)
    return sent


async def count(client: Client, namespace: str) -> Stored:
    """Read every Investigation of the namespace, page by page."""
    groups: Counter[str] = Counter()
    taken_up = 0
    async for page in Reader(client).pages(INVESTIGATIONS, namespace):
        for item in page.items:
            groups[item["metadata"]["labels"][GROUP_LABEL]] += 1
            taken_up += bool(item.get("status", {}).get("phase"))
    return Stored(groups.total(), len(groups), taken_up)


async def _taken_up(client: Client, namespace: str, groups: int) -> Row:
    begin = time.monotonic()
    while (stored := await count(client, namespace)).taken_up < stored.investigations:
        if time.monotonic() - begin > QUEUED_SECONDS:
            note = f"{stored.taken_up} of {groups} after {QUEUED_SECONDS:.0f} s"
            return Row("storm", "all taken up by the controller", note=note)
        await asyncio.sleep(POLL_SECONDS)
    return Row("storm", "all taken up by the controller, after the last", "s", Spread.of([time.monotonic() - begin]))


def sent_rows(sent: sending.Sent, stored: Stored, groups: int, floor: float) -> list[Row]:
    """Acknowledged in time, none lost, none twice."""
    name = f"{groups} alert groups offered in {groups / sending.RATE:.0f} s"
    answers = ", ".join(f"{count} × {answer}" for answer, count in sorted(sent.answers.items()))
    return [
        Row(
            "storm",
            f"{name}: all acknowledged after",
            "s",
            Spread.of([sent.seconds]),
            Bound("<=", WITHIN_SECONDS),
            Floor(Spread.of([floor]), f"as many ConfigMaps created, {sending.SIDE_BY_SIDE} side by side"),
            f"one gateway and the controller killed in the middle; answers: {answers}",
        ),
        Row("storm", "not acknowledged", "", Spread.of([groups - sent.acknowledged]), Bound("<=", 0)),
        Row("storm", "acknowledged and lost", "", Spread.of([groups - stored.groups]), Bound("<=", 0)),
        Row(
            "storm",
            "more than one Investigation",
            "",
            Spread.of([stored.investigations - stored.groups]),
            Bound("<=", 0),
        ),
        Row("storm", "one group: offered to acknowledged, retries included", "s", Spread.of(sent.latencies)),
    ]


async def _memory_rows(kube: Kube, groups: int) -> list[Row]:
    controller = await _memories(kube, "controller")
    gateways = await _memories(kube, "gateway")
    with_queue = Spread.of(one.now / MIB for one in controller)
    peaks = Spread.of(one.peak / MIB for one in gateways)
    peak = max(one.peak for one in controller) / MIB
    return [
        Row(
            "storm",
            f"controller with {groups} queued",
            "MiB",
            with_queue,
            Bound("<", CONTROLLER_MIB, judged="max"),
            note=f"VmRSS; its peak (VmHWM) was {peak:.0f} MiB",
        ),
        Row(
            "storm",
            "each gateway, peak of the storm",
            "MiB",
            peaks,
            Bound("<", GATEWAY_MIB, judged="max"),
            note="VmHWM",
        ),
    ]


async def _memories(kube: Kube, role: str) -> list[Memory]:
    return [await memory(kube, OPERATOR, pod) for pod in await pods_of(kube, role)]
