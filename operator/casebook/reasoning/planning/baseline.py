"""Earlier parts of logs, where the last lines of a busy container do not reach back: what was usual, what happened?"""

from collections.abc import Container, Iterator
from datetime import datetime, timedelta

from casebook.analysis.logs import Log
from casebook.analysis.things import Ref
from casebook.api.observation import Query, earlier_logs
from casebook.reasoning.asked.complaint import of_lateness
from casebook.reasoning.planning.sight import reaches, since, unseen
from casebook.reasoning.situation import Situation

LEAD = timedelta(seconds=120)
MINUTE = 60
MAX_LOGS = 3
LIMIT_BYTES = 128 << 10
MAX_WINDOWS, WINDOWS_BYTES = 16, 512 << 10
"""Logs of which an earlier part is read although they tell of no error, and the bytes that all of them share."""


def before_the_onset(situation: Situation) -> list[Query]:
    """The begin of the logs of what logs errors, from two minutes before the trouble is thought to have begun."""
    found = [
        log
        for workload in situation.workloads
        if workload.ref in situation.path and situation.active_errors(workload)
        for log in situation.world.logs_of(workload)
        if log.truncated and log.errors and not log.previous and not _was_asked(situation, log)
    ]
    begins = [(log, _began(situation, log, situation.path)) for log in found]
    return [_query(situation, log, began, LIMIT_BYTES) for log, began in begins if began is not None][:MAX_LOGS]


def over_the_time_asked_about(situation: Situation) -> list[Query]:
    """The begin of logs that do not reach back over the time asked about, from before it and before the last change.

    With the last lines they show how it was and how it is. Where answers are said to come late, those of all that the
    path leads through: somewhere on it the time is lost.
    """
    found = list({(log.namespace, log.pod, log.container): log for log in _short(situation)}.values())[:MAX_WINDOWS]
    near = situation.path.keys() | situation.graph.downstream(situation.focus)
    limit = min(LIMIT_BYTES, WINDOWS_BYTES // max(1, len(found)))
    begin = since(situation.world)
    return [
        _query(situation, log, min(at for at in (begin, _began(situation, log, near)) if at), limit)
        for log in found
        if not _was_asked(situation, log)
    ]


def _short(situation: Situation) -> Iterator[Log]:
    world, begin = situation.world, since(situation.world)
    yield from (one.log for one in unseen(situation))
    if of_lateness(world):
        for workload in situation.workloads:
            if workload.ref in situation.path:
                yield from (log for log in world.logs_of(workload) if not reaches(world, log, begin))


def _query(situation: Situation, log: Log, began: datetime, limit: int) -> Query:
    seconds = (situation.world.snapshot.run.now - began + LEAD).total_seconds()
    return earlier_logs(log.namespace, log.pod, log.container, (int(seconds) // MINUTE + 1) * MINUTE, limit)


def _was_asked(situation: Situation, log: Log) -> bool:
    """Whether an earlier part of this log was asked for, from whatever time on."""
    asked = (item.query for item in situation.world.snapshot.asked.values() if item.query.is_earlier_log)
    place = (log.namespace, log.pod, log.container)
    return any((query.namespace, query.name, query.params.get("container")) == place for query in asked)


def _began(situation: Situation, log: Log, near: Container[Ref]) -> datetime | None:
    """When it may have begun, if that is before the first line that was read: what was said, or the last change."""
    first = log.began or situation.world.now
    changes = [item.at for item in situation.timeline if item.object in near and item.at < first]
    said = situation.world.said_to_begin
    return min((at for at in (said, *changes[-1:]) if at is not None and at < first), default=None)
