"""Backlogs that programs log: a number beside a word for what waits, and it grows."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from casebook.analysis.logs import Entry, Log
from casebook.analysis.workloads import Workload
from casebook.analysis.world import World

_WAITING = re.compile(
    r"\b(?:queue(?:d| depth| length| size)?|depth|backlog|lag|behind|unprocessed|outstanding|waiting|pending)\b"
    r"[^\n\d]{0,30}?(\d{1,9})\b",
    re.IGNORECASE,
)
_FIELDS = ("depth", "queue_depth", "backlog", "lag", "queue_size", "queue_length", "pending")
SAMPLES, LEAST, GROWTH = 3, 20, 2
RECENT = timedelta(seconds=180)


class Backlog(NamedTuple):
    """A count of what waits that only grows, in one log."""

    log: Log
    first: Entry
    last: Entry
    was: int
    now: int


def backlogs(world: World, workload: Workload) -> Iterator[Backlog]:
    """Counts in the logs of a workload that were logged thrice, never fell, at least doubled, and still come."""
    for log in world.logs_of(workload):
        series: dict[str, list[tuple[Entry, int]]] = {}
        for entry in log.entries if not log.previous else ():
            number = _count(entry)
            if number is not None and entry.at and entry.at >= world.begin:
                series.setdefault(entry.template, []).append((entry, number))
        for found in series.values():
            item = Backlog(log, found[0][0], found[-1][0], found[0][1], found[-1][1])
            if len(found) >= SAMPLES and _grows([number for _, number in found]) and _goes_on(world, item.last):
                yield item


def _count(entry: Entry) -> int | None:
    named = next((entry.parsed.fields[key] for key in _FIELDS if entry.parsed.fields.get(key, "").isdigit()), "")
    said = _WAITING.search(entry.message)
    return int(named) if named else int(said[1]) if said else None


def _grows(numbers: list[int]) -> bool:
    never_falls = all(later >= earlier for earlier, later in pairwise(numbers))
    return never_falls and numbers[-1] >= max(LEAST, GROWTH * max(numbers[0], 1))


def _goes_on(world: World, last: Entry) -> bool:
    return last.at is not None and world.now - last.at <= RECENT
