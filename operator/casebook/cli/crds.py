"""`casebook crds`: the custom resource definitions as files."""

from pathlib import Path

import click

from casebook.cli.generated import hold
from casebook.crdgen.manifest import files


@click.group()
def crds() -> None:
    """Write the custom resource definitions."""


@crds.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("crds"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if a file is not what would be written.")
def generate(out: Path, check: bool) -> None:
    """Generate crds/*.yaml from the API models."""
    hold(files(), out, check=check, command="casebook crds generate")
