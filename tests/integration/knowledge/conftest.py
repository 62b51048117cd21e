"""The stores of these tests."""

from collections.abc import AsyncIterator

import pytest

from casebook.handlers.service import Stores
from casebook.store.cases import Cases
from casebook.store.database import Database
from casebook.store.texts import Texts
from casebook.store.traces import Traces
from casebook.store.uses import Ledger
from casebook.store.versions import Versions
from support.postgres import Postgres


@pytest.fixture
async def stores(postgres: Postgres) -> AsyncIterator[Stores]:
    """All that a controller learns from, over the Postgres of the session."""
    async with Database.open(postgres.app) as database:
        cases = Cases(database)
        yield Stores(Traces(database), cases, Ledger(database), cases, Texts(database), Versions(database))
