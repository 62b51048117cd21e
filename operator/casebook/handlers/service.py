"""The controller's process: the controller, what wakes it, and the probes."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

import structlog

from casebook.api.base import GROUP, VERSION
from casebook.cluster.client import Client
from casebook.cluster.errors import ClusterError
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.controller.config import ControllerConfig
from casebook.controller.controller import FIELD_MANAGER, LESSONS_MANAGER, Controller
from casebook.controller.lessons import Lessons, Words
from casebook.controller.replaying import Replays, TraceReader
from casebook.controller.shelf import Ledger
from casebook.handlers import probes
from casebook.handlers.registry import cluster_sources, runs_sources
from casebook.handlers.watch import Watch

POLL = 1.0


@dataclass(frozen=True)
class Told:
    """Where it is kept what people say of investigations, and what memories were to them."""

    words: Words
    ledger: Ledger


log = structlog.get_logger(__name__)


async def run(
    client: Client, config: ControllerConfig, traces: TraceReader | None = None, told: Told | None = None
) -> None:
    """Until cancelled. Raises `OSError` if it cannot listen.

    Corrected investigations are replayed from `traces`; what is said and what was used is kept in `told`.
    """
    words, ledger = (told.words, told.ledger) if told else (None, None)
    reader, writer = Reader(client), Writer(client, FIELD_MANAGER)
    lessons = Lessons(reader, Writer(client, LESSONS_MANAGER), Replays(traces), config.operator_namespace, words)
    controller = Controller(reader, writer, config, lambda: datetime.now(UTC), monotonic, lessons, ledger)
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


async def _served(client: Client) -> None:
    """Wait until the API server serves what is watched: kopf, started before that, would never look for it again."""
    while True:
        try:
            found = await client.json("GET", f"/apis/{GROUP}/{VERSION}")
        except ClusterError as error:
            log.warning("our resources are not served yet", error=error.message)
        else:
            if {resource.get("name") for resource in found.get("resources", [])} >= {"investigations", "memories"}:
                return
        await asyncio.sleep(POLL)
