"""`casebook gateway`: serve alerts and agents until told to end."""

import asyncio
import os
import sys
from pathlib import Path

import click

from casebook.cli.logs import configure
from casebook.cluster.client import NotConfigured
from casebook.evidence.prometheus import BadStore
from casebook.gateway.config import ConfigError, GatewayConfig, load
from casebook.gateway.history import Kept
from casebook.gateway.server import serve
from casebook.store.calls import Calls
from casebook.store.cases import Cases
from casebook.store.database import DATABASE_URL, BadAddress, Database
from casebook.store.texts import Texts
from casebook.store.traces import Traces
from casebook.store.uses import Ledger


@click.command()
@click.option(
    "--config",
    "path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML settings: receivers, namespaces, limits.",
)
@click.option("--kubeconfig", type=click.Path(dir_okay=False), help="Kubeconfig, where it does not run in the cluster.")
def gateway(path: Path, kubeconfig: str | None) -> None:
    """Take alerts and serve agents. $CASEBOOK_DATABASE_URL names the database for traces; without it none are kept."""
    try:
        config = load(path)
        configure(json=not sys.stderr.isatty())
        asyncio.run(_serve(config, os.environ.get(DATABASE_URL, ""), kubeconfig))
    except (ConfigError, BadAddress, BadStore) as error:
        raise click.UsageError(str(error)) from error
    except NotConfigured as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot listen on {config.listen}: {error.strerror or error}") from error


async def _serve(config: GatewayConfig, address: str, kubeconfig: str | None) -> None:
    if not address:
        await serve(config, None, kubeconfig=kubeconfig)
        return
    async with Database.open(address) as database:
        kept = Kept(Cases(database), Ledger(database), Texts(database))
        await serve(config, Traces(database), kept, Calls(database), kubeconfig=kubeconfig)
