"""Creates and upgrades the schema and the application's role; any number of times, by any number at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, Engine, column, create_engine, select, table, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from casebook.store.database import CONNECT_SECONDS, parse
from casebook.store.errors import StoreUnavailable
from casebook.store.tables import APP_ROLE, SCHEMA, TENANT_TABLES

_LOCK = 0x0CA5EB00
_PAUSE_SECONDS = 1.0
_OLDEST_PGVECTOR = (0, 8)
_VERSIONS = table("alembic_version", column("version_num"), schema=SCHEMA)


def migrate(address: str, password: str, *, wait: float = 0.0) -> str:
    """Bring the database to this version with the owner's address, and return the version.

    Waits `wait` seconds for a database that does not answer yet. The application's role gets `password`; an empty one
    leaves its login as it is. Raises `StoreUnavailable` and `BadAddress`.
    """
    with _connected(address, wait) as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": _LOCK})
        _ensure_role(connection, password)
        _ensure_vectors(connection)
        connection.execute(text(f"create schema if not exists {SCHEMA}"))
        connection.execute(text(f"grant usage on schema {SCHEMA} to {APP_ROLE}"))
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(text(f"grant select on {SCHEMA}.alembic_version to {APP_ROLE}"))
        connection.commit()
        connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _LOCK})
        return head()


def check(address: str, *, wait: float = 0.0) -> str:
    """Return the version if the application's address can be used as it must be; else raise `StoreUnavailable`."""
    with _connected(address, wait) as connection:
        role = connection.execute(
            text("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
        ).scalar()
        if role:
            raise StoreUnavailable("its role is a superuser or bypasses row-level security; use the application's role")
        try:
            version = connection.execute(select(column("version_num")).select_from(_VERSIONS)).scalar()
        except SQLAlchemyError as error:
            raise StoreUnavailable("the schema is not there; run `casebook db migrate` first") from error
        if version != head():
            raise StoreUnavailable(f"the schema is at version {version}, needed is {head()}: run `casebook db migrate`")
        _check_protection(connection)
        return str(version)


def head() -> str:
    """The newest version of the schema."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _check_protection(connection: Connection) -> None:
    query = text(
        "select relname, relrowsecurity and relforcerowsecurity, pg_get_userbyid(relowner) = current_user"
        " from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname = :schema and relkind = 'r'"
    )
    tables = {name: (forced, own) for name, forced, own in connection.execute(query, {"schema": SCHEMA})}
    for name in (kept.name for kept in TENANT_TABLES):
        forced, own = tables.get(name, (False, False))
        if not forced:
            raise StoreUnavailable(f"row-level security is not forced on table {name}")
        if own:
            raise StoreUnavailable(f"its role owns table {name} and so could switch its protection off")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@contextmanager
def _connected(address: str, wait: float) -> Iterator[Connection]:
    engine = create_engine(parse(address), connect_args={"connect_timeout": CONNECT_SECONDS})
    try:
        with _patiently(engine, time.monotonic() + wait) as connection:
            yield connection
    except SQLAlchemyError as error:
        origin = getattr(error, "orig", None) or error
        raise StoreUnavailable(str(origin).strip().splitlines()[0][:300]) from error
    finally:
        engine.dispose()


def _patiently(engine: Engine, deadline: float) -> Connection:
    while True:
        try:
            return engine.connect()
        except OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def _ensure_vectors(connection: Connection) -> None:
    """The extension that embeddings are kept with; one that is there already stays as it is."""
    query = "select installed_version, default_version from pg_available_extensions where name = 'vector'"
    found = connection.execute(text(query)).one_or_none()
    if found is None:
        raise StoreUnavailable("it has no pgvector: install the extension `vector`, 0.8 or newer, on its server")
    version = found.installed_version or found.default_version
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_PGVECTOR:
        raise StoreUnavailable(f"its pgvector is {version}, needed is 0.8 or newer: `alter extension vector update`")
    connection.execute(text("create extension if not exists vector"))


def _ensure_role(connection: Connection, password: str) -> None:
    """A login role without any privilege of its own. The password goes over as its SCRAM verifier, never in clear."""
    query = text("select rolsuper, rolbypassrls from pg_roles where rolname = :name")
    found = connection.execute(query, {"name": APP_ROLE}).one_or_none()
    if found is None:
        options = "login nosuperuser nocreatedb nocreaterole nobypassrls noreplication"
        connection.execute(text(f"create role {APP_ROLE} {options}"))
    elif any(found):
        raise StoreUnavailable(f"role {APP_ROLE} is a superuser or bypasses row-level security; take that from it")
    if password:
        driver = cast("psycopg.Connection", connection.connection.driver_connection)
        verifier = driver.pgconn.encrypt_password(password.encode(), APP_ROLE.encode(), b"scram-sha-256").decode()
        statement = sql.SQL("alter role {} login password {}").format(sql.Identifier(APP_ROLE), sql.Literal(verifier))
        connection.exec_driver_sql(statement.as_string(driver))
