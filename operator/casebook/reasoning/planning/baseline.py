"""Logs from before the onset, where the last lines of a busy container do not reach back to it: what was usual?"""

from datetime import datetime, timedelta

from casebook.analysis.logs import Log
from casebook.api.observation import Query, earlier_logs
from casebook.reasoning.situation import Situation

LEAD = timedelta(seconds=120)
MINUTE = 60
MAX_LOGS = 3
LIMIT_BYTES = 128 << 10


def before_the_onset(situation: Situation) -> list[Query]:
    """The begin of the logs of what logs errors, from two minutes before the trouble is thought to have begun."""
    found = [
        log
        for workload in situation.workloads
        if workload.ref in situation.path and situation.active_errors(workload)
        for log in situation.world.logs_of(workload)
        if log.truncated and log.errors and not log.previous
    ]
    queries = [query for log in found if (query := _query(situation, log)) is not None]
    return queries[:MAX_LOGS]


def _query(situation: Situation, log: Log) -> Query | None:
    began = _began(situation, log)
    if began is None or _was_asked(situation, log):
        return None
    seconds = (situation.world.snapshot.run.now - began + LEAD).total_seconds()
    return earlier_logs(log.namespace, log.pod, log.container, (int(seconds) // MINUTE + 1) * MINUTE, LIMIT_BYTES)


def _was_asked(situation: Situation, log: Log) -> bool:
    """Whether an earlier part of this log was asked for, from whatever time on."""
    asked = (item.query for item in situation.world.snapshot.asked.values() if item.query.is_earlier_log)
    place = (log.namespace, log.pod, log.container)
    return any((query.namespace, query.name, query.params.get("container")) == place for query in asked)


def _began(situation: Situation, log: Log) -> datetime | None:
    """When it may have begun, if that is before the first line that was read: what was said, or the last change."""
    alert = situation.world.snapshot.run.spec.alert
    stated = situation.world.stated
    first = log.began or situation.world.now
    said = [alert.starts_at if alert else None, stated.at if stated and stated.is_onset else None]
    changes = [item.at for item in situation.timeline if item.object in situation.path and item.at < first]
    return min((at for at in (*said, *changes[-1:]) if at is not None and at < first), default=None)
