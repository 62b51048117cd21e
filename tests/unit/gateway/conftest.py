"""A gateway over an API server in memory, with a clock of its own."""

import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from casebook.gateway.app import FIELD_MANAGER, Gateway, build
from casebook.gateway.config import GatewayConfig, Receiver
from casebook.gateway.history import Kept
from casebook.gateway.ledger import CallStore
from casebook.gateway.ports import TraceStore
from support.memorycluster import MemoryCluster, MemoryReader, MemoryWriter
from support.memorytexts import MemoryTexts
from support.pastcases import MemoryCases

TOKEN = "s3cret-of-prom"


@dataclass
class Clock:
    """The time of a test."""

    now: datetime = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class World:
    """One gateway and all that it stands on."""

    cluster: MemoryCluster
    clock: Clock
    config: GatewayConfig
    gateway: Gateway
    client: TestClient[object, object] = field(init=False)

    async def alert(self, data: bytes, receiver: str = "prom", token: str = TOKEN) -> aiohttp.ClientResponse:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.post(f"/v1/alerts/{receiver}", data=io.BytesIO(data), headers=headers)

    def investigations(self) -> list[dict[str, object]]:
        return self.cluster.all("investigations.casebook.dev")


def settings(tokens: Path, **changes: object) -> GatewayConfig:
    return GatewayConfig(
        operator_namespace="casebook-system",
        receivers=[
            Receiver(name="prom", default_namespace="default-alerts", namespaces=["shop", "pay", "new-*"]),
            Receiver(name="root", default_namespace="casebook-system", namespaces=["*"], platform=True),
        ],
        tokens_dir=tokens,
    ).model_copy(update=changes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cluster(clock: Clock) -> MemoryCluster:
    made = MemoryCluster(clock)
    for name in ("casebook-system", "casebook-runs", "default-alerts", "kube-system", "other"):
        made.namespace(name)
    made.namespace("shop", casebook_dev__tenant="acme")
    made.namespace("pay", casebook_dev__tenant="acme")
    clock.advance(hours=1)
    return made


@pytest.fixture
async def make_world(cluster: MemoryCluster, clock: Clock, tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    """Makes gateways over the same cluster, each a replica of its own."""
    (tmp_path / "prom").write_text(f"{TOKEN}\nsecond\n")
    (tmp_path / "root").write_text("of-root\n")
    clients: list[TestClient[object, object]] = []
    http = aiohttp.ClientSession()

    async def make(
        store: TraceStore | None = None,
        cases: MemoryCases | None = None,
        calls: CallStore | None = None,
        texts: MemoryTexts | None = None,
        **changes: object,
    ) -> World:
        config = settings(tmp_path, **changes)
        reader, writer = MemoryReader(cluster), MemoryWriter(cluster, FIELD_MANAGER)
        kept = cases and Kept(cases, cases, texts)
        world = World(cluster, clock, config, build(config, reader, writer, store, http, clock, kept, calls))
        world.client = TestClient(TestServer(world.gateway.app))
        await world.client.start_server()
        clients.append(world.client)
        return world

    yield make
    for client in clients:
        await client.close()
    await http.close()


@pytest.fixture
async def world(make_world: Callable[..., object]) -> World:
    return await make_world()
