"""The tables, private to this package. The tenant comes first in every key, so that no key speaks of another tenant.

Runs, observations and reports are kept as `json` and not `jsonb`: a replay must find the very numbers and characters
that were sent, which `jsonb` would normalise or, with an escaped NUL, refuse.
"""

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

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

cases = Table(
    "cases",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("alertname", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("record", JSON, nullable=False),
    PrimaryKeyConstraint("tenant", "uid"),
)
Index("cases_of_a_question", *(cases.c[name] for name in ("tenant", "alertname", "place", "kind", "entity", "at")))

words = Table(
    "words",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("feedback_id", Text, nullable=False),
    Column("seq", BigInteger, Identity(), nullable=False),
    Column("said", JSON, nullable=False),
    _now("said_at"),
    PrimaryKeyConstraint("tenant", "uid", "feedback_id"),
)

uses = Table(
    "uses",
    metadata,
    *(Column(name, Text, nullable=False) for name in ("tenant", "namespace", "name", "uid", "investigation", "role")),
    Column("version", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("tenant", "namespace", "name", "uid"),
)
Index("uses_by_time", *(uses.c[name] for name in ("tenant", "namespace", "name", "at")))

model_calls = Table(
    "model_calls",
    metadata,
    *(
        Column(name, Text, nullable=False)
        for name in ("tenant", "id", "uid", "namespace", "investigation", "digest", "outcome")
    ),
    Column("at", DateTime(timezone=True), nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in ("tokens", "money")),
    *(Column(name, BigInteger) for name in ("prompt_tokens", "completion_tokens", "milliseconds")),
    *(Column(name, Text) for name in ("endpoint", "model", "problem", "question", "answer")),
    PrimaryKeyConstraint("tenant", "id"),
)
Index("model_calls_of_a_run", model_calls.c.tenant, model_calls.c.uid)
Index("model_calls_by_time", model_calls.c.tenant, model_calls.c.at)

texts = Table(
    "texts",
    metadata,
    *(Column(name, Text, nullable=False) for name in ("tenant", "kind", "id", "body", "digest")),
    Column("words", TSVECTOR, nullable=False),
    Column("length", Integer, nullable=False),
    Column("model", Text),
    Column("meaning", HALFVEC()),
    PrimaryKeyConstraint("tenant", "kind", "id"),
)

memory_versions = Table(
    "memory_versions",
    metadata,
    *(Column(name, Text, nullable=False) for name in ("tenant", "namespace", "name", "digest")),
    Column("version", Integer, nullable=False),
    Column("seq", BigInteger, Identity(), nullable=False),
    Column("memory", JSON, nullable=False),
    _now("kept_at"),
    PrimaryKeyConstraint("tenant", "namespace", "name", "version", "digest"),
)

TENANT_TABLES = (runs, observations, reports, cases, words, uses, model_calls, texts, memory_versions)
