"""A backup and its restore on another server, as docs/backup.md tells: rows, row-level security and role survive."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from casebook.api.texts import Text, TextKind
from casebook.store.database import Database
from casebook.store.migrate import check, head, migrate
from casebook.store.tables import TENANT_TABLES
from casebook.store.texts import Texts
from support.postgres import Postgres, running

from .test_isolation import become, insert_rows

PASSWORD = "for-tests-only"
ROLE = "create role casebook_app login"


@pytest.fixture
def other() -> Iterator[Postgres]:
    with running() as server:
        yield server


def run(server: Postgres, *command: str) -> None:
    done = subprocess.run([server.binaries / command[0], *command[1:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_a_restored_database_answers_as_the_one_that_was_saved(
    postgres: Postgres, other: Postgres, tmp_path: Path
) -> None:
    tenants = [f"ns:{name}-{uuid4().hex}" for name in "ab"]
    for tenant in tenants:
        with psycopg.connect(postgres.app) as connection:
            become(connection, tenant)
            insert_rows(connection, tenant)
        async with Database.open(postgres.app) as database:
            texts = Texts(database)
            await texts.keep(tenant, TextKind.MEMORY, [Text("shop/m", "backups fill the volume")])
            await texts.embed(tenant, "m", await texts.unembedded(tenant, "m", 9), [[0.6, 0.8]] * 2)
    before = await found(postgres, tenants[0])

    saved = str(tmp_path / "casebook.dump")
    run(postgres, "pg_dump", "--format=custom", "--file", saved, postgres.admin)
    other.execute(ROLE)
    run(other, "pg_restore", "--exit-on-error", "--no-owner", "--dbname", other.admin, saved)
    assert migrate(other.admin, PASSWORD) == head()
    assert check(other.app) == head()

    assert await found(other, tenants[0]) == before
    with psycopg.connect(other.app) as connection:
        for table in TENANT_TABLES:
            query = f"select distinct tenant from casebook.{table.name}"
            assert connection.execute(query).fetchall() == []
        become(connection, tenants[1])
        for table in TENANT_TABLES:
            query = f"select distinct tenant from casebook.{table.name}"
            assert connection.execute(query).fetchall() == [(tenants[1],)], table.name
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            insert_rows(connection, tenants[0] + "x")


async def found(server: Postgres, tenant: str) -> list[dict[str, float]]:
    async with Database.open(server.app) as database:
        texts = Texts(database)
        by_words = await texts.by_words(tenant, TextKind.MEMORY, "volume", 9)
        assert list(by_words) == ["shop/m"]
        return [by_words, await texts.by_meaning(tenant, TextKind.MEMORY, "m", [1.0, 0.0], 9)]


def test_a_role_that_may_not_see_all_rows_saves_none_instead_of_some(postgres: Postgres, tmp_path: Path) -> None:
    """An incomplete backup that looks whole would be worse than none."""
    reader = f"r{uuid4().hex[:8]}"
    postgres.execute(f"create role {reader} login password '{PASSWORD}' in role pg_read_all_data")
    try:
        command = [postgres.binaries / "pg_dump", "--file", tmp_path / "part", postgres.address(reader, "postgres")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        postgres.execute(f"drop role {reader}")
    assert done.returncode != 0
    assert "row-level security" in done.stderr
