"""A connection pool to Postgres in which every transaction belongs to one tenant."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from casebook.store.errors import StoreUnavailable
from casebook.store.tables import TENANT_SETTING

DATABASE_URL = "CASEBOOK_DATABASE_URL"
"""The environment variable that holds the application's address of the database."""
CONNECT_SECONDS = 3
STATEMENT_SECONDS = 5
TRANSACTION_SECONDS = 15.0
POOL_SIZE = 5

_BEGIN = text(
    "select set_config(:setting, :tenant, true), set_config('statement_timeout', :statement, true),"
    " set_config('idle_in_transaction_session_timeout', :idle, true)"
)
# The lock is waited for in the same round trip: its time limit is set by what stands before it.
_BEGIN_ALONE = text(
    f"{_BEGIN.text}, set_config('lock_timeout', :statement, true), pg_advisory_xact_lock(hashtextextended(:alone, 0))"
)


class BadAddress(Exception):
    """The address of the database cannot be used; the message does not repeat it, since it holds a password."""


def parse(address: str, *, driver: str = "postgresql+psycopg") -> URL:
    """The URL for the driver from `postgresql://user:password@host/database`. Raises `BadAddress`."""
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise BadAddress("the database address is not of the form postgresql://user:password@host/database") from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise BadAddress(f"the database address begins with {url.drivername}://, it must be postgresql://")
    return url.set(drivername=driver)


@dataclass(frozen=True)
class Database:
    """Transactions on behalf of tenants. The tenant ends with the transaction, so a pooled connection carries none."""

    engine: AsyncEngine

    @classmethod
    @asynccontextmanager
    async def open(cls, address: str) -> AsyncIterator["Database"]:
        """A pool that connects when it is first used. Raises `BadAddress`."""
        engine = create_async_engine(
            parse(address),
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            pool_pre_ping=True,
            pool_recycle=1800,
            # Statements are prepared per connection, which a transaction pooler in between would break.
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "casebook",
                "target_session_attrs": "read-write",
                "tcp_user_timeout": int(TRANSACTION_SECONDS * 1000),
                "prepare_threshold": None,
            },
        )
        try:
            yield cls(engine)
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def transaction(self, tenant: str, *, alone: str = "") -> AsyncIterator[AsyncConnection]:
        """One transaction that sees the rows of this tenant only. Raises `StoreUnavailable`.

        Transactions with the same `alone` come one after the other, whichever process begins them.
        """
        if not tenant:
            raise ValueError("a transaction needs a tenant")
        settings = {
            "setting": TENANT_SETTING,
            "tenant": tenant,
            "statement": str(STATEMENT_SECONDS * 1000),
            "idle": str(int(TRANSACTION_SECONDS * 1000)),
        }
        try:
            async with asyncio.timeout(TRANSACTION_SECONDS), self.engine.begin() as connection:
                if alone:
                    await connection.execute(_BEGIN_ALONE, {**settings, "alone": alone})
                else:
                    await connection.execute(_BEGIN, settings)
                yield connection
        except SQLAlchemyError as error:
            raise StoreUnavailable(_reason(error)) from error
        except (TimeoutError, OSError) as error:
            raise StoreUnavailable(f"no answer within {TRANSACTION_SECONDS:.0f} s") from error


def _reason(error: SQLAlchemyError) -> str:
    """The driver's first line, without the statement and its values."""
    origin = getattr(error, "orig", None)
    lines = str(origin if origin is not None else error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
