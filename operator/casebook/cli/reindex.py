"""`casebook db reindex`: make anew what cases and memories are found by."""

import asyncio
import os
from pathlib import Path

import click
from rich.console import Console
from rich.status import Status

from casebook.api.texts import EmbeddingFailed
from casebook.cli.embedding import embedder
from casebook.cli.settings import controller_settings
from casebook.cluster.client import NotConfigured, connect
from casebook.cluster.errors import ClusterError
from casebook.cluster.reader import Reader
from casebook.controller.config import ControllerConfig
from casebook.controller.index import Index
from casebook.controller.reindexing import Done, Reindexing
from casebook.controller.tenancy import Domain
from casebook.store.cases import Cases
from casebook.store.database import DATABASE_URL, BadAddress, Database
from casebook.store.errors import StoreUnavailable
from casebook.store.texts import Texts
from casebook.store.traces import Traces


@click.command()
@click.option(
    "--config", "path", type=click.Path(path_type=Path), required=True, help="The controller's file of settings."
)
@click.option("--kubeconfig", type=click.Path(exists=True, dir_okay=False), help="Kubeconfig, outside of the cluster.")
def reindex(path: Path, kubeconfig: str | None) -> None:
    """Make the index of cases and memories anew from the cluster's objects and the traces in $CASEBOOK_DATABASE_URL.

    It may be repeated, and done while Casebook runs.
    """
    config, address = controller_settings(path), os.environ.get(DATABASE_URL, "")
    if not address:
        raise click.UsageError(f"${DATABASE_URL} is not set: give postgresql://user:password@host/database")
    try:
        done = asyncio.run(_reindex(config, address, kubeconfig))
    except BadAddress as error:
        raise click.UsageError(f"${DATABASE_URL}: {error}") from error
    except ClusterError as error:
        raise click.ClickException(error.message) from error
    except StoreUnavailable as error:
        raise click.ClickException(f"the database cannot be used: {error}") from error
    except (NotConfigured, EmbeddingFailed) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"indexed {done.memories} memories and {done.cases} investigations of {done.tenants} tenants:"
        f" {done.changed} texts changed, {done.embedded} embeddings made"
    )


async def _reindex(config: ControllerConfig, address: str, kubeconfig: str | None) -> Done:
    domain = Domain(config.operator_namespace, config.runs_namespace, frozenset(config.excluded_namespaces))
    with Console(stderr=True).status("connecting") as status:
        async with Database.open(address) as database, connect(kubeconfig) as client, embedder(config) as made:
            index = Index(Texts(database), made)
            work = Reindexing(
                Reader(client),
                domain,
                index,
                Cases(database),
                Traces(database),
                lambda step, done: _tell(status, step, done),
            )
            return await work.run()


def _tell(status: Status, step: str, done: Done) -> None:
    made = f"{done.memories} memories, {done.cases} investigations, {done.tenants} tenants, {done.embedded} embeddings"
    status.update(f"{step}: {made}")
