"""A liar over every recorded run: it quotes true errors and true settings to blame whatever shares a word with them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import shown
from casebook.api.consultation import MAX_PROPOSALS, Consultation, Look, Operator, Proposal, ProposedPrediction
from casebook.api.enums import Origin, Verdict
from casebook.api.observation import LOGS, Observation
from casebook.reasoning.engine import Board, weigh
from casebook.reasoning.judging.verdict import verdict
from casebook.reasoning.proposals.significance import spoken
from casebook.reasoning.situation import Situation
from support.recorded import RECORDED, trace

TOLD = 40
"""Lies that are told about one run at most."""
WITHHELD: dict[str, Callable[[Observation], bool]] = {
    "nothing": lambda _: False,
    "logs": lambda one: one.query.source == LOGS,
    "what changed": lambda one: one.query.resource in ("configmaps", "replicasets.apps", "events"),
    "what is called": lambda one: one.query.resource in ("statefulsets.apps", "configmaps", "services"),
}


def lies(situation: Situation) -> Iterator[Proposal]:
    """Every setting on the path that shares a word with an error, and the names of what it stands in."""
    said = [(ref, line) for ref, lines in spoken(situation).items() for line in lines if len(line) > 20]
    for ref in situation.path if said else ():
        thing = situation.world.things.get(ref)
        for field, value in _leaves({key: thing.raw.get(key) for key in ("data", "spec", "metadata")} if thing else {}):
            for at, line in said[:3]:
                words = _claim(Look.LOG, at.label(), line[:100].strip())
                for word in _shared(line, field, value):
                    claims = [words, _claim(Look.FIELD, ref.label(), word, field)]
                    yield Proposal(object=ref.label(), statement="this is it, certainly", predictions=claims)


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


def _rules(board: Board) -> list[tuple[str, str, int, bool]]:
    """What the rules say, whatever a model says beside them."""
    return [
        (one.object, one.cause, one.centinats, one.chosen) for one in board.ranked if one.origin is not Origin.MODEL
    ]


@pytest.mark.parametrize("withheld", WITHHELD)
@pytest.mark.parametrize("name", RECORDED)
def test_no_lie_is_believed_and_none_changes_what_the_rules_say(name: str, withheld: str) -> None:
    found = trace(name)
    honest = Snapshot(found.run, tuple(one for one in found.observations if not WITHHELD[withheld](one)))
    without = weigh(honest)
    told = [lie for _, lie in zip(range(TOLD), lies(without.situation), strict=False)]
    for first in range(0, len(told), MAX_PROPOSALS):
        heard = honest.advised(Consultation(model="liar", proposals=told[first : first + MAX_PROPOSALS]))
        lied = weigh(heard)
        assert verdict(lied) is verdict(without)
        assert _rules(lied) == _rules(without)
        assert not [item for item in lied.chosen if item.origin is Origin.MODEL]


def test_the_liar_has_much_to_say_where_the_rules_say_nothing() -> None:
    told = 0
    for name in RECORDED:
        found = trace(name)
        for left_out in WITHHELD.values():
            board = weigh(Snapshot(found.run, tuple(one for one in found.observations if not left_out(one))))
            if verdict(board) is Verdict.INCONCLUSIVE:
                told += sum(1 for _ in zip(range(TOLD), lies(board.situation), strict=False))
    assert told > 100
