"""The demo, step by step."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from casebook.api.investigation import Investigation
from casebook.cli.render import Heading, colourful, render_report
from demokit import monitoring, second
from demokit.follow import follow
from demokit.shop import NAME, Shop, commands, every, opened
from demokit.story import Story
from scenariokit import fixtures
from scenariokit.format import Scenario
from scenariokit.kubectl import CommandError, Kube, execute
from scenariokit.ways import asked_in_words, create_investigation

ROOT = Path(__file__).resolve().parents[2]
CALM_SECONDS = 120.0
ALERT_SECONDS = 150.0
CREATED_SECONDS = 90.0
INSTALL_SECONDS = 600.0
AGAIN = "a second act: the finding is corrected, the shop mended, and the same fault comes again"


@dataclass(frozen=True)
class Place:
    """Where the demo runs: the environment of commands, the kubeconfig, and whether the cluster is hack/cluster's."""

    environment: Mapping[str, str]
    kube: Kube
    own: bool


def plan(scenario: Scenario, cluster: list[str], *, own: bool) -> list[str]:
    """What will be installed where, before it is."""
    images = "images: casebook, its Postgres, Prometheus, Alertmanager and the shop, built here"
    return [
        *cluster,
        f"{images} and loaded into the cluster" if own else f"{images}; your nodes must be able to pull them",
        "Casebook, by its Helm chart, in the namespaces casebook-system and casebook-runs",
        "Prometheus and Alertmanager in the namespace casebook-monitoring",
        f"a small shop in the namespace {NAME}, which then breaks: {scenario.title} ({scenario.id})",
        *([AGAIN] if second.undoing(scenario.inject) else []),
        "remove all of it: make demo-down"
        if own
        else f"remove it: helm uninstall casebook -n casebook-system; "
        f"kubectl delete namespace {NAME} casebook-monitoring casebook-system casebook-runs",
    ]


async def prepare(story: Story, place: Place) -> None:
    """Images, chart, monitoring; what is there already is left as it is."""
    with story.step("Images"):
        await command(place, ROOT / "hack" / "image", "build", *(["--load"] if place.own else []))
    # Casebook's gateway asks the Prometheus that is there; Alertmanager needs a token that Casebook makes.
    with story.step("Prometheus"):
        await monitoring.prometheus(place.kube)
    with story.step("Casebook"):
        await quietly(place, ROOT / "hack" / "install")
    with story.step("Alertmanager"):
        await monitoring.alertmanager(place.kube)


async def play(story: Story, place: Place, scenario: Scenario) -> None:
    """Set the shop up, break it, follow the alert to its report; then correct that, and break it once more."""
    async with opened(scenario, place.kube) as shop:
        await _set_up(story, shop)
        await _break(story, shop)
        found = await _investigation(story, shop, set())
        show(story, found)
        if second.undoing(scenario.inject) and second.correction(found):
            await _second_act(story, place, shop, found)
        _look_further(story, found)


async def _set_up(story: Story, shop: Shop) -> None:
    with story.step(f"The shop, in namespace {NAME}"):
        if "registry" in shop.scenario.needs:
            await fixtures.ensure(shop.kube)
        identity = await monitoring.silence(shop.kube, set(shop.names.values()))
        await shop.tidy()
        await shop.fresh()
        await shop.steps.do(shop.scenario.setup)
        story.say("runs, with customers; waiting until no alert is left of its start")
        async for _ in every(2, CALM_SECONDS):
            if not await monitoring.alerts(shop.kube, set(shop.names.values())):
                break
        await monitoring.unsilence(shop.kube, identity)


async def _break(story: Story, shop: Shop) -> None:
    story.console.print(f"\n[bold]The fault: {shop.scenario.title}[/]", highlight=False)
    for line in commands(shop.scenario.inject, shop.scenario):
        story.say(f"$ {line}")
    story.start_clock()
    await shop.steps.do(shop.scenario.inject)
    story.say("done; nobody has told Casebook anything")


async def _second_act(story: Story, place: Place, shop: Shop, found: Investigation) -> None:
    """A correction, what it changes in hindsight, and the same alert again: what that comes to and what it reads."""
    story.console.print("\n[bold]Second act: somebody knows better[/]", highlight=False)
    said = second.correction(found)
    story.say(second.typed(said))
    await command(place, ROOT / ".venv" / "bin" / "kubectl-casebook", *said, shown=True)
    story.console.print("\n[bold]The shop is mended, and breaks again[/]", highlight=False)
    await second.mend(story, shop)
    await second.resolved(story, shop.kube, found)
    known = await second.names(shop.kube, shop.names["main"])
    await _break(story, shop)
    again = await _investigation(story, shop, known, "demo-again")
    show(story, again)
    story.console.print("\n[bold]What the correction was worth[/]", highlight=False)
    for line in second.Change(found, again).lines():
        story.console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)


async def _investigation(story: Story, shop: Shop, known: set[str], asked: str = "demo") -> Investigation:
    """The Investigation that the alert makes, none of those known; where no alert comes, one that is asked for."""
    namespace = shop.names["main"]
    if await _fires(story, shop):
        name = await _created(story, shop.kube, namespace, known)
    else:
        story.say(
            f"no rule of this Prometheus sees this fault within {ALERT_SECONDS:.0f} s: asking instead of an alert"
        )
        name = await create_investigation(shop.kube, namespace, asked, shop.scenario.trigger)
        story.say(f"Investigation {name}: {asked_in_words(shop.scenario.trigger)}")
    found = await follow(shop.kube, namespace, name, story.say)
    story.times.append(("Report after the fault", story.since_fault()))
    return found


async def _fires(story: Story, shop: Shop) -> bool:
    told: set[tuple[str, str]] = set()
    async for _ in every(1, ALERT_SECONDS):
        for alert in await monitoring.alerts(shop.kube, set(shop.names.values())):
            if (alert.name, alert.state) not in told:
                told.add((alert.name, alert.state))
                story.say(f"Prometheus: {alert.name} {alert.state}: {alert.summary}")
            if alert.state == "firing":
                story.times.append(("Alert fires after the fault", story.since_fault()))
                return True
    return False


async def _created(story: Story, kube: Kube, namespace: str, known: set[str]) -> str:
    async for _ in every(0.5, CREATED_SECONDS):
        new = await second.names(kube, namespace) - known
        if new:
            name = min(new)
            story.say(f"Alertmanager has told Casebook: Investigation {name}")
            story.times.append(("Investigation after the fault", story.since_fault()))
            return name
    raise CommandError(
        "Alertmanager's alert made no Investigation: kubectl -n casebook-monitoring logs deployment/alertmanager"
    )


def show(story: Story, found: Investigation) -> None:
    """Print the report and the times."""
    report = found.status.report
    if report is None:
        said = "; ".join(f"{c.type}={c.status} {c.reason}: {c.message}" for c in found.status.conditions)
        raise CommandError(f"no report was written: {said}")
    story.say(f"report: {report.verdict} {found.status.object or ''} {found.status.cause or ''}".rstrip())
    heading = heading_of(found)
    sys.stdout.write("\n" + render_report(report, heading, "text", colour=colourful(sys.stdout)))
    sys.stdout.flush()
    story.console.print("\n[bold]Times[/]", highlight=False)
    for line in story.summary():
        story.console.print(f"  {line}", highlight=False)


def _look_further(story: Story, found: Investigation) -> None:
    story.console.print("\n[bold]Look further[/]", highlight=False)
    for line in further(found):
        story.console.print(f"  {line}", highlight=False, soft_wrap=True)


def heading_of(found: Investigation) -> Heading:
    """What the report is about, from the resource."""
    spec = found.spec
    alert = spec.alert.labels.get("alertname", "") if spec.alert else ""
    subject = f"{spec.target.kind}/{spec.target.name}" if spec.target else alert
    now = found.status.finished_at or found.metadata.creation_timestamp
    if now is None:
        raise CommandError("the Investigation carries no time")
    return Heading(subject=subject, namespace=found.metadata.namespace, question=spec.question, now=now)


def further(found: Investigation) -> list[str]:
    """Commands to look further, and to try another failure."""
    name, namespace = found.metadata.name, found.metadata.namespace
    return [
        'eval "$(hack/cluster env)"                       # kubectl and KUBECONFIG of the cluster',
        f"kubectl get inv -n {namespace} -o wide",
        f"kubectl get inv -n {namespace} {name} -o yaml",
        f'.venv/bin/casebook investigate -n {namespace} --question "what is wrong?"   # the same from here, live',
        "make demo SCENARIO=oom-limit-low                 # another failure; hack/scenarios list names them all",
        "make demo-down                                   # remove the cluster",
    ]


async def command(place: Place, program: Path, *arguments: str, shown: bool = False) -> None:
    """Run one of the project's commands, its errors to the terminal and where `shown` all; CommandError if it fails."""
    quiet = None if shown else asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(str(program), *arguments, env=dict(place.environment), stdout=quiet)
    if await process.wait():
        raise CommandError(f"{os.path.relpath(program, ROOT)} {' '.join(arguments)} failed")


async def quietly(place: Place, program: Path) -> None:
    """Run one of the project's commands and show only how it failed; CommandError then."""
    done = await execute((str(program),), env=dict(place.environment), seconds=INSTALL_SECONDS)
    if done.code:
        raise CommandError(f"{os.path.relpath(program, ROOT)} failed: {done.message}")
