"""Gateways over an API server of these tests' own, so that no installed Casebook acts on what they make."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from casebook.api.base import INVESTIGATIONS
from casebook.cluster.client import Client, connect
from casebook.cluster.errors import ClusterError
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.gateway.app import FIELD_MANAGER, Gateway, build
from casebook.gateway.config import GatewayConfig, Receiver
from casebook.gateway.ledger import CallStore
from casebook.gateway.ports import TraceStore
from support.apiserver import remove

TOKEN = "token-of-prom"
CONTROLLER = "casebook-controller"


class FaultyWriter(Writer):
    """The real writer, in front of which calls can be made to fail."""

    fault: Callable[[str], ClusterError | None] = staticmethod(lambda verb: None)

    async def create(self, resource: str, manifest: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        self._check("create")
        return await super().create(resource, manifest)

    async def apply_status(self, resource: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        self._check("apply")
        return await super().apply_status(resource, manifest)

    def _check(self, verb: str) -> None:
        error = self.fault(verb)
        if error:
            raise error


@dataclass
class Replica:
    """One gateway in this process."""

    url: str
    writer: FaultyWriter
    gateway: Gateway
    webhook: str = ""


@dataclass
class Scene:
    """Namespaces of one test's own, and the gateways that serve them."""

    client: Client
    kubeconfig: str
    folder: Path
    start: Callable[..., Awaitable[Replica]]
    operator: str = field(default_factory=lambda: f"gw-system-{uuid4().hex[:6]}")
    runs: str = field(default_factory=lambda: f"gw-runs-{uuid4().hex[:6]}")
    shop: str = field(default_factory=lambda: f"gw-shop-{uuid4().hex[:6]}")
    home: str = field(default_factory=lambda: f"gw-home-{uuid4().hex[:6]}")

    @property
    def spaces(self) -> tuple[str, ...]:
        return self.operator, self.runs, self.shop, self.home

    @property
    def reader(self) -> Reader:
        return Reader(self.client)

    @property
    def writer(self) -> Writer:
        return Writer(self.client, "casebook-tests")

    def config(self, **changes: object) -> GatewayConfig:
        receiver = Receiver(name="prom", default_namespace=self.home, namespaces=["gw-shop-*"])
        return GatewayConfig(
            operator_namespace=self.operator,
            runs_namespace=self.runs,
            receivers=[receiver],
            tokens_dir=self.folder,
        ).model_copy(update=changes)

    async def investigations(self, namespace: str = "") -> list[dict[str, Any]]:
        items = (await self.reader.list(INVESTIGATIONS, namespace or self.shop)).items
        return sorted(items, key=lambda item: item["metadata"]["name"])


async def steer(scene: Scene, made: dict[str, Any], **status: object) -> dict[str, Any]:
    """Write a status as the controller does."""
    metadata = {"name": made["metadata"]["name"], "namespace": made["metadata"]["namespace"]}
    queued = {"type": "Queued", "status": "True", "reason": "Waiting", "message": ""}
    conditions = [queued | {"lastTransitionTime": "2026-11-22T05:00:00Z"}]
    writer = Writer(scene.client, CONTROLLER)
    return await writer.apply_status(
        INVESTIGATIONS, {"metadata": metadata, "status": {"conditions": conditions, **status}}
    )


@pytest.fixture
async def scene(private_kubeconfig: str, tmp_path: Path) -> AsyncIterator[Scene]:
    """A fresh scene."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connect(private_kubeconfig))
        http = await stack.enter_async_context(aiohttp.ClientSession())

        async def start(store: TraceStore | None = None, calls: CallStore | None = None, **changes: object) -> Replica:
            own = await stack.enter_async_context(connect(private_kubeconfig))
            writer = FaultyWriter(own, FIELD_MANAGER)
            config, clock = made.config(**changes), lambda: datetime.now(UTC)
            gateway = build(config, Reader(own), writer, store, http, clock, calls=calls)
            server = TestServer(gateway.app)
            await server.start_server()
            stack.push_async_callback(server.close)
            url = str(server.make_url("")).rstrip("/")
            return Replica(url, writer, gateway, f"{url}/v1/alerts/prom")

        (tmp_path / "prom").write_text(TOKEN)
        made = Scene(client, private_kubeconfig, tmp_path, start)
        for name in made.spaces:
            await made.writer.create(
                "namespaces", {"metadata": {"name": name}, "apiVersion": "v1", "kind": "Namespace"}
            )
        yield made
        await remove(client, made.spaces)
