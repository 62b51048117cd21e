"""The command `hack/cluster`."""

import os
import shlex
import sys

import click
from rich.console import Console

from .cluster import Cluster
from .errors import ClusterError
from .progress import Progress
from .settings import Settings


def make_cluster() -> Cluster:
    """The cluster that this process's environment asks for."""
    return Cluster(Settings.of(os.environ), os.environ, Progress(Console(stderr=True)), ask)


def ask(question: str) -> bool:
    """Ask the person at the terminal; ClusterError where there is none."""
    if not sys.stdin.isatty():
        raise ClusterError(f"{question} There is nobody to ask: YES=1 answers yes")
    return click.confirm(question, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """A Kubernetes cluster for development and tests: kind, on any machine.

    \b
    CASEBOOK_CONTEXT       use this context of your kubeconfig instead (asks first; YES=1 for scripts)
    CASEBOOK_CLUSTER_NAME  the kind cluster's name (casebook)
    XDG_CACHE_HOME         where builds are kept (~/.cache)
    """


@commands.command()
@click.option("--dry-run", is_flag=True, help="Say what would be used and installed, and stop.")
def up(*, dry_run: bool) -> None:
    """Make the cluster, or complete or start the one that is there."""
    cluster = make_cluster()
    if dry_run:
        click.echo("\n".join(cluster.plan()))
        return
    cluster.up()
    click.echo('use it: hack/cluster kubectl ..., or eval "$(hack/cluster env)"', err=True)


@commands.command()
@click.option("--all", "everything", is_flag=True, help="Remove the caches too: the next `up` builds everything again.")
def down(*, everything: bool) -> None:
    """Delete the cluster; leave no process, mount or interface behind."""
    make_cluster().down(everything=everything)


@commands.command()
def status() -> None:
    """Say what runs, and whether it is ready; exit code 1 where there is no cluster."""
    cluster = make_cluster()
    click.echo("\n".join(cluster.plan()))
    need_cluster(cluster)
    click.echo(cluster.shell.text("kubectl", "get", "nodes", "--output", "wide"))
    click.echo(cluster.shell.text("kubectl", "top", "nodes"))


@commands.command()
@click.argument("images", nargs=-1, required=True)
def load(images: tuple[str, ...]) -> None:
    """Copy images of the Docker engine into the cluster."""
    cluster = make_cluster()
    if cluster.settings.context:
        raise ClusterError("images are loaded into kind clusters only: push them to a registry that yours pulls from")
    need_cluster(cluster)
    cluster.kind.load(list(images))


@commands.command()
def kubeconfig() -> None:
    """Print the path of the cluster's kubeconfig."""
    cluster = make_cluster()
    need_cluster(cluster)
    click.echo(cluster.settings.kubeconfig)


@commands.command()
def env() -> None:
    """Print exports for a shell: KUBECONFIG, PATH with kubectl, helm and kind, DOCKER_HOST of an own engine."""
    made = make_cluster().environment
    for name in ("KUBECONFIG", "DOCKER_HOST", "DOCKER_BUILDKIT", "PATH"):
        if name in made:
            click.echo(f"export {name}={shlex.quote(made[name])}")


@commands.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def kubectl(arguments: tuple[str, ...]) -> None:
    """Run kubectl on the cluster."""
    cluster = make_cluster()
    need_cluster(cluster)
    _become(("kubectl", *arguments), cluster)


def need_cluster(cluster: Cluster) -> None:
    """ClusterError where no cluster was made yet."""
    if not cluster.settings.kubeconfig.exists():
        raise ClusterError("there is no cluster: make one with hack/cluster up")


def _become(argv: tuple[str, ...], cluster: Cluster) -> None:
    try:
        os.execvpe(argv[0], argv, cluster.environment)
    except FileNotFoundError as missing:
        raise ClusterError(f"{argv[0]} is not installed") from missing


def main() -> None:
    """Run a command; what went wrong is one line and exit code 1."""
    run(commands)


def run(group: click.Group) -> None:
    """Run a click group with this package's way of failing."""
    try:
        group()
    except ClusterError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
