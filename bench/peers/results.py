"""The answers of all tools, scored: a table for people, rows with bounds, every finding for whoever doubts it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from bench.peers.findings import judge
from bench.peers.panel import OURS, Answer, Asked
from bench.row import Bound, Floor, Row
from bench.spread import Spread
from casebook.api.enums import Verdict
from scenariokit.format import Scenario
from scenariokit.rows import Row as ScenarioRow
from scenariokit.run import placed
from scenariokit.score import Places, Scored, summarise

GROUP = "peers"


@dataclass(frozen=True)
class Entry:
    """One tool on one fault."""

    scenario: str
    answer: Answer
    scored: Scored


def entries(rows: Sequence[ScenarioRow], scenarios: Mapping[str, Scenario], asked: Mapping[str, Asked]) -> list[Entry]:
    """Everybody's answers to the faults for which Casebook made a report; a tool that ended badly found nothing."""
    found = []
    for row in rows:
        ours = row.scored()
        if ours is not None:
            there = asked[row.namespaces["main"]]
            scenario, places = placed(scenarios[row.id], row.namespaces), Places(row.namespaces, there.owners)
            for answer in there.answers:
                scored = ours if answer.tool == OURS else theirs(answer, scenario, places)
                found.append(Entry(row.id, answer, scored))
    return found


def table(found: Sequence[Entry]) -> list[str]:
    """One line a tool, in Markdown; seconds and calls are medians, nothing where no cluster was asked."""
    titles = ("tool", "faults", "AC@1", "AC@3", "no-fault specificity", "false causes each", "seconds", "API calls")
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for tool, mine in _by_tool(found).items():
        summary = summarise([entry.scored for entry in mine])
        seconds, calls = (median(values) for values in _cost(mine))
        cells = [
            *(tool, str(len(mine)), *map(_percent, (summary.ac1, summary.ac3, summary.no_fault))),
            f"{summary.false_causes[0] / summary.false_causes[1]:.2f}",
            *((f"{seconds:.1f}", f"{calls:.0f}") if calls else ("-", "-")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def rows_of(found: Sequence[Entry]) -> list[Row]:
    """Casebook's figures beside those of the best peer, which it has to beat."""
    tools = {tool: summarise([entry.scored for entry in mine]) for tool, mine in _by_tool(found).items()}
    peers = [tool for tool in tools if tool != OURS]
    if OURS not in tools or not peers:
        return [Row(GROUP, "Casebook and its peers", note="no fault was answered by all")]
    made = []
    for what, of in (("AC@1", "ac1"), ("AC@3", "ac3")):
        shares = {tool: _share(getattr(summary, of)) for tool, summary in tools.items()}
        best = max(peers, key=lambda tool: shares[tool])
        floor = Floor(Spread.of([shares[best]]), best)
        made.append(Row(GROUP, what, "%", Spread.of([shares[OURS]]), Bound(">=", 0.0, over_floor=True), floor))
    return made


def told(found: Sequence[Entry]) -> Iterator[str]:
    """Every answer as one line of JSON: the findings, and what they count as."""
    for entry in found:
        judgement = entry.scored.judgement
        counted = {"ac1": judgement.first_right, "ac3": judgement.among_three}
        wrong = {"missed": judgement.missed, "false_causes": judgement.false_causes}
        yield json.dumps({"scenario": entry.scenario, **asdict(entry.answer), **counted, **wrong})


def theirs(answer: Answer, scenario: Scenario, places: Places) -> Scored:
    """A peer's answer to a scenario whose namespaces are filled in, scored."""
    findings = answer.findings or []
    silent = Verdict.INCONCLUSIVE if answer.error else Verdict.NO_FAULT
    judgement = judge(findings, scenario, places)
    return Scored(scenario.expect.verdict, Verdict.ROOT_CAUSE if findings else silent, judgement, answer.seconds)


def _by_tool(found: Sequence[Entry]) -> dict[str, list[Entry]]:
    tools = dict.fromkeys([OURS, *(entry.answer.tool for entry in found)])
    grouped = {tool: [entry for entry in found if entry.answer.tool == tool] for tool in tools}
    return {tool: mine for tool, mine in grouped.items() if mine}


def _cost(mine: Sequence[Entry]) -> tuple[list[float], list[float]]:
    return [entry.answer.seconds for entry in mine], [float(entry.answer.calls) for entry in mine]


def _share(hits: tuple[int, int]) -> float:
    return 100 * hits[0] / hits[1] if hits[1] else 0.0


def _percent(hits: tuple[int, int]) -> str:
    return f"{hits[0]}/{hits[1]} ({_share(hits):.0f} %)" if hits[1] else "-"
