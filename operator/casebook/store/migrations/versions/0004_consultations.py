"""What a model proposed, kept with the report so that a replay needs no model."""

from alembic import op
from sqlalchemy import JSON, Column

from casebook.store.migrations.protection import SCHEMA

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; reports that are there had no model."""
    op.add_column("reports", Column("consultation", JSON), schema=SCHEMA)


def downgrade() -> None:
    """Drop it."""
    op.drop_column("reports", "consultation", schema=SCHEMA)
