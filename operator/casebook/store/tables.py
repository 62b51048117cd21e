"""The tables, private to this package. The tenant comes first in every key, so that no key speaks of another tenant.

Runs, observations and reports are kept as `json` and not `jsonb`: a replay must find the very numbers and characters
that were sent, which `jsonb` would normalise or, with an escaped NUL, refuse.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
)

SCHEMA = "casebook"
APP_ROLE = "casebook_app"
TENANT_SETTING = "casebook.tenant"

metadata = MetaData(schema=SCHEMA)


def _now(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


runs = Table(
    "runs",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("run", JSON, nullable=False),
    _now("begun_at"),
    PrimaryKeyConstraint("tenant", "uid", "attempt"),
)

observations = Table(
    "observations",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("observation", JSON, nullable=False),
    _now("recorded_at"),
    PrimaryKeyConstraint("tenant", "uid", "attempt", "seq"),
    ForeignKeyConstraint(["tenant", "uid", "attempt"], [runs.c.tenant, runs.c.uid, runs.c.attempt], ondelete="CASCADE"),
)

reports = Table(
    "reports",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("engine", Text, nullable=False),
    Column("stop", JSON, nullable=False),
    Column("report", JSON, nullable=False),
    Column("observations", Integer, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("consultation", JSON(none_as_null=True)),
    _now("stored_at"),
    PrimaryKeyConstraint("tenant", "uid"),
    ForeignKeyConstraint(["tenant", "uid", "attempt"], [runs.c.tenant, runs.c.uid, runs.c.attempt], ondelete="CASCADE"),
)

TENANT_TABLES = (runs, observations, reports)
