"""The schema: made once, whoever comes first; and what `casebook db check` refuses."""

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, inspect

from casebook.cli.db import db
from casebook.store.database import parse
from casebook.store.errors import StoreUnavailable
from casebook.store.migrate import check, head, migrate
from casebook.store.tables import metadata
from support.postgres import Postgres, running

PASSWORD = "for-tests-only"


@pytest.fixture
def fresh(postgres: Postgres) -> Iterator[tuple[str, str]]:
    """The owner's and the application's address of an empty database."""
    name = f"d{uuid4().hex[:12]}"
    postgres.execute(f"create database {name}")
    yield postgres.address("owner", name), postgres.address("casebook_app", name)
    postgres.execute(f"drop database {name} with (force)")


def test_it_may_be_run_again(fresh: tuple[str, str]) -> None:
    assert migrate(fresh[0], PASSWORD) == head()
    assert migrate(fresh[0], PASSWORD) == head()
    assert check(fresh[1]) == head()


def test_many_at_once_make_one_schema(fresh: tuple[str, str]) -> None:
    versions: list[str] = []
    threads = [threading.Thread(target=lambda: versions.append(migrate(fresh[0], PASSWORD))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions == [head()] * 4


def test_the_migrations_make_the_tables_of_the_code(fresh: tuple[str, str]) -> None:
    migrate(fresh[0], PASSWORD)
    engine = create_engine(parse(fresh[0]))
    try:
        found = inspect(engine)
        for table in metadata.sorted_tables:
            made = {column["name"]: column for column in found.get_columns(table.name, schema=table.schema)}
            assert made.keys() == {column.name for column in table.columns}
            for column in table.columns:
                assert made[column.name]["nullable"] == column.nullable
                assert made[column.name]["type"].compile(engine.dialect) == column.type.compile(engine.dialect)
            keys = found.get_pk_constraint(table.name, schema=table.schema)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key.columns]
            assert keys[0] == "tenant"
    finally:
        engine.dispose()


def test_check_names_what_is_missing(fresh: tuple[str, str]) -> None:
    with pytest.raises(StoreUnavailable, match="db migrate"):
        check(fresh[1])


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("alter table casebook.runs no force row level security", "not forced on table runs"),
        ("alter table casebook.reports disable row level security", "not forced on table reports"),
        ("update casebook.alembic_version set version_num = '0000'", "version 0000"),
        ("alter table casebook.observations owner to casebook_app", "owns table observations"),
    ],
)
def test_check_refuses_a_database_that_is_not_safe(fresh: tuple[str, str], statement: str, says: str) -> None:
    migrate(fresh[0], PASSWORD)
    with psycopg.connect(fresh[0], autocommit=True) as connection:
        connection.execute(statement)
    with pytest.raises(StoreUnavailable, match=says):
        check(fresh[1])


def test_check_refuses_the_owner(fresh: tuple[str, str]) -> None:
    migrate(fresh[0], PASSWORD)
    with pytest.raises(StoreUnavailable, match="superuser"):
        check(fresh[0])


def test_a_role_that_is_too_strong_is_not_used() -> None:
    with running() as server:
        server.execute("create role casebook_app login bypassrls")
        with pytest.raises(StoreUnavailable, match="casebook_app"):
            migrate(server.admin, PASSWORD)


def test_it_waits_for_a_database_that_comes_late() -> None:
    with running() as server:
        server.stop()
        late = threading.Timer(2.0, server.start)
        late.start()
        assert migrate(server.admin, PASSWORD, wait=120) == head()
        late.join()
        begin = time.monotonic()
        server.stop()
        with pytest.raises(StoreUnavailable):
            migrate(server.admin, PASSWORD, wait=1)
        assert time.monotonic() - begin < 30


def test_the_commands(fresh: tuple[str, str]) -> None:
    environment = {
        "CASEBOOK_DATABASE_ADMIN_URL": fresh[0],
        "CASEBOOK_DATABASE_URL": fresh[1],
        "CASEBOOK_DATABASE_APP_PASSWORD": PASSWORD,
    }
    assert CliRunner().invoke(db, ["check", "--wait", "0"], env=environment).exit_code == 1
    for command in ("migrate", "check"):
        result = CliRunner().invoke(db, [command], env=environment)
        assert (result.exit_code, head() in result.output) == (0, True)


@pytest.mark.parametrize(
    ("address", "code", "says"),
    [
        ("", 2, "CASEBOOK_DATABASE_URL is not set"),
        ("mysql://u:hunter2@h/d", 2, "postgresql://"),
        ("no address", 2, "of the form"),
        ("postgresql://u:hunter2@127.0.0.1:1/d", 1, "cannot be used"),
    ],
)
def test_wrong_addresses_are_said_without_the_password(address: str, code: int, says: str) -> None:
    result = CliRunner().invoke(db, ["check", "--wait", "0"], env={"CASEBOOK_DATABASE_URL": address})
    assert result.exit_code == code
    assert says in result.output
    assert "hunter2" not in result.output
    assert "Traceback" not in result.output
