"""The controller's process: the controller, what wakes it, and the probes."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

import structlog

from casebook.api.base import GROUP, VERSION
from casebook.api.texts import Embedder
from casebook.cluster.client import Client
from casebook.cluster.errors import ClusterError
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.controller.backtesting import Backtests, PastRuns
from casebook.controller.config import ControllerConfig
from casebook.controller.controller import (
    BACKTESTS_MANAGER,
    FIELD_MANAGER,
    INCIDENTS_MANAGER,
    LESSONS_MANAGER,
    LIKENING_MANAGER,
    Controller,
    Texts,
)
from casebook.controller.hinting import Hints, RecentCases
from casebook.controller.history import History, Versions
from casebook.controller.index import Index, TextStore
from casebook.controller.lessons import Lessons, Words
from casebook.controller.likening import Likening, NamedCases
from casebook.controller.replaying import Replays
from casebook.controller.shelf import Ledger
from casebook.handlers import probes
from casebook.handlers.registry import cluster_sources, runs_sources
from casebook.handlers.watch import Watch

POLL = 1.0
WATCHED = frozenset({"investigations", "memories", "skills"})


class CaseStore(Words, RecentCases, Protocol):
    """Keeps cases, and what people said of them."""


@dataclass(frozen=True)
class Stores:
    """Where investigations of the past are kept, what people say of them, what memories were to them, what both are
    found by, what memories said, and what makes embeddings."""

    traces: PastRuns
    words: CaseStore
    ledger: Ledger
    cases: NamedCases
    texts: TextStore
    versions: Versions
    embedder: Embedder | None = None


log = structlog.get_logger(__name__)


async def run(client: Client, config: ControllerConfig, stores: Stores | None = None) -> None:
    """Until cancelled. Raises `OSError` if it cannot listen. Without stores nothing is replayed, counted or tested."""
    traces, words, ledger = (stores.traces, stores.words, stores.ledger) if stores else (None, None, None)
    reader, writer = Reader(client), Writer(client, FIELD_MANAGER)
    incidents = Writer(client, INCIDENTS_MANAGER)
    lessons = Lessons(reader, Writer(client, LESSONS_MANAGER), Replays(traces), config.operator_namespace, words)
    backtests = Backtests(reader, Writer(client, BACKTESTS_MANAGER), traces) if traces else None
    hints = Hints(traces, words) if traces and words else None
    texts = _texts(client, stores) if stores else None
    controller = Controller(
        reader,
        writer,
        config,
        lambda: datetime.now(UTC),
        monotonic,
        lessons,
        incidents,
        ledger,
        backtests,
        hints,
        words,
        texts,
    )
    watches = (
        Watch("cluster", cluster_sources(controller), config, controller.metrics),
        Watch("runs", runs_sources(controller), config, controller.metrics, config.runs_namespace),
    )
    async with probes.serve(controller, config.listen) as port, asyncio.TaskGroup() as group:
        log.info("listening", port=port)
        group.create_task(controller.run())
        await _served(client)
        for watch in watches:
            group.create_task(watch.keep())


def _texts(client: Client, stores: Stores) -> Texts:
    index = Index(stores.texts, stores.embedder)
    likening = Likening(Reader(client), Writer(client, LIKENING_MANAGER), index, stores.cases)
    return Texts(index, likening, History(stores.versions))


async def _served(client: Client) -> None:
    """Wait until the API server serves what is watched: kopf, started before that, would never look for it again."""
    while True:
        try:
            found = await client.json("GET", f"/apis/{GROUP}/{VERSION}")
        except ClusterError as error:
            log.warning("our resources are not served yet", error=error.message)
        else:
            if {resource.get("name") for resource in found.get("resources", [])} >= WATCHED:
                return
        await asyncio.sleep(POLL)
