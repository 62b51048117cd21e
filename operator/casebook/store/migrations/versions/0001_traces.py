"""Runs, observations and reports, each row seen by its own tenant only."""

from typing import Any

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Text,
    func,
)

from casebook.store.migrations.protection import SCHEMA, protect

revision = "0001"
down_revision = None

TABLES = ("runs", "observations", "reports")


def upgrade() -> None:
    """Create the tables, force row-level security on them, and let the application's role use them."""
    _runs()
    _observations()
    _reports()
    for table in TABLES:
        protect(table)


def downgrade() -> None:
    """Drop them."""
    for table in reversed(TABLES):
        op.drop_table(table, schema=SCHEMA)


def _runs() -> None:
    op.create_table(
        "runs",
        *_key_columns(),
        Column("namespace", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("run", JSON, nullable=False),
        _now("begun_at"),
        PrimaryKeyConstraint("tenant", "uid", "attempt"),
        schema=SCHEMA,
    )


def _observations() -> None:
    op.create_table(
        "observations",
        *_key_columns(),
        Column("seq", Integer, nullable=False),
        Column("digest", Text, nullable=False),
        Column("observation", JSON, nullable=False),
        _now("recorded_at"),
        PrimaryKeyConstraint("tenant", "uid", "attempt", "seq"),
        _of_a_run(),
        schema=SCHEMA,
    )


def _reports() -> None:
    op.create_table(
        "reports",
        *_key_columns(),
        Column("engine", Text, nullable=False),
        Column("stop", JSON, nullable=False),
        Column("report", JSON, nullable=False),
        Column("observations", Integer, nullable=False),
        Column("milliseconds", BigInteger, nullable=False),
        _now("stored_at"),
        PrimaryKeyConstraint("tenant", "uid"),
        _of_a_run(),
        schema=SCHEMA,
    )


def _key_columns() -> list[Column[Any]]:
    texts = [Column(name, Text, nullable=False) for name in ("tenant", "uid")]
    return [*texts, Column("attempt", Integer, nullable=False)]


def _now(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def _of_a_run() -> ForeignKeyConstraint:
    columns = ["tenant", "uid", "attempt"]
    return ForeignKeyConstraint(columns, [f"{SCHEMA}.runs.{column}" for column in columns], ondelete="CASCADE")
