"""Casebook and other tools on the same faults, in the same cluster, at the same moment; or on what was saved."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measures.recorded import KEPT
from bench.peers import offline
from bench.peers.contestants import Baseline, SreAgent, baseline_findings, contestants
from bench.peers.panel import OURS, Answer, Panel
from bench.peers.results import Entry, entries, rows_of, table, theirs, told
from bench.replays import replayed
from bench.row import Row
from bench.session import Session
from bench.snapshots import Snapshot, snapshots
from scenariokit.cli import SCENARIOS, with_variants
from scenariokit.format import Scenario, load_all
from scenariokit.needs import lacking
from scenariokit.rows import Row as ScenarioRow
from scenariokit.run import Options, Runner, all_runs, await_gone
from scenariokit.ways import prometheus_url

GONE_SECONDS = 300.0


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """Every scenario, or those that were chosen, once, with their variants; every finding goes to `peers.jsonl`."""
    options = session.options
    scenarios = with_variants(load_all(SCENARIOS, options.scenarios), options.variants, options.seed)
    await _installed(session)
    async with prometheus_url(session.kube) as url:
        panel = Panel(session, contestants(), url)
        rows = await _runs(session, scenarios, panel, session.options.parallel)
    session.show(f"not asked: {row.id}: {row.reason}"[:200] for row in rows if row.verdict is None)
    return _shown(session, entries(rows, {scenario.name: scenario for scenario in scenarios}, panel.asked), "peers")


async def measure_saved(session: Session, _chosen: set[str]) -> list[Row]:
    """The same over saved investigations, for those tools that can be asked without a cluster."""
    peer = await _installed(session)
    found: list[Entry] = []
    with TemporaryDirectory(prefix="casebook-bench-") as folder:
        for one in snapshots([*KEPT, *session.options.saved], load_all(SCENARIOS)):
            session.tell(one.name)
            found += await _asked(one, peer, Path(folder) / "snapshot.json")
    return _shown(session, found, "saved-peers")


async def _asked(one: Snapshot, peer: SreAgent, file: Path) -> list[Entry]:
    namespace = one.places.names["main"]
    file.write_text(offline.dumped(one.trace, one.places.owners, namespace))
    answers = [
        Answer(peer.name, 0.0, 0, await peer.read(file)),
        Answer(Baseline.name, 0.0, 0, baseline_findings(offline.baseline(one.trace, namespace))),
    ]
    ours = Entry(one.name, Answer(OURS, 0.0, 0), replayed(one).scored)
    return [ours, *(Entry(one.name, answer, theirs(answer, one.scenario, one.places)) for answer in answers)]


async def _installed(session: Session) -> SreAgent:
    session.tell("installing k8s-sre-agent in an environment of its own")
    peer = SreAgent()
    await peer.install()
    return peer


def _shown(session: Session, found: Sequence[Entry], name: str) -> list[Row]:
    (session.options.out / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in told(found)))
    session.show(["", *table(found)])
    return rows_of(found)


async def _runs(session: Session, scenarios: list[Scenario], panel: Panel, parallel: int) -> list[ScenarioRow]:
    kube = session.kube
    lacks = await lacking(kube, {need for scenario in scenarios for need in scenario.needs})
    runner = Runner(kube, panel, Options(lacks), lambda name, _, stage: session.tell(f"{name}, {stage}"))
    rows = [row async for row in all_runs(runner, scenarios, 1, parallel)]
    await await_gone(kube, GONE_SECONDS)
    return rows
