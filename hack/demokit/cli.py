"""`hack/demo`: the whole way of an alert, on a real cluster."""

import asyncio
import os
from pathlib import Path

import click
from rich.console import Console

from clusterkit.cli import ask
from clusterkit.cluster import Cluster
from clusterkit.errors import ClusterError
from clusterkit.progress import Progress
from clusterkit.settings import Settings
from demokit.demo import Place, plan, play, prepare
from demokit.story import Story
from scenariokit.cli import SCENARIOS
from scenariokit.format import FormatError, Scenario, load_all
from scenariokit.kubectl import CommandError, Kube


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The whole way of an alert, on a real cluster: a shop breaks, and a report says why."""


@main.command()
@click.option("--scenario", "name", default="bad-deploy-exception", show_default=True, help="How the shop breaks.")
@click.option("--yes", is_flag=True, help="Do not ask before an existing cluster (CASEBOOK_CONTEXT) is used.")
def up(name: str, *, yes: bool) -> None:
    """Bring everything up, break the shop, show the report; what is there is used again."""
    if yes:
        os.environ["YES"] = "1"
    scenario = _scenario(name)
    try:
        asyncio.run(_up(Story(Console()), scenario))
    except (CommandError, ClusterError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        raise click.ClickException("interrupted; `make demo` goes on from what is there") from None


def _scenario(name: str) -> Scenario:
    try:
        (scenario,) = load_all(SCENARIOS, [name])
    except FormatError as error:
        raise click.UsageError(str(error)) from None
    return scenario


async def _up(story: Story, scenario: Scenario) -> None:
    settings = Settings.of(os.environ)
    cluster = Cluster(settings, os.environ, Progress(Console(stderr=True)), ask)
    own = settings.context is None
    story.console.print("[bold]This is about to be installed, or used where it is there:[/]", highlight=False)
    for line in plan(scenario, cluster.plan(), own=own):
        story.console.print(f"  - {line}", highlight=False, soft_wrap=True)
    with story.step("Cluster"):
        await asyncio.to_thread(cluster.up)
    # its environment names the engine that `up` has found or started
    environment = Cluster(settings, os.environ, Progress(Console(stderr=True)), ask).environment
    os.environ.update(environment)
    place = Place(environment, Kube(Path(environment["KUBECONFIG"])), own)
    await prepare(story, place)
    await play(story, place, scenario)
