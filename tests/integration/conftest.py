"""What folders share for the whole session: one API server of the tests' own, one Postgres."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from casebook.cluster.client import connect
from casebook.store.database import Database
from casebook.store.traces import Traces
from support.apiserver import private_kubeconfig  # noqa: F401
from support.faultproxy import fault_proxy
from support.postgres import Postgres, postgres  # noqa: F401
from support.rig import Rig


@pytest.fixture
async def traces(postgres: Postgres) -> AsyncIterator[Traces]:
    """The store of traces over the Postgres of the session."""
    async with Database.open(postgres.app) as database:
        yield Traces(database)


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
