"""`python -m bench [NAME...]`."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from bench import machine
from bench.installation import ensure
from bench.learning import cost, curve, effect, interference, leak, persistence, poison, staleness, transfer
from bench.learning.installed import InstalledError
from bench.measures import (
    faults,
    hostile,
    image,
    memory,
    models,
    peers,
    recall,
    recorded,
    replay,
    scale,
    startup,
    storm,
    workloads,
)
from bench.measures.replay import NoTraceError
from bench.process import ROOT, ProcessError
from bench.row import Row, broken
from bench.session import Options, Session
from bench.table import table
from casebook.cluster.client import NotConfigured
from casebook.cluster.errors import ClusterError
from scenariokit.format import FormatError
from scenariokit.kubectl import CommandError

Measure = Callable[[Session, set[str]], Awaitable[list[Row]]]
FAILURES = (
    CommandError, ClusterError, NotConfigured, FormatError, ProcessError, NoTraceError, TimeoutError, InstalledError,
    AssertionError,
)  # fmt: skip
"""What leaves a measure without a figure; the last is how helpers of the tests say that they waited in vain."""
WIDTH = 150


@dataclass(frozen=True)
class Step:
    """What is measured together, and under which names it is asked for."""

    names: dict[str, str]
    measure: Measure
    asked_for: bool = False
    """Whether it takes so long that it is done only when it is named."""


MEASURES = (
    Step({"startup": "start of the command and of the agent"}, startup.measure),
    Step({"image": "size of the image above its base"}, image.measure),
    Step(
        {
            "investigate": "casebook investigate over scenarios: seconds, calls",
            "agent": "alert to agent to report over scenarios, memory of the agent",
        },
        faults.measure,
    ),
    Step({"workloads": "casebook investigate in a namespace of 50 workloads"}, workloads.measure),
    Step({"scale": "casebook investigate in a namespace that grows from 10 pods to 1,000"}, scale.measure),
    Step({"replay": "the engine alone, over what was saved"}, replay.measure),
    Step(
        {"recorded": "the engine over saved investigations of known faults: right, wrong, how sure"}, recorded.measure
    ),
    Step({"models": "prompts over saved investigations; a call through the proxy beside a direct one"}, models.measure),
    Step({"hostile": "a liar, an attacker and a spender as models, over saved investigations"}, hostile.measure),
    Step({"saved-peers": "Casebook and other tools on saved investigations"}, peers.measure_saved, asked_for=True),
    Step({"peers": "Casebook and other tools on every fault; hours, only when named"}, peers.measure, asked_for=True),
    Step({"recall": "what a run is given to know, of 10,000 memories"}, recall.measure),
    Step({"memory": "controller and gateways, idle"}, memory.measure),
    Step({"storm": "5,000 alert groups in a minute, with kills; memory with all of them queued"}, storm.measure),
)
LEARNING = (
    Step({"persistence": "corrections stick"}, persistence.measure, asked_for=True),
    Step({"transfer": "what was taught applies to others of the kind"}, transfer.measure, asked_for=True),
    Step({"interference": "right stays right among other memories"}, interference.measure, asked_for=True),
    Step({"staleness": "what is past moves nothing"}, staleness.measure, asked_for=True),
    Step({"poison": "what nobody confirmed moves nothing"}, poison.measure, asked_for=True),
    Step({"cost": "the same problem again, by occurrence"}, cost.measure, asked_for=True),
    Step({"curve": "accuracy along a stream of incidents, drawn"}, curve.measure, asked_for=True),
    Step({"leak": "two tenants, planted canaries"}, leak.measure, asked_for=True),
    Step({"effect": "from kubectl edit until a run obeys"}, effect.measure, asked_for=True),
)
STEPS = (*MEASURES, *LEARNING)
GROUPS = {"learning": {name for step in LEARNING for name in step.names}}
"""Names that stand for several."""
INSTALLED = {"agent", "memory", "storm"}
ALWAYS = {name for step in STEPS if not step.asked_for for name in step.names}
NAMES = {name: told for step in STEPS for name, told in step.names.items()}


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Names: "
    + "; ".join(f"{name} ({told})" for name, told in NAMES.items())
    + ". `learning` is: "
    + ", ".join(sorted(GROUPS["learning"]))
    + ".",
)
@click.argument("names", nargs=-1, type=click.Choice([*NAMES, *GROUPS]), metavar="[NAME]...")
@click.option("--runs", type=click.IntRange(1, 50), default=3, show_default=True, help="Repetitions of each timing.")
@click.option("--scenario", "scenarios", multiple=True, help="Scenario to investigate; may be given several times.")
@click.option("--groups", type=click.IntRange(10, 20_000), default=5000, show_default=True, help="Groups of the storm.")
@click.option(
    "--saved",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of saved investigations (`hack/scenarios run --traces`) for `recorded`, besides the repository's.",
)
@click.option(
    "--variants", type=click.IntRange(0, 50), default=0, show_default=True, help="Variants of each fault of `peers`."
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="What the variants are made from.")
@click.option(
    "--parallel",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    help="Faults of `peers` made side by side; the tools are asked one at a time all the same.",
)
@click.option(
    "--memories",
    type=click.IntRange(0, 50_000),
    default=0,
    show_default=True,
    help="Measure `agent` once more with so many memories in the namespace.",
)
@click.option("--image", "image_name", default="casebook:dev", show_default=True, help="Image to measure.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=ROOT / "out", help="Folder for results."
)
def main(
    names: tuple[str, ...],
    runs: int,
    scenarios: tuple[str, ...],
    groups: int,
    saved: tuple[Path, ...],
    variants: int,
    seed: int,
    parallel: int,
    memories: int,
    image_name: str,
    out: Path,
) -> None:
    """Measure Casebook beside a floor from the same run; exit code 1 if a bound is broken. Without names, everything.

    What needs a cluster uses the one of `hack/cluster`, and installs the chart there where it is not.
    """
    out.mkdir(parents=True, exist_ok=True)
    options = Options(runs, out, scenarios, groups, image_name, saved, variants, seed, parallel, memories)
    chosen = {each for name in names for each in GROUPS.get(name, {name})}
    rows, shown = asyncio.run(_measure(options, chosen or ALWAYS))
    # In a file or a pipe the table takes the width that it needs.
    screen = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    screen.print(table(rows, machine.description()))
    screen.print("\n".join(shown), markup=False, highlight=False, soft_wrap=True)
    (out / "bench.json").write_text(
        json.dumps({**machine.facts(), "rows": [row.wire() for row in rows]}, indent=1) + "\n"
    )
    sys.exit(1 if broken(rows) else 0)


async def _measure(options: Options, chosen: set[str]) -> tuple[list[Row], list[str]]:
    """The rows, and what is to be read below them."""
    rows = [machine.noise()]
    steps = [step for step in STEPS if chosen & step.names.keys()]
    async with Session(options, Console(stderr=True)) as session:
        for index, step in enumerate(steps):
            wanted = chosen & step.names.keys()
            session.begin(" and ".join(name for name in step.names if name in wanted), index, len(steps))
            try:
                if wanted & INSTALLED:
                    await ensure(session.kube, session.tell)
                rows += await step.measure(session, wanted)
            except FAILURES as error:
                text = " ".join((getattr(error, "message", "") or str(error) or type(error).__name__).split())
                rows += [Row(name, NAMES[name], note=text[:400]) for name in step.names if name in wanted]
    return rows, session.shown
