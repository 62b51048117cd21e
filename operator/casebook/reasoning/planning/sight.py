"""Whether the time that is asked about was seen: by logs that reach back over it, or by curves that cover it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis.logs import Log
from casebook.analysis.robust import LASTING, LEAST_BASE, known
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World
from casebook.api.base import timestamp
from casebook.api.observation import Result
from casebook.reasoning.asked.complaint import of_lateness
from casebook.reasoning.situation import Situation

RECENT = timedelta(minutes=10)
"""The time asked about where nobody says since when: what is reported now is at least this young or lasts on."""


class Unseen(NamedTuple):
    """A log of what is asked about that tells of a part of the time asked about only, while no curve tells the rest."""

    workload: Workload
    log: Log
    since: datetime

    def named(self, situation: Situation) -> str:
        """What was not seen, as an object that can be read."""
        until = timestamp(self.log.began) if self.log.began else "now"
        return f"what {situation.label(self.workload.ref)} logged between {timestamp(self.since)} and {until}"

    def said(self, situation: Situation) -> str:
        """What was not seen and what that means, in a sentence."""
        lost = "slow or failing answers in that time would not show"
        return f"{self.named(situation)} was not seen, and no metrics cover it: {lost}"


def since(world: World) -> datetime:
    """Begin of the time that has to be seen before one could say that nothing was wrong in it."""
    window = world.snapshot.run.spec.window
    return world.said_to_begin or (window.start if window else max(world.begin, world.end - RECENT))


def unseen(situation: Situation) -> list[Unseen]:
    """The logs of what is asked about that do not reach back over the time asked about, where no curve covers it.

    Of an object that stands in no namespace, the state tells how it is: what runs beside it is not asked about.
    """
    if situation.world.cluster_target:
        return []
    begin = since(situation.world)
    return [
        Unseen(workload, log, begin)
        for workload in asked(situation)
        if not _measured(situation, workload, begin)
        for log in situation.world.logs_of(workload)
        if not reaches(situation.world, log, begin)
    ]


def asked(situation: Situation) -> list[Workload]:
    """The workloads that the question is about; where it names none, those nearest to what it names."""
    path = situation.path
    nearest = min((path[one.ref] for one in situation.workloads if one.ref in path), default=0)
    return [one for one in situation.workloads if path.get(one.ref) == nearest]


def reaches(world: World, log: Log, begin: datetime) -> bool:
    """Whether what was read of a log goes back to a moment, or to its own first line."""
    if log.previous or not log.truncated or (log.began is not None and log.began <= begin):
        return True
    return any(at <= begin for at in _read_from(world, log))


def _read_from(world: World, log: Log) -> Iterator[datetime]:
    """The moments from which on earlier parts of a log were read."""
    place = (log.namespace, log.pod, log.container)
    for item in world.snapshot.asked.values():
        query = item.query
        mine = query.is_earlier_log and (query.namespace, query.name, query.params.get("container")) == place
        if mine and item.result is Result.OK:
            yield item.observed_at - timedelta(seconds=int(query.params["sinceSeconds"]))


def _measured(situation: Situation, workload: Workload, begin: datetime) -> bool:
    """Whether curves tell how it answered in that time, and how before it; lateness only shows in its own curve."""
    told = ("latency",) if of_lateness(situation.world) else ("latency", "traffic")
    for measured in (situation.measured(name, workload) for name in told):
        total = measured.total if measured else None
        if total is None or total.last is None:
            continue
        step = total.index(begin)
        if len(known(total.values[:step])) >= LEAST_BASE and len(known(total.values[step:])) >= LASTING:
            return True
    return False
