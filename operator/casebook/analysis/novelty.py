"""What is new in the logs of a container: messages that were not there before, and ones that come more often."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis.logs import Entry, Log
from casebook.analysis.templates import Template, mined
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World
from casebook.api.enums import Novelty

BASELINE_ENTRIES, BASELINE = 10, timedelta(seconds=30)
"""How much must have been logged before a message for it to count as new."""
MORE, FEWEST_MORE = 3.0, 5
"""By what factor a rate must rise, and how often the message must come, to be told."""
FEWEST_GONE = 10
"""How many messages of a kind must have been expected for their absence to be told."""
ORDER = (Novelty.NEW, Novelty.UNCOMPARED, Novelty.MORE, Novelty.GONE)
WORTH = ("ERROR", "FATAL", "WARN")


class News(NamedTuple):
    """One kind of message of one container that differs from before.

    `per_minute` and `before` are rates since `since` and until then; `log` holds the first entry since.
    """

    workload: Ref
    container: str
    novelty: Novelty
    template: Template
    log: Log
    entry: Entry
    times: int
    since: datetime
    before: float
    per_minute: float


def news(world: World, workload: Workload, onset: datetime | None) -> list[News]:
    """What is new in the logs of a workload, for each container, the most telling first."""
    found: list[News] = []
    logs: dict[str, list[Log]] = {}
    for log in world.logs_of(workload):
        logs.setdefault(log.container, []).append(log)
    for container, mine in sorted(logs.items()):
        found += _of_container(workload.ref, container, mine, world.now, onset)
    return sorted(found, key=lambda one: (ORDER.index(one.novelty), -one.times, one.since, one.template.said))


def _of_container(
    workload: Ref, container: str, logs: list[Log], now: datetime, onset: datetime | None
) -> Iterator[News]:
    pairs = [(entry.at, entry, log) for log in logs for entry in log.entries if entry.at]
    pairs.sort(key=lambda pair: (pair[0], pair[2].source))
    where = {id(entry): log for _, entry, log in pairs}
    times = [at for at, _, _ in pairs]
    for template in mined(entry for _, entry, _ in pairs):
        told = _told(template, times, onset, now)
        if told is not None:
            novelty, since, before, after = told
            entry = next((one for one in template.entries if one.at and one.at >= since), template.entries[-1])
            count = sum(1 for one in template.entries if one.at and one.at >= since)
            yield News(workload, container, novelty, template, where[id(entry)], entry, count, since, before, after)


def _told(
    template: Template, times: list[datetime], onset: datetime | None, now: datetime
) -> tuple[Novelty, datetime, float, float] | None:
    """(how it differs, since when, rate before, rate since), or None where it does not or is not worth telling."""
    seen = [entry.at for entry in template.entries if entry.at]
    first = seen[0]
    if template.level in WORTH:
        earlier = sum(at < first for at in times)
        if earlier >= BASELINE_ENTRIES and first - times[0] >= BASELINE:
            return Novelty.NEW, first, 0.0, _rate(len(seen), now - first)
    before, after = (onset - times[0], now - onset) if onset else (timedelta(), timedelta())
    if onset is None or before < BASELINE or after < BASELINE:
        return (Novelty.UNCOMPARED, first, 0.0, 0.0) if template.is_error and first >= times[0] else None
    early, late = sum(at < onset for at in seen), sum(at >= onset for at in seen)
    old, new = _rate(early, before), _rate(late, after)
    if template.level in WORTH and late >= FEWEST_MORE and new >= MORE * old:
        return Novelty.MORE, onset, old, new
    if not late and early * (after / before) >= FEWEST_GONE:
        return Novelty.GONE, onset, old, 0.0
    return None


def _rate(count: int, span: timedelta) -> float:
    """Messages a minute."""
    return count * 60 / max(span.total_seconds(), 1.0)
