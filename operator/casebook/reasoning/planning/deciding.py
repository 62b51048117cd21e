"""What would decide a hypothesis."""

from casebook.api.enums import Outcome
from casebook.api.observation import Query
from casebook.reasoning.board import Ranked
from casebook.reasoning.situation import Situation


def wanted(situation: Situation, item: Ranked) -> list[Query]:
    """Queries that would decide the untested predictions of one hypothesis, most telling first."""
    untested = [prediction for prediction, finding in item.results if finding.outcome is Outcome.UNTESTED]
    untested.sort(key=lambda prediction: prediction.failed - prediction.held)
    return [query for prediction in untested for query in prediction.wants(situation, item.candidate)]
