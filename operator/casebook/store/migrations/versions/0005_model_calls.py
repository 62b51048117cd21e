"""Calls of models, what they cost and what became of them, each row seen by its own tenant only.

They have no reference to runs: what was spent stays spent when a trace is deleted.
"""

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, PrimaryKeyConstraint, Text

from casebook.store.migrations.protection import SCHEMA, protect

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table, force row-level security on it, and let the application's role use it."""
    op.create_table(
        "model_calls",
        *(
            Column(name, Text, nullable=False)
            for name in ("tenant", "id", "uid", "namespace", "investigation", "digest", "outcome")
        ),
        Column("at", DateTime(timezone=True), nullable=False),
        *(Column(name, BigInteger, nullable=False) for name in ("tokens", "money")),
        *(Column(name, BigInteger) for name in ("prompt_tokens", "completion_tokens", "milliseconds")),
        *(Column(name, Text) for name in ("endpoint", "model", "problem", "question", "answer")),
        PrimaryKeyConstraint("tenant", "id"),
        schema=SCHEMA,
    )
    op.create_index("model_calls_of_a_run", "model_calls", ["tenant", "uid"], schema=SCHEMA)
    op.create_index("model_calls_by_time", "model_calls", ["tenant", "at"], schema=SCHEMA)
    protect("model_calls")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("model_calls", schema=SCHEMA)
