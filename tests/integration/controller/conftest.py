"""An API server of these tests' own, and a proxy before it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import yaml

from casebook.cluster.client import connect
from casebook.cluster.errors import ClusterError
from casebook.cluster.reader import Reader
from support.apiserver import private_api_server
from support.faultproxy import fault_proxy
from support.rig import INVESTIGATIONS, Rig
from support.waiting import until

CRDS = Path(__file__).parents[3] / "crds"


@pytest.fixture(scope="session")
def private_kubeconfig(kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The kubeconfig of an API server that only these tests use, with our resources installed."""
    folder = tmp_path_factory.mktemp("api")
    runner = asyncio.Runner()
    server = private_api_server(kubeconfig, folder)
    path = runner.run(server.__aenter__())
    try:
        runner.run(_install(path))
        yield path
    finally:
        runner.run(server.__aexit__(None, None, None))
        runner.close()


async def _install(kubeconfig: str) -> None:
    async with connect(kubeconfig) as client:
        for file in sorted(CRDS.glob("*.yaml")):
            path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
            await client.json("POST", path, body=yaml.safe_load(file.read_text()))
        reader = Reader(client)
        await until("Investigations are served", lambda: _served(reader))


async def _served(reader: Reader) -> bool:
    try:
        await reader.list(INVESTIGATIONS)
    except ClusterError:
        return False
    return True


@pytest.fixture
async def rig(private_kubeconfig: str, tmp_path: Path) -> AsyncIterator[Rig]:
    """An empty cluster with the two namespaces of an installation."""
    async with connect(private_kubeconfig) as client, fault_proxy(private_kubeconfig) as proxy:
        made = Rig(client, proxy, tmp_path)
        await made.setup()
        try:
            yield made
        finally:
            proxy.heal()
            await made.teardown()
