"""`hack/scenarios`: run live failure scenarios and score the investigations."""

import asyncio
import base64
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from casebook.api.enums import Reasoning
from scenariokit import fixtures
from scenariokit.format import WHOLE_CLUSTER, FormatError, Need, Scenario, load_all
from scenariokit.kubectl import CommandError, Kube
from scenariokit.needs import lacking
from scenariokit.rows import Row
from scenariokit.run import LABEL, Options, Runner, all_runs, await_gone
from scenariokit.scripted import MODEL
from scenariokit.scripted import scripted as model_of
from scenariokit.table import Display, show_list, show_results
from scenariokit.variants import vary
from scenariokit.ways import PATIENCE, CommandLine, Resource, Way, Webhook, prometheus_url

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "tests" / "cluster" / "scenarios"
WAYS = ("cli", "crd", "alert")
GONE_SECONDS = 120.0

folder = click.option(
    "--dir", "directory", type=click.Path(path_type=Path), default=SCENARIOS, help="Folder of scenario folders."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Live failure scenarios: make a fault in fresh namespaces, ask Casebook, score the answer."""


@main.command(name="list")
@folder
def list_command(directory: Path) -> None:
    """List the scenarios of a folder."""
    show_list(_console(), _loaded(directory, ()))


@main.command()
@click.argument("ids", nargs=-1)
@folder
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write one JSON row a run to this file.")
@click.option("--via", type=click.Choice(WAYS), default="cli", show_default=True, help="How to ask.")
@click.option("--repeat", type=click.IntRange(1, 100), default=1, show_default=True, help="Runs of each.")
@click.option("--tenth", type=click.IntRange(0, 9), help="This tenth of those that are not named, besides them.")
@click.option("--variants", type=click.IntRange(0, 50), default=0, show_default=True, help="Variants of each, besides.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="What the variants are made from.")
@click.option("--parallel", type=click.IntRange(1, 16), default=2, show_default=True, help="Runs side by side.")
@click.option("--disturb", is_flag=True, help="Run those that disturb the whole cluster too; one after the other.")
@click.option("--keep", is_flag=True, help="Leave the namespaces for a look; `hack/scenarios clean` removes them.")
@click.option("--traces", type=click.Path(path_type=Path, file_okay=False), help="Save each trace here (--via cli).")
@click.option(
    "--reasoning",
    type=click.Choice([one.value for one in Reasoning]),
    default=Reasoning.BUILT_IN.value,
    show_default=True,
    help="Whether a model takes part (--via crd; an alert's is the installation's).",
)
@click.option("--model", default="", help="Model to ask besides (--via cli), at $OPENAI_BASE_URL.")
@click.option(
    "--seconds",
    type=click.IntRange(10, 3600),
    default=PATIENCE,
    show_default=True,
    help="Time for each report (--via cli).",
)
@click.option("--scripted", is_flag=True, help="Ask a model that answers as the scenarios say (--via cli).")
@click.option("--receiver", default="alertmanager", show_default=True, help="Receiver to post to (--via alert).")
def run(ids: tuple[str, ...], directory: Path, out: Path | None, via: str, repeat: int, tenth: int | None,
        variants: int, seed: int, parallel: int, disturb: bool, keep: bool, traces: Path | None,
        reasoning: str, model: str, seconds: int, scripted: bool, receiver: str) -> None:  # fmt: skip
    """Run scenarios, all of the folder or those named; exit code 1 if any is not right."""
    asking = _asking(via, receiver, reasoning, model, seconds, scripted=scripted)
    scenarios = _loaded(directory, ids) if ids or tenth is None else []
    if tenth is not None:
        scenarios += tenth_of(_loaded(directory, ()), tenth, besides=ids)
    scenarios = with_variants(scenarios, variants, seed)
    if traces:
        traces.mkdir(parents=True, exist_ok=True)
    session = _Session(_console(), out, keep, traces, repeat, 1 if disturb else parallel, disturb)
    try:
        rows = asyncio.run(session.go(scenarios, asking))
    except CommandError as error:
        raise click.ClickException(str(error)) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise click.ClickException("interrupted; the namespaces are being removed") from None
    show_results(_console(), rows)
    sys.exit(0 if all(row.outcome in {"right", "skipped"} for row in rows) else 1)


@main.command()
def clean() -> None:
    """Remove the namespaces that runs with --keep, or that were killed, have left."""
    try:
        left = asyncio.run(_clean())
    except CommandError as error:
        raise click.ClickException(str(error)) from None
    if left:
        raise click.ClickException(f"still there: {', '.join(left)}")


async def _clean() -> list[str]:
    kube = cluster()
    await kube.must("delete", "namespace", "-l", LABEL, "--wait=false")
    await fixtures.remove(kube)
    return await await_gone(kube, GONE_SECONDS)


@dataclass(frozen=True)
class Asking:
    """How to ask, and whether a model takes part."""

    via: str
    receiver: str
    reasoning: Reasoning
    model: str
    seconds: int
    scripted: bool

    @property
    def has_model(self) -> bool:
        """Whether it does."""
        return bool(self.model) or self.scripted or self.reasoning is not Reasoning.BUILT_IN


def _asking(via: str, receiver: str, reasoning: str, model: str, seconds: int, *, scripted: bool) -> Asking:
    if ((model or scripted) and via != "cli") or (reasoning != Reasoning.BUILT_IN.value and via != "crd"):
        raise click.UsageError("--model and --scripted go with --via cli, --reasoning with --via crd")
    if model and scripted:
        raise click.UsageError("--model and --scripted are two models: give one")
    if seconds != PATIENCE and via != "cli":
        raise click.UsageError("--seconds goes with --via cli: the others have the budget of the installation")
    return Asking(via, receiver, Reasoning(reasoning), model, seconds, scripted)


class _Session:
    """One call of the runner, from its options."""

    def __init__(self, console: Console, out: Path | None, keep: bool, traces: Path | None, repeat: int,
                 parallel: int, disturb: bool) -> None:  # fmt: skip
        self._console, self._out, self._keep, self._traces = console, out, keep, traces
        self._repeat, self._parallel = repeat, parallel
        self._granted: set[Need] = {WHOLE_CLUSTER} if disturb else set()

    async def go(self, scenarios: list[Scenario], asking: Asking) -> list[Row]:
        """All runs; an interrupt or SIGTERM cancels them, and each cleans up."""
        task = asyncio.current_task()
        if task is not None:
            # A shell that starts it in the background makes it ignore SIGINT; it cleans up all the same.
            for ending in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
        kube = cluster()
        await kube.must("get", "--raw", "/readyz")
        needs = {need for scenario in scenarios for need in scenario.needs}
        made = await fixtures.ensure(kube) if "registry" in needs else False
        try:
            return await self._all(kube, scenarios, asking)
        finally:
            if made and not self._keep and not await await_gone(kube, 0):  # another runner may be using it
                await asyncio.shield(fixtures.remove(kube))

    async def _all(self, kube: Kube, scenarios: list[Scenario], asking: Asking) -> list[Row]:
        needs = {need for scenario in scenarios for need in scenario.needs}
        options = Options(await lacking(kube, needs - self._granted), self._keep, self._traces)
        rows: list[Row] = []
        if self._out:
            self._out.parent.mkdir(parents=True, exist_ok=True)
            self._out.write_text("")
        with Display(self._console, len(scenarios) * self._repeat) as display:
            async with _way(kube, asking, scenarios) as way:
                runner = Runner(kube, way, options, display.tell)
                expecting = [one.with_model() for one in scenarios] if asking.has_model else scenarios
                async for row in all_runs(runner, expecting, self._repeat, self._parallel):
                    rows.append(row)
                    display.done(row)
                    self._write(row)
        if not self._keep:
            await await_gone(kube, GONE_SECONDS, {name for row in rows for name in row.namespaces.values()})
        return rows

    def _write(self, row: Row) -> None:
        if self._out:
            with self._out.open("a") as file:
                file.write(row.model_dump_json() + "\n")


def cluster() -> Kube:
    """The cluster that KUBECONFIG names, else the one of `hack/cluster`; never a person's default context."""
    named = os.environ.get("KUBECONFIG")
    if named:
        return Kube(Path(named))
    from clusterkit.settings import Settings

    settings = Settings.of(os.environ)
    os.environ["PATH"] = f"{settings.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if not settings.kubeconfig.is_file():
        raise CommandError("no cluster: run `hack/cluster up` first, or set KUBECONFIG")
    return Kube(settings.kubeconfig)


@asynccontextmanager
async def _way(kube: Kube, asking: Asking, scenarios: Sequence[Scenario]) -> AsyncIterator[Way]:
    if asking.via == "crd":
        yield Resource(asking.reasoning)
    elif asking.via == "alert":
        yield Webhook(asking.receiver, await _token(kube, asking.receiver))
    else:
        async with prometheus_url(kube) as url:
            program = ROOT / ".venv" / "bin" / "casebook"
            if asking.scripted:
                async with model_of(scenarios) as env:
                    yield CommandLine(program, url, MODEL, env, asking.seconds)
            else:
                yield CommandLine(program, url, asking.model, seconds=asking.seconds)


async def _token(kube: Kube, receiver: str) -> str:
    (secret,) = await kube.objects("secret", "casebook-receivers", "-n", "casebook-system")
    encoded = secret.get("data", {}).get(receiver)
    if not encoded:
        raise CommandError(f"Secret casebook-receivers in casebook-system has no key {receiver}")
    return base64.b64decode(encoded).decode().split()[0]


def tenth_of(scenarios: list[Scenario], number: int, besides: Sequence[str]) -> list[Scenario]:
    """Tenth 0 to 9 of the scenarios besides those named: every tenth by id, so that ten runs have had them all."""
    return [one for one in sorted(scenarios, key=lambda one: one.id) if one.id not in besides][number::10]


def with_variants(scenarios: list[Scenario], count: int, seed: int) -> list[Scenario]:
    """Each scenario, followed by its first so many variants under the seed."""
    return [one for given in scenarios for one in (given, *(vary(given, seed, n) for n in range(1, count + 1)))]


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=140)


def _loaded(directory: Path, ids: tuple[str, ...]) -> list[Scenario]:
    try:
        return load_all(directory, ids)
    except FormatError as error:
        raise click.UsageError(str(error)) from None
