"""A small pool of Postgres connections."""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shop import log
from shop.http import UpstreamError
from shop.settings import number, required, text
from shop.wording import say


class Database:
    """At most `size` connections, opened when first needed, or at once with POOL_EAGER."""

    def __init__(self) -> None:
        self._where = f"{required('DB_HOST')}:{text('DB_PORT', '5432')}"
        host, _, port = self._where.rpartition(":")
        self._dsn = psycopg.conninfo.make_conninfo(
            host=host, port=port, dbname=text("DB_NAME", "shop"), user=text("DB_USER", "shop"),
            password=text("DB_PASSWORD"), connect_timeout=2, application_name=text("HOSTNAME", "shop"),
        )  # fmt: skip
        self._idle: queue.LifoQueue[psycopg.Connection[dict[str, Any]]] = queue.LifoQueue()
        self._slow_ms = number("SLOW_QUERY_MS", 200)
        if text("POOL_EAGER"):
            for _ in range(int(number("POOL_SIZE", 2))):
                self._idle.put(self._connect())

    def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Run one statement and give its rows; UpstreamError when the database cannot."""
        started = time.monotonic()
        with self._borrowed() as connection:
            cursor = connection.execute(statement, values)
            found = cursor.fetchall() if cursor.description else []
        elapsed = (time.monotonic() - started) * 1000
        if elapsed > self._slow_ms:
            log.warning(f"{say('slow query')}: {elapsed:.0f} ms", statement=statement[:80])
        return found

    @contextmanager
    def _borrowed(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        try:
            yield connection
        except psycopg.OperationalError as error:
            connection.close()
            raise self._failed(error) from None
        self._idle.put(connection)

    def _connect(self) -> psycopg.Connection[dict[str, Any]]:
        try:
            return psycopg.connect(self._dsn, autocommit=True, row_factory=dict_row)
        except psycopg.OperationalError as error:
            raise self._failed(error) from None

    def _failed(self, error: psycopg.OperationalError) -> UpstreamError:
        reason = " ".join(str(error).split())
        told = f"{say('database')} {self._where}: {reason}"
        log.error(told, upstream=self._where)
        return UpstreamError(told)
