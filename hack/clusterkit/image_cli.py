"""The command `hack/image`."""

import os

import click
from rich.console import Console

from .cli import ask, need_cluster, run
from .cluster import Cluster
from .errors import ClusterError
from .images import NAMES, Builder
from .progress import Progress
from .settings import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """The project's container images, built in the engine that hack/cluster uses."""


@commands.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES), metavar="[NAME]...")
@click.option("--load", is_flag=True, help="Copy the images into the cluster too.")
def build(names: tuple[str, ...], *, load: bool) -> None:
    """Build images as NAME:dev, all where none is named; what did not change comes from the cache."""
    progress = Progress(Console(stderr=True))
    cluster = Cluster(Settings.of(os.environ), os.environ, progress, ask)
    tags = Builder(cluster, progress).build(names)
    if load:
        if cluster.settings.context:
            raise ClusterError(
                "--load is for kind clusters: push the images to a registry that your cluster pulls from"
            )
        need_cluster(cluster)
        with progress.step(f"load {len(tags)} images into the cluster"):
            cluster.kind.load(tags)
    click.echo("\n".join(tags))


@commands.command(name="list")
def list_names() -> None:
    """Name the images."""
    click.echo("\n".join(NAMES))


def main() -> None:
    """Run a command; what went wrong is one line and exit code 1."""
    run(commands)
