"""The store of these tests."""

from collections.abc import AsyncIterator

import pytest

from casebook.store.database import Database
from casebook.store.traces import Traces
from support.postgres import Postgres


@pytest.fixture
async def traces(postgres: Postgres) -> AsyncIterator[Traces]:
    """Over the Postgres of the session."""
    async with Database.open(postgres.app) as database:
        yield Traces(database)
