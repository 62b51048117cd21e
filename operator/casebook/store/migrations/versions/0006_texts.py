"""What cases and memories are found by, each row seen by its own tenant only.

Row-level security keeps Postgres from using an index on words, and one on vectors would lose rows of small tenants:
each search reads the tenant's rows, all of them, by the primary key.
"""

from alembic import op
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Text
from sqlalchemy.dialects.postgresql import TSVECTOR

from casebook.store.migrations.protection import SCHEMA, protect

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table, force row-level security on it, and let the application's role use it."""
    op.create_table(
        "texts",
        *(Column(name, Text, nullable=False) for name in ("tenant", "kind", "id", "body", "digest")),
        Column("words", TSVECTOR, nullable=False),
        Column("length", Integer, nullable=False),
        Column("model", Text),
        Column("meaning", HALFVEC()),
        PrimaryKeyConstraint("tenant", "kind", "id"),
        schema=SCHEMA,
    )
    protect("texts")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("texts", schema=SCHEMA)
