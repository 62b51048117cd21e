"""A liar that knows all that a run saw: it quotes true errors and settings, to blame what shares a word with them."""

import re
from collections.abc import Iterator
from typing import Any

from casebook.analysis.things import shown
from casebook.api.consultation import Look, Operator, Proposal, ProposedPrediction
from casebook.reasoning.proposals.significance import is_telling, spoken
from casebook.reasoning.situation import Situation


def lies(situation: Situation) -> Iterator[Proposal]:
    """Every setting on the path that shares a word with an error, and the names of what it stands in."""
    said = [(ref, line) for ref, lines in spoken(situation).items() for line in lines if len(line) > 20]
    for ref in situation.path if said else ():
        thing = situation.world.things.get(ref)
        for field, value in _leaves({key: thing.raw.get(key) for key in ("data", "spec", "metadata")} if thing else {}):
            for at, line in said[:3]:
                words = _claim(Look.LOG, situation.label(at), line[:100].strip())
                for word in _shared(line, field, value):
                    claims = [words, _claim(Look.FIELD, situation.label(ref), word, field)]
                    yield Proposal(object=situation.label(ref), statement="this is it, certainly", predictions=claims)


def best_lies(situation: Situation, most: int) -> list[Proposal]:
    """Those that come closest to being believed, of as many objects as there are."""
    said = spoken(situation)
    told = sorted(lies(situation), key=lambda lie: -sum(is_telling(situation, one, said) for one in lie.predictions))
    by_object: dict[str, list[Proposal]] = {}
    for lie in told:
        by_object.setdefault(lie.object, []).append(lie)
    rounds = [held[number] for number in range(most) for held in by_object.values() if len(held) > number]
    return rounds[:most]


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if key != "managedFields":
                yield from _leaves(item, f"{path}.{key}".lstrip("."))
    else:
        yield path, shown(value)


def _shared(line: str, field: str, value: str) -> Iterator[str]:
    words = dict.fromkeys(re.findall(r"[\w./:-]{4,}", line))
    yield from [word for word in words if word.lower() in value.lower()][:2]
    if value and field.rpartition(".")[2].lower() in line.lower():
        yield value[:200]


def _claim(look: Look, where: str, value: str, field: str = "") -> ProposedPrediction:
    return ProposedPrediction(says="x", look=look, object=where, field=field, operator=Operator.CONTAINS, value=value)
