"""`casebook db`: create, upgrade and check the database."""

import os

import click

from casebook.cli.history import history
from casebook.cli.reindex import reindex
from casebook.store.database import DATABASE_URL, BadAddress
from casebook.store.errors import StoreUnavailable
from casebook.store.migrate import check as check_database
from casebook.store.migrate import migrate as migrate_database

ADMIN_URL = "CASEBOOK_DATABASE_ADMIN_URL"
APP_PASSWORD = "CASEBOOK_DATABASE_APP_PASSWORD"  # noqa: S105 - the name of a variable
_wait = click.option(
    "--wait", type=click.FloatRange(0, 3600), default=120.0, show_default=True, help="Seconds to wait for the database."
)


@click.group()
def db() -> None:
    """Create, upgrade and check the database."""


db.add_command(reindex)
db.add_command(history)


@db.command()
@_wait
def migrate(wait: float) -> None:
    """Create or upgrade the schema and the application's role.

    $CASEBOOK_DATABASE_ADMIN_URL is the owner's address; the role casebook_app gets $CASEBOOK_DATABASE_APP_PASSWORD.
    """
    try:
        version = migrate_database(_required(ADMIN_URL), os.environ.get(APP_PASSWORD, ""), wait=wait)
    except BadAddress as error:
        raise click.UsageError(f"${ADMIN_URL}: {error}") from error
    except StoreUnavailable as error:
        raise click.ClickException(f"the database cannot be migrated: {error}") from error
    click.echo(f"the database is at version {version}")


@db.command()
@_wait
def check(wait: float) -> None:
    """Check that $CASEBOOK_DATABASE_URL works, is up to date, and is held to one tenant at a time."""
    try:
        version = check_database(_required(DATABASE_URL), wait=wait)
    except BadAddress as error:
        raise click.UsageError(f"${DATABASE_URL}: {error}") from error
    except StoreUnavailable as error:
        raise click.ClickException(f"the database cannot be used: {error}") from error
    click.echo(f"the database is at version {version}, with row-level security forced")


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise click.UsageError(f"${name} is not set: give postgresql://user:password@host/database")
    return value
