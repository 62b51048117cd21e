"""`casebook controller`: the operator's control loop, as its Deployment runs it."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

import click

from casebook.cli import logs
from casebook.cli.embedding import embedder
from casebook.cli.settings import controller_settings
from casebook.cluster.client import NotConfigured, connect
from casebook.controller.config import ControllerConfig
from casebook.handlers import service
from casebook.store.cases import Cases
from casebook.store.database import DATABASE_URL, BadAddress, Database
from casebook.store.texts import Texts
from casebook.store.traces import Traces
from casebook.store.uses import Ledger
from casebook.store.versions import Versions


@click.command()
@click.option("--config", "path", type=click.Path(path_type=Path), required=True, help="YAML file with the settings.")
def controller(path: Path) -> None:
    """Run the controller: one process per cluster. $CASEBOOK_DATABASE_URL names the database of traces to replay."""
    config = controller_settings(path)
    logs.configure(json=not sys.stderr.isatty())
    # kopf tells of every event, and warns that it is not in the main thread, where it does not belong here.
    logging.getLogger("kopf").setLevel(logging.ERROR)
    try:
        asyncio.run(_serve(config, os.environ.get(DATABASE_URL, "")))
    except BadAddress as error:
        raise click.UsageError(str(error)) from error
    except (NotConfigured, OSError) as error:
        raise click.ClickException(str(error)) from error


async def _serve(config: ControllerConfig, address: str) -> None:
    if not address:
        await _run(config, None)
        return
    async with Database.open(address) as database, embedder(config) as made:
        cases = Cases(database)
        stores = service.Stores(
            Traces(database), cases, Ledger(database), cases, Texts(database), Versions(database), made
        )
        await _run(config, stores)


async def _run(config: ControllerConfig, stores: service.Stores | None) -> None:
    async with connect() as client:
        task = asyncio.create_task(service.run(client, config, stores))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()
