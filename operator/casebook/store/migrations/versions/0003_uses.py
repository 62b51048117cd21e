"""The ledger of uses of memories, each row seen by the tenant of the investigation only."""

from alembic import op
from sqlalchemy import Column, DateTime, Integer, PrimaryKeyConstraint, Text

from casebook.store.migrations.protection import SCHEMA, protect

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table, force row-level security on it, and let the application's role use it."""
    op.create_table(
        "uses",
        *(
            Column(name, Text, nullable=False)
            for name in ("tenant", "namespace", "name", "uid", "investigation", "role")
        ),
        Column("version", Integer, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        PrimaryKeyConstraint("tenant", "namespace", "name", "uid"),
        schema=SCHEMA,
    )
    op.create_index("uses_by_time", "uses", ["tenant", "namespace", "name", "at"], schema=SCHEMA)
    protect("uses")


def downgrade() -> None:
    """Drop it."""
    op.drop_table("uses", schema=SCHEMA)
