"""A liar over every recorded run: it quotes true errors and true settings to blame whatever shares a word with them."""

from collections.abc import Callable

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import MAX_PROPOSALS, Consultation
from casebook.api.enums import Origin, Verdict
from casebook.api.observation import LOGS, Observation
from casebook.reasoning.engine import Board, weigh
from casebook.reasoning.judging.verdict import verdict
from support.lies import lies
from support.recorded import RECORDED, trace

TOLD = 40
"""Lies that are told about one run at most."""
WITHHELD: dict[str, Callable[[Observation], bool]] = {
    "nothing": lambda _: False,
    "logs": lambda one: one.query.source == LOGS,
    "what changed": lambda one: one.query.resource in ("configmaps", "replicasets.apps", "events"),
    "what is called": lambda one: one.query.resource in ("statefulsets.apps", "configmaps", "services"),
}


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
