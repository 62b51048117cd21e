"""`casebook replay`: a saved investigation again, offline."""

import sys
from pathlib import Path

import click

from casebook.cli import tracefile
from casebook.cli.render import FORMATS, Heading, colourful, render_report
from casebook.reasoning import replay as engine


@click.command(short_help="Run a saved investigation again, offline.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Choice(FORMATS), default="text", show_default=True, help="Format.")
def replay(file: Path, output: str) -> None:
    """Reason anew over what a saved investigation saw. The same version of Casebook gives the same bytes."""
    trace = tracefile.load(file)
    report = engine.replay(trace)
    colour = colourful(sys.stdout)
    click.echo(render_report(report, Heading.of(trace.run), output, colour=colour), nl=False, color=colour)
