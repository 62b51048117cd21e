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
SILENCE = 3
"""How many times its usual gap a message must not have come before: by chance that is so in 5 % of cases (e^-3)."""
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


class _Read(NamedTuple):
    """The entries of one container by time; `is_whole` where nothing between the first and the last is missing."""

    pairs: list[tuple[datetime, Entry, Log]]
    is_whole: bool

    @property
    def times(self) -> list[datetime]:
        return [at for at, _, _ in self.pairs]


def news(world: World, workload: Workload, onset: datetime | None) -> list[News]:
    """What is new in the logs of a workload, for each container, the most telling first."""
    found: list[News] = []
    logs: dict[str, list[Log]] = {}
    for log in world.logs_of(workload):
        logs.setdefault(log.container, []).append(log)
    for container, mine in sorted(logs.items()):
        found += _of_container(workload.ref, container, _read(world, mine), world.now, onset)
    return sorted(found, key=lambda one: (ORDER.index(one.novelty), -one.times, one.since, one.template.said))


def _read(world: World, logs: list[Log]) -> _Read:
    """The last lines and, where they were asked for, earlier ones; between the two there may be others."""
    pairs = [(entry.at, entry, log) for log in logs for entry in log.entries if entry.at]
    is_whole = True
    for log in logs:
        earlier = world.earlier_logs.get((log.namespace, log.pod, log.container))
        if earlier is None or log.previous or log.began is None:
            continue
        more = [(entry.at, entry, earlier) for entry in earlier.entries if entry.at and entry.at < log.began]
        is_whole = is_whole and len(more) < len(earlier.entries)
        pairs += more
    return _Read(sorted(pairs, key=lambda pair: (pair[0], pair[2].source)), is_whole)


def _of_container(workload: Ref, container: str, read: _Read, now: datetime, onset: datetime | None) -> Iterator[News]:
    where = {id(entry): log for _, entry, log in read.pairs}
    for template in mined(entry for _, entry, _ in read.pairs):
        told = _told(template, read, onset, now)
        if told is not None:
            novelty, since, before, after = told
            entry = next((one for one in template.entries if one.at and one.at >= since), template.entries[-1])
            count = sum(1 for one in template.entries if one.at and one.at >= since)
            yield News(workload, container, novelty, template, where[id(entry)], entry, count, since, before, after)


def _told(
    template: Template, read: _Read, onset: datetime | None, now: datetime
) -> tuple[Novelty, datetime, float, float] | None:
    """(how it differs, since when, rate before, rate since), or None where it does not or is not worth telling."""
    seen = [entry.at for entry in template.entries if entry.at]
    if template.level in WORTH and _is_new(seen, read.times):
        return Novelty.NEW, seen[0], 0.0, _rate(len(seen), now - seen[0])
    before, after = (onset - read.times[0], now - onset) if onset else (timedelta(), timedelta())
    if onset is None or not read.is_whole or before < BASELINE or after < BASELINE:
        return (Novelty.UNCOMPARED, seen[0], 0.0, 0.0) if template.is_error else None
    early, late = sum(at < onset for at in seen), sum(at >= onset for at in seen)
    old, new = _rate(early, before), _rate(late, after)
    if template.level in WORTH and late >= FEWEST_MORE and new >= MORE * old:
        return Novelty.MORE, onset, old, new
    if not late and early * (after / before) >= FEWEST_GONE:
        return Novelty.GONE, onset, old, 0.0
    return None


def _is_new(seen: list[datetime], times: list[datetime]) -> bool:
    """Whether enough was logged before it first came, for long enough given how often it comes since."""
    silent = seen[0] - times[0]
    gap = (seen[-1] - seen[0]) / max(len(seen) - 1, 1)
    return sum(at < seen[0] for at in times) >= BASELINE_ENTRIES and silent >= max(BASELINE, SILENCE * gap)


def _rate(count: int, span: timedelta) -> float:
    """Messages a minute."""
    return count * 60 / max(span.total_seconds(), 1.0)
