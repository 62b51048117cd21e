"""What would decide between hypotheses, and whether anything still has to."""

from casebook.api.enums import Outcome
from casebook.api.observation import Query
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.situation import Situation

CLEAR = 200
"""Centinats by which the leader must stand above the next that explains the same, for the run to stop early."""


def wanted(situation: Situation, item: Ranked) -> list[Query]:
    """Queries that would decide the untested predictions of one hypothesis, most telling first."""
    untested = [prediction for prediction, finding in item.results if finding.outcome is Outcome.UNTESTED]
    untested.sort(key=lambda prediction: prediction.failed - prediction.held)
    return [query for prediction in untested for query in prediction.wants(situation, item.candidate)]


def is_clear(board: Board) -> bool:
    """Whether the chosen hypotheses explain all that presses, and each stands far above all that are not chosen."""
    if not board.chosen or board.unexplained:
        return False
    rivals = [item for item in board.ranked if not item.chosen and not item.refuted and item.explained]
    return all(item.centinats <= chosen.centinats - CLEAR for chosen in board.chosen for item in rivals)
