"""The summary: what is wrong, since when, by which change, whom it harms; in five lines at most."""

import re

from casebook.analysis.change import is_open
from casebook.analysis.fields import Field, short
from casebook.analysis.novelty import News
from casebook.analysis.things import Ref, clip
from casebook.api.base import timestamp
from casebook.api.enums import Origin, Verdict
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.checks.warned import warned
from casebook.reasoning.judging import starting
from casebook.reasoning.judging.verdict import blind_spots, no_fault
from casebook.reasoning.reporting.history import behind_it
from casebook.reasoning.situation import Situation

MOST_CHARS = 500
"""Five lines of a hundred columns."""


def summary(board: Board, said: Verdict) -> str:
    """One paragraph: what is wrong and since when, what it harms, what to do first."""
    if said is Verdict.ROOT_CAUSE:
        return _root_causes(board)
    return _nothing(board) if said is Verdict.NO_FAULT else _open(board)


def _root_causes(board: Board) -> str:
    """The causes always; what brought them about, whom they harm and what they leave open as far as there is room."""
    parts = [_sentence(item.statement) for item in board.chosen]
    room = MOST_CHARS - sum(len(part) + 4 for part in parts)
    for index, item in enumerate(board.chosen):
        brought = _brought_about(board, item)
        if len(brought) <= room:
            parts[index] += brought
            room -= len(brought)
    if len(parts) > 1:
        parts = [f"{number}) {part}" for number, part in enumerate(parts, start=1)]
        parts.insert(0, f"{len(parts)} independent causes.")
    for more in (_harm(board), _left_open(board)):
        if more and (len(more) <= room or len(parts) == 1):
            parts.append(more)
            room -= len(more)
    return " ".join(parts)


def _harm(board: Board) -> str:
    harmed = _harmed(board)
    return f"It harms {harmed}." if harmed else ""


def _left_open(board: Board) -> str:
    """The first symptom that no cause explains, in short."""
    found = sorted(board.unexplained, key=lambda one: (one.entity, one.sign, one.said))
    if not found:
        return ""
    first = f"{board.situation.label(found[0].entity)}: {clip(found[0].said, 100)}"
    return f"Not explained by it: {first}{f' (and {len(found) - 1} more)' if len(found) > 1 else ''}."


def _brought_about(board: Board, item: Ranked) -> str:
    """The change behind it, as far as its statement does not tell: fields, old and new values, field manager."""
    change = behind_it(board.situation, item)
    if change is None:
        return ""
    shown = [field for field in change.fields if is_open(field, item.statement)]
    named = [field for field in shown if _is_named(item.statement, field)] or shown
    told = [] if named and _tells(item.statement, named[0]) else [field.said() for field in named[:2]]
    if not named:
        told = [field.said(values=False) for field in change.fields[:2]]
    how = "rolled out" if change.what.startswith("revision ") else "written"
    by = f" by {change.by}" if change.by and change.by not in item.statement else ""
    at = "" if timestamp(change.at) in item.statement else f" at {timestamp(change.at)}"
    if told:
        return f" {'; '.join(told)}{f', {how}{by}{at}' if by or at else ''}."
    return f" {how.capitalize()}{by}{at}." if by else ""


def _is_named(statement: str, field: Field) -> bool:
    """Whether a statement speaks of a field: of its new value, or of its name."""
    name = re.split(r"[.:\[\]]+", field.path.rstrip("]"))[-1]
    return name in statement or (field.new not in (None, "") and short(field.new) in statement)


def _tells(statement: str, field: Field) -> bool:
    """Whether a statement holds the new value and the old one, as far as it is known."""
    values = [field.new, field.old if field.is_old_known else None]
    return all(short(value) in statement for value in values if value not in (None, ""))


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


def _warns(situation: Situation, one: News) -> str:
    since = timestamp(one.since)
    return f"{situation.label(one.workload)} is well but warns since {since}: {_sentence(clip(one.entry.message, 160))}"


def _open(board: Board) -> str:
    situation = board.situation
    blind = blind_spots(situation)
    able = (item for item in board.ranked if item.origin is not Origin.MODEL)
    leading = next((item for item in able if not item.refuted and item.cause_entry.fault), None)
    parts = ["No cause could be established."]
    waits = starting.alone(situation)
    if waits:
        parts += [f"{starting.said(situation, one)}." for one in waits[:2]]
    elif leading:
        parts.append(f"Closest: {leading.object} {leading.cause} ({leading.percent} %): {_sentence(leading.statement)}")
    elif situation.pressing:
        first = situation.pressing[0]
        since = f" since {timestamp(first.since)}" if first.since else ""
        parts.append(f"{situation.label(first.entity)} {first.said}{since}.")
    else:
        parts += [_warns(situation, one) for one in warned(situation)[:1]]
    if blind:
        parts.append(f"Could not be seen: {_and(blind[:4])}. Being able to read this would decide it.")
    return " ".join(parts)
