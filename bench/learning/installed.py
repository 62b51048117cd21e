"""A whole Casebook in this process, on an API server and a Postgres of its own: gateway, controller, stores."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import structlog
from aiohttp.test_utils import TestServer

from casebook.api.run import Run, Trace
from casebook.cluster.client import connect
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.gateway.app import FIELD_MANAGER, build
from casebook.gateway.config import GatewayConfig
from casebook.gateway.history import Kept
from casebook.handlers.service import Stores
from casebook.store.calls import Calls
from casebook.store.cases import Cases
from casebook.store.database import Database
from casebook.store.migrate import migrate
from casebook.store.texts import Texts
from casebook.store.traces import Traces
from casebook.store.uses import Ledger
from casebook.store.versions import Versions
from scenariokit.kubectl import Kube
from support.apiserver import with_resources
from support.ports import free_port
from support.postgres import Postgres, running
from support.recorded import envelope
from support.rig import Rig, rig_of
from support.runpods import Pod

PASSWORD = "for-tests-only"
MANY = 1000
BATCH = 50


class InstalledError(Exception):
    """It does not do what everything else here rests on; the message is for people."""


@dataclass(frozen=True)
class Installed:
    """What stands there; `url` is the gateway's, `port` that of the controller's pages."""

    rig: Rig
    stores: Stores
    cases: Cases
    ledger: Ledger
    traces: Traces
    calls: Calls
    postgres: Postgres
    url: str
    port: int
    log: Path

    async def begun(self, namespace: str, tenant: str, name: str, **spec: Any) -> tuple[dict[str, Any], Pod]:
        """An Investigation whose attempt the controller has started, with its pod."""
        made = await self.rig.ask(namespace, name, **spec)
        await self.rig.job(made)
        return made, await Pod(self.rig, made, tenant=tenant).create()

    async def run(self, pod: Pod) -> Run:
        """The run as its agent gets it."""
        status, given = await pod.call(self, "GET", "")
        if status != 200:
            raise InstalledError(f"the gateway gives out no run: {status} {given}")
        return Run.model_validate(given)

    async def hand_in(self, pod: Pod, trace: Trace) -> tuple[int, Any]:
        """All that a run saw, and its report; the gateway's answer to that."""
        for first in range(0, len(trace.observations), BATCH):
            batch = [one.wire() for one in trace.observations[first : first + BATCH]]
            await pod.call(self, "POST", "/observations", {"first": first, "observations": batch})
        return await pod.call(self, "PUT", "/report", envelope(trace).wire())


@asynccontextmanager
async def installed(kube: Kube) -> AsyncIterator[Installed]:
    """Everything, from nothing; gone afterwards. The API server is a pod of the cluster of `kube`."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="casebook-bench-")))
        log = stack.enter_context(_logged(folder / "log"))
        postgres = stack.enter_context(running())
        migrate(postgres.admin, PASSWORD)
        kubeconfig = await stack.enter_async_context(with_resources(str(kube.kubeconfig), folder))
        rig = await stack.enter_async_context(rig_of(kubeconfig, folder))
        database = await stack.enter_async_context(Database.open(postgres.app))
        traces, cases, ledger = Traces(database), Cases(database), Ledger(database)
        texts, port = Texts(database), free_port()
        stores = Stores(traces, cases, ledger, cases, texts, Versions(database))
        url = await _gateway(stack, kubeconfig, rig, folder, traces, Kept(cases, ledger, texts))
        limits = {"maxRunning": MANY, "maxRunningPerTenant": MANY, "listen": f"127.0.0.1:{port}"}
        await stack.enter_async_context(rig.controller(stores, **limits))
        yield Installed(rig, stores, cases, ledger, traces, Calls(database), postgres, url, port, log)


@contextmanager
def _logged(path: Path) -> Iterator[Path]:
    """The file of what the gateway and the controller log meanwhile."""
    handler = logging.FileHandler(path)
    with path.open("a") as file:
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(file))
        logging.getLogger().addHandler(handler)
        try:
            yield path
        finally:
            logging.getLogger().removeHandler(handler)
            handler.close()
            structlog.reset_defaults()


async def _gateway(stack: AsyncExitStack, kubeconfig: str, rig: Rig, folder: Path, traces: Traces, kept: Kept) -> str:
    """The address of a gateway that serves until the end."""
    client = await stack.enter_async_context(connect(kubeconfig))
    http = await stack.enter_async_context(aiohttp.ClientSession())
    config = GatewayConfig(operator_namespace=rig.operator, runs_namespace=rig.runs, receivers=[], tokens_dir=folder)
    made = build(config, Reader(client), Writer(client, FIELD_MANAGER), traces, http, lambda: datetime.now(UTC), kept)
    server = TestServer(made.app)
    await server.start_server()
    stack.push_async_callback(server.close)
    return str(server.make_url("")).rstrip("/")
