"""What a run is given to know where a tenant has 10,000 memories, in the gateway's code over a Postgres of its own.

The API server is left out: what it would answer lies in memory as JSON and is decoded as its answer would be.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from bench.archive import memory
from bench.row import Bound, Floor, Row
from bench.session import Session
from bench.spread import Spread
from casebook.api.base import MEMORIES
from casebook.api.run import Run, Scene
from casebook.api.texts import TextKind
from casebook.cluster.reader import PAGE, Change, Page
from casebook.controller.index import texts_of
from casebook.gateway.directory import Directory, Place
from casebook.gateway.recall import Recall
from casebook.gateway.recent import TTL
from casebook.knowledge.finding import question_text
from casebook.knowledge.recall import read_all
from casebook.store.database import Database
from casebook.store.migrate import migrate
from casebook.store.texts import Texts
from support.postgres import PASSWORD, running

FEW, MANY = 10, 10_000
LIMIT_MS = 50.0
EACH = 10
"""Repetitions for each of `--runs`."""
SPACE, OPERATOR, TENANT = "shop", "casebook-system", "ns:shop"
BEGIN = datetime(2026, 11, 22, tzinfo=UTC)
PLACES = Directory({SPACE: Place(TENANT, BEGIN), OPERATOR: Place("platform", BEGIN)})
AGE = "2026-11-20T00:00:00Z"


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


class Memories:
    """An API server with so many confirmed memories in one namespace, for what is asked of it here."""

    def __init__(self, count: int) -> None:
        numbers = range(count)
        self._bodies = [json.dumps([as_given(one) for one in numbers[at : at + PAGE]]) for at in range(0, count, PAGE)]

    async def pages(self, resource: str, namespace: str = "", **_: Any) -> AsyncGenerator[Page, None]:
        """All of the one namespace; none in others, and nothing else than memories."""
        bodies = self._bodies if (resource, namespace) == (MEMORIES, SPACE) else ["[]"]
        for left, body in zip(range(len(bodies) - 1, -1, -1), bodies, strict=True):
            yield Page(json.loads(body), left > 0, "1")

    async def watch(self, *_: Any, seconds: int, **__: Any) -> AsyncGenerator[Change, None]:
        """Nothing happens to them."""
        await asyncio.sleep(seconds)
        for change in ():
            yield change


def as_given(number: int) -> dict[str, Any]:
    """A memory as the API server gives it."""
    made = memory(number, SPACE)
    given = {"uid": f"u-{number}", "resourceVersion": str(number), "generation": 1, "creationTimestamp": AGE}
    return made | {"metadata": {**made["metadata"], **given}}


def run() -> Run:
    """A run about one of the workloads."""
    alert = {
        "labels": {"alertname": "KubePodNotReady", "namespace": SPACE},
        "annotations": {"summary": "svc-7 is down"},
    }
    spec: Any = {"trigger": "Alert", "alert": alert, "target": {"kind": "Deployment", "name": "svc-7"}}
    return Run(
        uid="u", name="why", namespace=SPACE, now=BEGIN, spec=spec, scene=Scene(tenant=TENANT, namespaces=[SPACE])
    )


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Recall with memories that are held, and with memories read for the first time, beside the same of ten."""
    session.tell(f"keeping the texts of {MANY} memories")
    times = EACH * session.runs
    with running() as server:
        migrate(server.admin, PASSWORD)
        async with Database.open(server.app) as database:
            texts = Texts(database)
            found, _ = read_all(as_given(number) for number in range(MANY))
            await texts.keep(TENANT, TextKind.MEMORY, texts_of(found))
            server.execute("analyze")
            held = {count: await recalling(texts, count, times) for count in (FEW, MANY)}
            first = {count: await first_recalling(texts, count, session.runs) for count in (FEW, MANY)}
            said = question_text(run().spec, SPACE)
            searched = await timed(lambda: texts.by_words(TENANT, TextKind.MEMORY, said, 512), times)
    bound, ten = Bound("<", LIMIT_MS), f"the same with {FEW}"
    note = "matching and choice by text, since more apply than a run recalls; the API server is left out"
    return [
        Row("recall", f"of {MANY:,} memories, held", "ms", held[MANY], bound, Floor(held[FEW], ten), note),
        Row("recall", f"of {MANY:,} memories, for the first time", "ms", first[MANY], None, Floor(first[FEW], ten)),
        Row("recall", f"BM25 over {MANY:,} texts in Postgres", "ms", searched),
    ]


async def recalling(texts: Texts, count: int, times: int) -> Spread:
    """Recall so often, each time after so long that what was put together before is too old."""
    clock = Clock()
    recall = recalls(texts, count, clock)

    async def once() -> Run:
        clock.now += TTL
        return await recall.given(run(), TENANT, PLACES)

    given = await once()
    if not any(one.name == "m-7" for one in given.recalled):
        raise ValueError("what applies for sure was not recalled")
    try:
        return await timed(once, times)
    finally:
        await recall.close()


async def first_recalling(texts: Texts, count: int, times: int) -> Spread:
    """Recall so often in a gateway that has read nothing yet."""

    async def once() -> None:
        recall = recalls(texts, count, Clock())
        await recall.given(run(), TENANT, PLACES)
        await recall.close()

    return await timed(once, times)


def recalls(texts: Texts, count: int, clock: Clock) -> Recall:
    """The gateway's part over so many memories."""
    reader: Any = Memories(count)
    return Recall(reader, OPERATOR, clock, texts)


async def timed(work: Callable[[], Awaitable[object]], times: int) -> Spread:
    """Milliseconds of each."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - begin) * 1000)
    return Spread.of(taken)
