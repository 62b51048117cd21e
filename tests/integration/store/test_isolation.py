"""No tenant reaches another's rows, whatever way it is tried (I8)."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from support.postgres import Postgres

TABLES = ("runs", "observations", "reports", "cases", "words", "uses", "model_calls", "texts", "memory_versions")
APPENDED = "memory_versions"
"""Rows of it are added, and never changed or removed."""


@pytest.fixture
def tenants(postgres: Postgres) -> tuple[str, str]:
    """Two tenants, one row of each in every table."""
    names = (f"ns:a-{uuid4().hex}", f"ns:b-{uuid4().hex}")
    for name in names:
        with as_app(postgres) as connection:
            become(connection, name)
            insert_rows(connection, name)
    return names


def as_app(postgres: Postgres) -> psycopg.Connection:
    return psycopg.connect(postgres.app)


def become(connection: psycopg.Connection, tenant: str) -> None:
    connection.execute("select set_config('casebook.tenant', %s, true)", [tenant])


def insert_rows(connection: psycopg.Connection, tenant: str) -> None:
    key = [tenant, "uid-1", 1]
    connection.execute(
        "insert into casebook.runs (tenant, uid, attempt, namespace, name, run) values (%s, %s, %s, '', '', '{}')", key
    )
    connection.execute(
        "insert into casebook.observations (tenant, uid, attempt, seq, digest, observation)"
        " values (%s, %s, %s, 0, '', '{}')",
        key,
    )
    connection.execute(
        "insert into casebook.reports (tenant, uid, attempt, engine, stop, report, observations, milliseconds)"
        " values (%s, %s, %s, '', '{}', '{}', 0, 0)",
        key,
    )
    connection.execute(
        "insert into casebook.cases (tenant, uid, alertname, place, kind, entity, at, record)"
        " values (%s, %s, '', '', '', '', now(), '{}')",
        key[:2],
    )
    connection.execute(
        "insert into casebook.words (tenant, uid, feedback_id, said) values (%s, %s, 'f1', '{}')", key[:2]
    )
    connection.execute(
        "insert into casebook.uses (tenant, uid, namespace, name, investigation, role, version, at)"
        " values (%s, %s, '', '', '', '', 1, now())",
        key[:2],
    )
    connection.execute(
        "insert into casebook.model_calls"
        " (tenant, uid, id, namespace, investigation, digest, outcome, at, tokens, money)"
        " values (%s, %s, '', '', '', '', '', now(), 0, 0)",
        key[:2],
    )
    connection.execute(
        "insert into casebook.texts (tenant, kind, id, body, digest, words, length)"
        " values (%s, 'Case', %s, '', '', 'word', 1)",
        key[:2],
    )
    connection.execute(
        "insert into casebook.memory_versions (tenant, namespace, name, version, digest, memory)"
        " values (%s, %s, 'm', 1, '', '{}')",
        key[:2],
    )


def count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"select count(*) from casebook.{table}").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("table", TABLES)
def test_without_a_tenant_there_is_nothing(postgres: Postgres, tenants: tuple[str, str], table: str) -> None:
    with as_app(postgres) as connection:
        assert count(connection, table) == 0


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_tenant_is_nobody(postgres: Postgres, tenants: tuple[str, str], table: str) -> None:
    with as_app(postgres) as connection:
        become(connection, "")
        assert count(connection, table) == 0


@pytest.mark.parametrize("table", TABLES)
def test_a_tenant_sees_its_own_rows_only(postgres: Postgres, tenants: tuple[str, str], table: str) -> None:
    with as_app(postgres) as connection:
        become(connection, tenants[0])
        assert connection.execute(f"select distinct tenant from casebook.{table}").fetchall() == [(tenants[0],)]
        assert connection.execute(f"select 1 from casebook.{table} where tenant = %s", [tenants[1]]).fetchall() == []


def test_the_tenant_ends_with_its_transaction(postgres: Postgres, tenants: tuple[str, str]) -> None:
    with as_app(postgres) as connection:
        become(connection, tenants[0])
        assert count(connection, "runs") == 1
        connection.commit()
        assert connection.execute("select current_setting('casebook.tenant', true)").fetchone() == ("",)
        assert count(connection, "runs") == 0


def test_outside_a_transaction_the_setting_does_nothing(postgres: Postgres, tenants: tuple[str, str]) -> None:
    with psycopg.connect(postgres.app, autocommit=True) as connection:
        become(connection, tenants[0])
        assert count(connection, "runs") == 0


@pytest.mark.parametrize("table", TABLES)
def test_no_row_can_be_written_for_another(postgres: Postgres, tenants: tuple[str, str], table: str) -> None:
    with as_app(postgres) as connection:
        become(connection, tenants[0])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"update casebook.{table} set tenant = %s", [tenants[1]])


def test_an_insert_for_another_is_refused(postgres: Postgres, tenants: tuple[str, str]) -> None:
    with as_app(postgres) as connection:
        become(connection, tenants[0])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            insert_rows(connection, f"{tenants[1]}-new")


@pytest.mark.parametrize("table", sorted({*TABLES} - {APPENDED}))
def test_updates_and_deletes_pass_others_by(postgres: Postgres, tenants: tuple[str, str], table: str) -> None:
    with as_app(postgres) as connection:
        become(connection, tenants[0])
        assert connection.execute(f"delete from casebook.{table} where tenant = %s", [tenants[1]]).rowcount == 0
    with as_app(postgres) as connection:
        become(connection, tenants[1])
        assert count(connection, table) == 1


@pytest.mark.parametrize("change", ["update casebook.{} set name = 'other'", "delete from casebook.{}"])
def test_what_memories_said_is_never_changed(postgres: Postgres, tenants: tuple[str, str], change: str) -> None:
    with as_app(postgres) as connection:
        become(connection, tenants[0])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(change.format(APPENDED))


def test_equal_keys_of_two_tenants_say_nothing_of_each_other(postgres: Postgres, tenants: tuple[str, str]) -> None:
    with as_app(postgres) as connection:
        rows = connection.execute(
            "select indexdef from pg_indexes where schemaname = 'casebook' and tablename = any(%s)"
            " and indexdef like '%%UNIQUE%%'",
            [list(TABLES)],
        ).fetchall()
    assert len(rows) >= len(TABLES)
    assert all("(tenant," in definition for (definition,) in rows)


def test_the_owner_is_held_to_it_as_well(postgres: Postgres) -> None:
    with psycopg.connect(postgres.admin) as connection:
        rows = connection.execute(
            "select relname, relrowsecurity, relforcerowsecurity"
            " from pg_class join pg_namespace n on n.oid = relnamespace"
            " where nspname = 'casebook' and relkind = 'r' and relname <> 'alembic_version'"
        ).fetchall()
    assert sorted(rows) == sorted((table, True, True) for table in TABLES)


def test_the_role_has_no_way_around(postgres: Postgres) -> None:
    with as_app(postgres) as connection:
        rights = connection.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
            " from pg_roles where rolname = current_user"
        ).fetchone()
        assert rights == (False, False, False, False, False)
        owned = connection.execute(
            "select 1 from pg_class where relowner = (select oid from pg_roles where rolname = current_user)"
        )
        assert owned.fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "alter table casebook.runs no force row level security",
        "alter table casebook.runs disable row level security",
        "drop policy tenant on casebook.runs",
        "create view casebook.all_runs as select * from casebook.runs",
        "truncate casebook.runs",
        "alter role casebook_app bypassrls",
        "set role owner",
        "update casebook.alembic_version set version_num = 'x'",
    ],
)
def test_the_protection_cannot_be_switched_off(postgres: Postgres, statement: str) -> None:
    with as_app(postgres) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_row_security_off_is_an_error_and_not_a_way_in(postgres: Postgres, tenants: tuple[str, str]) -> None:
    with as_app(postgres) as connection:
        connection.execute("set local row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            count(connection, "runs")


@pytest.fixture(autouse=True)
def _nothing_left_open(postgres: Postgres) -> Iterator[None]:
    yield
    with psycopg.connect(postgres.admin) as connection:
        open_ = connection.execute(
            "select 1 from pg_stat_activity where usename = 'casebook_app' and state like 'idle in%'"
        )
        assert open_.fetchall() == []
