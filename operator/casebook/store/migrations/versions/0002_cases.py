"""Concluded cases and what people said of them, each row seen by its own tenant only.

They have no reference to runs: a case is remembered when its trace is deleted.
"""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, DateTime, Identity, PrimaryKeyConstraint, Text, func

from casebook.store.migrations.protection import SCHEMA, protect

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create both tables, force row-level security on them, and let the application's role use them."""
    names = ("alertname", "place", "kind", "entity")
    op.create_table(
        "cases",
        *(Column(name, Text, nullable=False) for name in ("tenant", "uid", *names)),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("record", JSON, nullable=False),
        PrimaryKeyConstraint("tenant", "uid"),
        schema=SCHEMA,
    )
    op.create_index("cases_of_a_question", "cases", ["tenant", *names, "at"], schema=SCHEMA)
    op.create_table(
        "words",
        *(Column(name, Text, nullable=False) for name in ("tenant", "uid", "feedback_id")),
        Column("seq", BigInteger, Identity(), nullable=False),
        Column("said", JSON, nullable=False),
        Column("said_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        PrimaryKeyConstraint("tenant", "uid", "feedback_id"),
        schema=SCHEMA,
    )
    protect("cases")
    protect("words")


def downgrade() -> None:
    """Drop them."""
    op.drop_table("words", schema=SCHEMA)
    op.drop_table("cases", schema=SCHEMA)
