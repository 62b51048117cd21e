"""How a cause leads to the symptom that was asked about, one step a line."""

from collections.abc import Iterator

from casebook.analysis.graph import Edge
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Ref
from casebook.reasoning.board import Ranked
from casebook.reasoning.situation import Situation

WORDS = {
    "calls": "{source} calls {target}",
    "selects": "{source} sends its traffic to {target}",
    "routes to": "{source} routes to {target}",
    "reads": "{source} reads {target}",
    "uses": "{source} uses {target}",
    "mounts": "{source} mounts {target}",
}


def chain(situation: Situation, item: Ranked) -> list[str]:
    """The statement, what is seen where it harms, then step by step to what was asked about."""
    lines = [item.statement]
    for ref in sorted(item.candidate.harms):
        lines += _seen(situation, item, ref)
    ends = {symptom.entity for symptom in item.explained if symptom in situation.pressing}
    goals = (ends & situation.focus) or ends
    for ref in sorted(item.candidate.harms):
        way = situation.graph.way(ref, goals - item.candidate.harms)
        if way:
            lines += [line for edge in way for line in _step(situation, item, edge)]
            break
    return list(dict.fromkeys(lines))


def _step(situation: Situation, item: Ranked, edge: Edge) -> Iterator[str]:
    """One edge with the symptom that tells of it; a Service that only passes traffic on is left out."""
    seen = [symptom for symptom in item.explained if symptom.entity == edge.source]
    if edge.kind == "selects" and not seen and edge.source not in situation.focus:
        return
    said = WORDS.get(edge.kind, "{source} depends on {target}")
    said = said.format(source=situation.label(edge.source), target=situation.label(edge.target))
    yield f"{said}: {_told(situation, seen, edge.target)}" if seen else said


def _seen(situation: Situation, item: Ranked, ref: Ref) -> list[str]:
    """What is seen on an entity that is harmed directly: one symptom of each sign, vague ones for want of others."""
    seen = sorted((one for one in item.explained if one.entity == ref), key=_most_telling)
    clear = [one for one in seen if one.sign is not Sign.VAGUE] or seen
    first = {symptom.sign: symptom for symptom in reversed(clear)}
    return [f"{situation.label(ref)}: {_short(symptom)}" for symptom in sorted(first.values(), key=_most_telling)[:3]]


def _told(situation: Situation, seen: list[Symptom], target: Ref) -> str:
    """Of several symptoms the one that blames the target, else the most telling."""
    return _short(min(seen, key=lambda one: (not _blames(situation, one, target), *_most_telling(one))))


def _blames(situation: Situation, symptom: Symptom, target: Ref) -> bool:
    return bool({target} & symptom.peers) or situation.world.top(target) in symptom.peers


def _most_telling(symptom: Symptom) -> tuple[bool, str, str]:
    return symptom.sign is Sign.VAGUE, symptom.sign, symptom.said


def _short(symptom: Symptom) -> str:
    """What is seen, without whom it blames: the step says that."""
    return symptom.said.partition(" (blames ")[0]
