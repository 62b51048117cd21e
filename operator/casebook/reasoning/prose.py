"""Sentences for people: the summary and the next steps."""

from casebook.analysis.things import Ref
from casebook.api.base import timestamp
from casebook.api.enums import Verdict
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.planning import wanted
from casebook.reasoning.verdict import blind_spots, no_fault

MAX_STEPS = 8


def summary(board: Board, said: Verdict) -> str:
    """One paragraph: what is wrong and since when, what it harms, what to do first."""
    if said is Verdict.ROOT_CAUSE:
        return _root_causes(board)
    return _nothing(board) if said is Verdict.NO_FAULT else _open(board)


def _root_causes(board: Board) -> str:
    parts = [_sentence(item.statement) for item in board.chosen]
    if len(parts) > 1:
        parts = [f"{number}) {part}" for number, part in enumerate(parts, start=1)]
        parts.insert(0, f"{len(parts)} independent causes.")
    harmed = _harmed(board)
    if harmed:
        parts.append(f"It harms {harmed}.")
    if board.unexplained:
        rest = sorted({board.situation.label(symptom.entity) for symptom in board.unexplained})
        parts.append(f"Not explained by it: symptoms on {_and(rest)}.")
    return " ".join(parts)


def _sentence(said: str) -> str:
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _harmed(board: Board) -> str:
    own: set[Ref] = {ref for item in board.chosen for ref in {item.ref, *item.candidate.harms}}
    beyond = {symptom.entity for item in board.chosen for symptom in item.explained} - own
    return _and(sorted(board.situation.label(ref) for ref in beyond)[:6])


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _nothing(board: Board) -> str:
    found = no_fault(board)
    where = _and(sorted(board.situation.label(ref) for ref in board.situation.focus)[:4])
    where = where or f"namespace {board.situation.world.home}"
    target = board.situation.world.cluster_target
    where = f"{board.situation.label(target)} and what was seen to rest on it" if target else where
    if found is None:
        return f"Nothing deviates now in {where}: pods are ready, endpoints are there, no errors go on in the logs."
    return f"{_sentence(found.statement)} Nothing needs mending in {where}."


def _open(board: Board) -> str:
    situation = board.situation
    blind = blind_spots(situation)
    leading = next((item for item in board.ranked if not item.refuted and item.cause_entry.fault), None)
    parts = ["No cause could be established."]
    if leading:
        parts.append(f"Closest: {leading.object} {leading.cause} ({leading.percent} %): {_sentence(leading.statement)}")
    elif situation.pressing:
        first = situation.pressing[0]
        since = f" since {timestamp(first.since)}" if first.since else ""
        parts.append(f"{situation.label(first.entity)} {first.said}{since}.")
    if blind:
        parts.append(f"Could not be seen: {_and(blind[:4])}. Being able to read this would decide it.")
    return " ".join(parts)


def next_steps(board: Board, said: Verdict) -> list[str]:
    """What a person would do now; for an open case also what would decide it."""
    situation = board.situation
    found: list[str] = []
    if said is Verdict.ROOT_CAUSE:
        found = [step for item in board.chosen for step in item.cause_entry.steps(situation, item.candidate)]
    elif said is Verdict.NO_FAULT:
        item = no_fault(board)
        found = list(item.cause_entry.steps(situation, item.candidate)) if item else []
    else:
        found = [step for item in _leading(board) for step in _deciding(board, item)]
        found += [f"Let {name} be read, then ask again." for name in blind_spots(situation)[:3]]
    return list(dict.fromkeys(found))[:MAX_STEPS]


def _leading(board: Board) -> list[Ranked]:
    return [item for item in board.ranked if not item.refuted and item.cause_entry.fault][:3]


def _deciding(board: Board, item: Ranked) -> list[str]:
    queries = [query for query in wanted(board.situation, item) if not board.situation.world.made(query)]
    looks = [f"To decide {item.cause} on {item.object}: {query.command()}" for query in queries[:2]]
    return looks or list(item.cause_entry.steps(board.situation, item.candidate))[:2]
