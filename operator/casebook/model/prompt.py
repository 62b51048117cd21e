"""The prompt: a pure function of what the engine would report now, under a budget of tokens.

The same run, board and report give the same bytes. What was read from the cluster or written by a person stands between
fences that carry a number of the run; whatever looks like a fence in it is taken apart.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from casebook.analysis.access import listed, text, words
from casebook.analysis.things import Ref, clip, shown
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World
from casebook.api.consultation import (
    MAX_ASKS,
    MAX_PREDICTIONS,
    MAX_PROPOSALS,
    MAX_SENTENCES,
    MAX_TURNS,
    MIN_PREDICTIONS,
    Quote,
)
from casebook.api.report import Report
from casebook.api.run import Run
from casebook.knowledge.recall import MEMORY, display_name
from casebook.knowledge.skills import SKILL
from casebook.reasoning.board import Board
from casebook.reasoning.planning.measuring import metrics
from casebook.reasoning.proposals.asking import told
from casebook.reasoning.proposals.proposed import asked_about
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.situation import Situation

VERSION = "board-3"
"""File of the instructions; another wording is another file."""
CHARS_PER_TOKEN = 3
"""Characters of JSON, names and log lines that make up a token, at least; for budgets, where too few is safe."""
FENCE = 80
"""Characters that the fences of a section take."""
MAX_OBJECTS, MAX_SETTINGS, SETTING_CHARS, MAX_METRICS = 60, 8, 1500, 60
GENERIC = ("container_", "go_", "kube_", "machine_", "process_", "prometheus_", "promhttp_", "python_", "scrape_")
"""Metrics that every program or cluster has."""


@dataclass(frozen=True)
class Prompt:
    """What is sent: the instructions, and the data within fences.

    `quotes`, by id, and `objects` are what an answer may name; `may_ask` is whether it may ask to see more.
    """

    system: str
    user: str
    quotes: Mapping[str, Quote]
    objects: frozenset[str]
    may_ask: bool

    def tokens(self) -> int:
        """About how many tokens it is, rather too many than too few."""
        return (len(self.system) + len(self.user)) // CHARS_PER_TOKEN + 1


def build(
    run: Run, board: Board, report: Report, tokens: int, redact: Callable[[str], str] = lambda text: text
) -> Prompt:
    """The prompt of at most so many tokens; what does not fit is cut from the end of the longest section.

    `redact` takes credentials out of every section before it is measured: a mask may be longer than what it hides.
    """
    nonce = numbered(f"{run.uid}/{run.attempt}")
    system = _instructions().replace("{nonce}", nonce)
    quotes = _quotes(board, report)
    turns = _turns_left(board)
    sections = _sections(run, board, report, [(name, one) for name, one in quotes.items() if name.startswith("o")])
    clean = [(name, redact(text)) for name, text in sections]
    user = fenced(clean, nonce, tokens * CHARS_PER_TOKEN - len(system))
    objects = frozenset(board.situation.label(ref) for ref in asked_about(board))
    return Prompt(system, user, quotes, objects, turns > 0)


def numbered(of: str) -> str:
    """The number that fences carry, for what they are about."""
    return sha256(of.encode()).hexdigest()[:16]


def fenced(sections: Sequence[tuple[str, str]], nonce: str, room: int) -> str:
    """The sections between fences, within so many characters."""
    return "\n".join(_fence(name, text, nonce) for name, text in _fitted(sections, room - FENCE * len(sections)))


def instructions(version: str) -> str:
    """The text of a file of instructions."""
    return files("casebook.model").joinpath("prompts", f"{version}.md").read_text("utf-8")


def _turns_left(board: Board) -> int:
    """How often more a model may ask to see something."""
    asked = board.situation.world.snapshot.consultation
    return max(0, MAX_TURNS - 1 - (asked.turns if asked else 0))


def _quotes(board: Board, report: Report) -> dict[str, Quote]:
    """What an answer may cite, by id: the evidence of the report as e1, e2, what came of asks as o1, o2."""
    ids = {one.digest(): one.id for one in board.situation.world.snapshot.observations}
    found = {
        item.id: Quote(observation=ids[item.digest], excerpt=item.excerpt)
        for item in report.evidence
        if item.digest in ids
    }
    return found | {f"o{number}": one for number, one in enumerate(told(board.situation), start=1)}


@cache
def _instructions() -> str:
    text = instructions(VERSION)
    bounds = {
        "proposals": MAX_PROPOSALS,
        "least": MIN_PREDICTIONS,
        "most": MAX_PREDICTIONS,
        "sentences": MAX_SENTENCES,
        "asks": MAX_ASKS,
    }
    for name, value in bounds.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _sections(run: Run, board: Board, report: Report, seen: Sequence[tuple[str, Quote]]) -> list[tuple[str, str]]:
    """(name, text) of every section, what matters most first."""
    world, refs = board.situation.world, asked_about(board)
    by_id, left = world.snapshot.by_id, _turns_left(board)
    return [
        ("QUESTION", _lines([run.spec.question, *_alert(run), report.meaning])),
        ("TURN", f"You may ask to see more {left} times." if left else "You may not ask to see more: answer now."),
        ("OBSERVED", _lines(f"{name} [{by_id[one.observation].command()}] {one.excerpt}" for name, one in seen)),
        ("ENGINE SAYS", _lines([report.summary, *_hypotheses(report)])),
        ("EVIDENCE", _lines(f"{item.id} [{item.query}] {item.excerpt}" for item in report.evidence)),
        ("SYMPTOMS", _lines(f"{item.object}: {item.note}" for item in report.affected)),
        ("NEW IN LOGS", _lines(f"{item.object}: {item.message}" for item in report.logs)),
        ("CHANGES", _lines(f"{item.at:%H:%M:%S} {item.object}: {item.what}" for item in report.changes)),
        ("KNOWLEDGE", _lines(_knowledge(run, report))),
        ("SETTINGS", _lines(_settings(world, refs))),
        ("METRICS", _metrics(world)),
        ("GRAPH", _lines(_edges(board.situation, refs[:MAX_OBJECTS]))),
        ("OBJECTS", _lines(board.situation.label(ref) for ref in refs[:MAX_OBJECTS])),
        ("CODES", ", ".join(code for code, cause in REGISTRY.items() if cause.fault)),
    ]


def _alert(run: Run) -> list[str]:
    alert = run.spec.alert
    return [f"{key}: {value}" for key, value in sorted(alert.annotations.items())] if alert else []


def _hypotheses(report: Report) -> Iterable[str]:
    for item in report.hypotheses:
        tests = "; ".join(f"{one.outcome}: {one.statement}" for one in item.predictions)
        yield f"{item.object} {item.cause} {item.confidence_percent} % {item.verdict}: {item.statement} [{tests}]"


def _knowledge(run: Run, report: Report) -> Iterable[str]:
    """What people taught that applies here, what it changed, and what a skill says to whoever follows it."""
    here = run.namespace
    said = {(MEMORY, display_name(one, here)): one.spec.statement for one in run.recalled}
    said |= {
        (SKILL, display_name(one, here)): f"{one.spec.description} {one.spec.instructions}".strip()
        for one in run.skills
    }
    for use in report.knowledge:
        text = clip(said.get((use.kind, use.name), ""), SETTING_CHARS // 3)
        yield f"{use.kind}/{use.name}: {text} ({use.why}; {use.effect})"


def _metrics(world: World) -> str:
    """Names of metrics of the namespace, those of its own programs first."""
    names = metrics(world) if world.snapshot.run.prometheus else []
    return ", ".join(sorted(names, key=lambda name: (name.startswith(GENERIC), name))[:MAX_METRICS])


def _edges(situation: Situation, refs: Sequence[Ref]) -> Iterable[str]:
    """What each of these depends on, and how."""
    for ref in refs:
        needs = dict.fromkeys(f"{edge.kind} {situation.label(edge.target)}" for edge in situation.graph.needs(ref))
        if needs:
            yield f"{situation.label(ref)}: {', '.join(needs)}"


def _settings(world: World, refs: Sequence[Ref]) -> Iterable[str]:
    """What the programs on the path are configured with, nearest first: ConfigMaps, variables, command lines."""
    for ref in [ref for ref in refs if ref.kind == "ConfigMap"][:MAX_SETTINGS]:
        data = json.dumps(world.things[ref].raw.get("data") or {}, ensure_ascii=False, sort_keys=True)
        yield f"{ref.label(world.home)} data: {clip(data, SETTING_CHARS)}"
    for ref in [ref for ref in refs if ref in world.workloads][:MAX_SETTINGS]:
        for path, value in _configured(world.workloads[ref]):
            yield f"{ref.label(world.home)} {path} = {clip(value, SETTING_CHARS // 5)}"


def _configured(workload: Workload) -> Iterable[tuple[str, str]]:
    """(path of the field, value) of the variables and command lines of a pod template."""
    for key, index, spec in workload.specs():
        base = ".".join(str(step) for step in workload.spec_path(key, index))
        for item in listed(spec, "env"):
            if text(item, "value"):
                yield f"{base}.env.{text(item, 'name')}.value", text(item, "value")
        for part in ("command", "args"):
            if words(spec, part):
                yield f"{base}.{part}", shown(spec[part])


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)


def _fitted(sections: Sequence[tuple[str, str]], room: int) -> list[tuple[str, str]]:
    """The sections with the longest ones cut until all of them fit into so many characters."""
    limit = max((len(text) for _, text in sections), default=0)
    while limit > 1 and sum(min(len(text), limit) for _, text in sections) > room:
        limit = limit * 19 // 20
    return [(name, clip(text, limit)) for name, text in sections if text]


def _fence(name: str, text: str, nonce: str) -> str:
    # Objects may hold halves of characters, which no request can carry.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    clean = whole.replace("<<<", "< < <").replace(">>>", "> > >").replace(nonce, "")
    return f"{name}\n<<<DATA {nonce}\n{clean}\nDATA {nonce}>>>"
