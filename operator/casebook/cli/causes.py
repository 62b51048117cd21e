"""`casebook causes`: the page about every cause that the registry holds."""

from pathlib import Path

import click

from casebook.cli.generated import hold
from casebook.reasoning.catalogue import page


@click.group()
def causes() -> None:
    """Write the page about every cause."""


@causes.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if the page is not what would be written.")
def generate(out: Path, check: bool) -> None:
    """Generate docs/causes.md from the registry."""
    hold({"causes.md": page()}, out, check=check, command="casebook causes generate")
