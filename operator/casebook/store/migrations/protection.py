"""Row-level security, the same for every table that holds rows of tenants."""

from alembic import op

SCHEMA = "casebook"
ROLE = "casebook_app"


def protect(table: str, rights: str = "select, insert, update, delete") -> None:
    """Let the application's role use a table, but only the rows of the tenant whose transaction it is."""
    # After a transaction the setting is '' and not NULL: both must mean nobody.
    mine = "tenant = nullif(current_setting('casebook.tenant', true), '')"
    op.execute(f"alter table {SCHEMA}.{table} enable row level security, force row level security")
    op.execute(f"create policy tenant on {SCHEMA}.{table} using ({mine}) with check ({mine})")
    op.execute(f"grant {rights} on {SCHEMA}.{table} to {ROLE}")
