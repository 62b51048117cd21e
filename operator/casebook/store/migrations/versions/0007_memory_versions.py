"""What memories said, version by version: nobody but the owner of the database can change or remove a row."""

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, DateTime, Identity, Integer, PrimaryKeyConstraint, Text, func

from casebook.store.migrations.protection import SCHEMA, protect

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table, force row-level security on it, and let the application's role read it and add to it."""
    op.create_table(
        "memory_versions",
        *(Column(name, Text, nullable=False) for name in ("tenant", "namespace", "name", "digest")),
        Column("version", Integer, nullable=False),
        Column("seq", BigInteger, Identity(), nullable=False),
        Column("memory", JSON, nullable=False),
        Column("kept_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        PrimaryKeyConstraint("tenant", "namespace", "name", "version", "digest"),
        schema=SCHEMA,
    )
    protect("memory_versions", "select, insert")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("memory_versions", schema=SCHEMA)
