"""What lives on the work of another: both call the same place, where one puts what the other takes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis.novelty import News, news
from casebook.analysis.things import Cite, Ref
from casebook.analysis.workloads import Workload
from casebook.api.enums import Novelty
from casebook.reasoning.checks.felt import MOMENT, SOON
from casebook.reasoning.situation import Situation

DRAINED = timedelta(seconds=15)
"""What lies there already is taken for so long."""
_TELLS = (Novelty.NEW, Novelty.GONE)


class Starved(NamedTuple):
    """A workload that was asked about and is well, the place it shares with another, and what its log tells since."""

    workload: Workload
    shared: Ref
    news: News

    def cite(self) -> Cite:
        """A citation of what its log tells."""
        return self.news.log.cite(self.news.entry)


def starved(situation: Situation, feeds: Workload, since: datetime | None) -> Iterator[Starved]:
    """Workloads asked about whose logs tell something else from the moment on at which another one stopped."""
    places = _called(situation, feeds)
    for workload in situation.workloads if since and places else ():
        shared = places & _called(situation, workload)
        asked = workload.ref in situation.focus and workload.ref != feeds.ref
        if asked and since and shared and not situation.symptoms_of(workload.ref):
            told = [one for one in news(situation.world, workload, since + DRAINED) if _is_since(one, since)]
            yield from [Starved(workload, min(shared), told[0])] if told else []


def _called(situation: Situation, workload: Workload) -> set[Ref]:
    """What of the cluster its settings say that it calls."""
    return {
        call.target for call in situation.graph.calls.get(workload.ref, ()) if call.target in situation.world.things
    }


def _is_since(one: News, since: datetime) -> bool:
    return one.novelty in _TELLS and since - MOMENT <= one.since <= since + SOON
