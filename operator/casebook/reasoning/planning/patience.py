"""A second look: what began seconds ago may say more in a little while, where nothing else is left to look at."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from casebook.analysis.things import Ref
from casebook.api.enums import Verdict
from casebook.api.observation import LOGS, Query, listing
from casebook.reasoning.board import Board
from casebook.reasoning.judging.starting import begun, lacking
from casebook.reasoning.judging.verdict import verdict
from casebook.reasoning.situation import Situation

YOUNG = timedelta(seconds=60)
PAUSES = (10, 20)
"""Seconds to wait before the second and the third look: together no more than a person at a terminal would wait."""
RESOURCES = ("pods", "events", "endpointslices.discovery.k8s.io")


def pause(situation: Situation, board: Board) -> int | None:
    """Seconds after which to look again; None where the verdict stands, nothing is young or it was done before."""
    begins = situation.pressing or lacking(situation)
    if verdict(board) is not Verdict.INCONCLUSIVE or not begins or not _young(situation):
        return None
    return dict(enumerate(PAUSES)).get(_looks(situation) - 1)


def again(situation: Situation) -> list[Query]:
    """What to read anew: pods, events and endpoints of the namespace, and the logs that were read along the path."""
    world = situation.world
    logs = [
        query
        for query in (item.query for item in world.snapshot.asked.values() if item.query.source == LOGS)
        if not query.is_earlier_log and world.top(Ref("Pod", query.namespace, query.name)) in situation.path
    ]
    return [*(listing(resource, world.home) for resource in RESOURCES), *logs]


def _looks(situation: Situation) -> int:
    first = listing(RESOURCES[0], situation.world.home).canonical()
    return sum(item.query.canonical() == first for item in situation.world.snapshot.observations)


def _young(situation: Situation) -> bool:
    begin = situation.world.now - YOUNG
    if any(symptom.since and symptom.since > begin for symptom in situation.pressing):
        return True
    return any(started > begin for started in _starts(situation))


def _starts(situation: Situation) -> Iterator[datetime]:
    yield from (at for one in lacking(situation) if (at := begun(situation, one)) is not None)
    for workload in situation.workloads:
        if workload.ref in situation.path:
            yield from (one.running_since for one in workload.containers if one.running_since)
