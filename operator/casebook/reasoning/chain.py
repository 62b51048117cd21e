"""How a cause leads to the symptom that was asked about, one step a line."""

from collections.abc import Iterator

from casebook.analysis.graph import Edge
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
    words = WORDS.get(edge.kind, "{source} depends on {target}")
    seen = [symptom for symptom in item.explained if symptom.entity == edge.source]
    said = words.format(source=situation.label(edge.source), target=situation.label(edge.target))
    effect = "; ".join(dict.fromkeys(symptom.said for symptom in sorted(seen, key=lambda one: one.sign)[:2]))
    yield f"{said}: {effect}" if effect else said


def _seen(situation: Situation, item: Ranked, ref: Ref) -> list[str]:
    seen = sorted((one for one in item.explained if one.entity == ref), key=lambda one: one.sign)
    return [f"{situation.label(ref)} {symptom.said}" for symptom in seen[:3]]
