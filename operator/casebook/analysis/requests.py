"""Requests that a container answered, as its log tells them: when each was, how long it took, and how that changed."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import sqrt
from typing import NamedTuple

from casebook.analysis.logs import Entry, Log

FEWEST = 20
"""Requests from which a rate or a percentile is told; of fewer, one more or less would change it too much."""
MOST = 0.9
"""The percentile of durations that stands for how long one waits."""

_NUMBER = r"=(\d+(?:\.\d+)?)"
_TOOK = (
    (re.compile(rf"\b(?:ms|\w+_ms|\w+Ms|\w*[mM]illis){_NUMBER}\b"), 1e-3),
    (re.compile(rf"\b\w*(?:duration|latency|elapsed|took|[tT]ime){_NUMBER}ms\b"), 1e-3),
    (re.compile(rf"\b(?:\w*(?:duration|latency|elapsed|took|[tT]ime){_NUMBER}s|\w+_seconds{_NUMBER})\b"), 1.0),
)
_STATUS = re.compile(r"\bstatus(?:_code)?=[1-5]\d\d\b")


class Answered(NamedTuple):
    """One request: when it was logged, and how many seconds it took, if the line says so."""

    at: datetime
    seconds: float | None


@dataclass(frozen=True)
class Stretch:
    """Requests in a part of a log that was read without a gap, oldest first."""

    requests: tuple[Answered, ...]

    @cached_property
    def rate(self) -> float | None:
        """Requests a second; None of too few."""
        if len(self.requests) < FEWEST:
            return None
        span = (self.requests[-1].at - self.requests[0].at).total_seconds()
        return (len(self.requests) - 1) / span if span > 0 else None

    @cached_property
    def wait(self) -> float | None:
        """Seconds within which nine of ten are answered; None of too few."""
        known = sorted(one.seconds for one in self.requests if one.seconds is not None)
        return known[int(MOST * len(known))] if len(known) >= FEWEST else None


@dataclass(frozen=True)
class Compared:
    """How one container answered before and how it does now, by two parts of its log.

    `between` are requests after the first part of which it is not known to which of the two they belong.
    """

    log: Log
    before: Stretch
    between: Stretch
    now: Stretch

    def faster_since(self) -> datetime:
        """When they began to come as they do now: half-way between the two rates, on a scale of ratios."""
        later = [one.at for one in (*self.between.requests, *self.now.requests)]
        span = FEWEST / sqrt((self.before.rate or 1.0) * (self.now.rate or 1.0))
        runs = zip(later, later[FEWEST:], strict=False)
        return next((at for at, end in runs if (end - at).total_seconds() <= span), self.now.requests[0].at)

    def slower_since(self) -> datetime:
        """When the first took as long as nine of ten may now: half-way between then and now, on a scale of ratios."""
        long = sqrt((self.before.wait or 0.0) * (self.now.wait or 0.0))
        later = (*self.between.requests, *self.now.requests)
        return next((one.at for one in later if (one.seconds or 0.0) >= long), self.now.requests[0].at)


def compared(earlier: Log, last: Log, changes: Sequence[datetime]) -> Compared:
    """Two parts of one log compared: up to the first change that enough requests came before, and the last lines."""
    first = stretch(entry for entry in earlier.entries if entry.at and last.began and entry.at < last.began).requests
    cut = _cut(first, changes)
    return Compared(last, Stretch(first[:cut]), Stretch(first[cut:]), stretch(last.entries))


def parted(log: Log, changes: Sequence[datetime]) -> Compared:
    """One whole log compared with itself: up to the first change that enough requests came before, and its end."""
    answered = stretch(log.entries).requests
    cut = _cut(answered, changes)
    half = cut + (len(answered) - cut) // 2
    return Compared(log, Stretch(answered[:cut]), Stretch(answered[cut:half]), Stretch(answered[half:]))


def _cut(requests: Sequence[Answered], changes: Sequence[datetime]) -> int:
    """How many requests came before the first change that enough came before; all where there is none."""
    places = (bisect_left(requests, at, key=lambda one: one.at) for at in changes)
    return next((place for place in places if place >= FEWEST), len(requests))


def stretch(entries: Iterable[Entry]) -> Stretch:
    """The requests among log entries."""
    return Stretch(tuple(Answered(entry.at, took(entry)) for entry in entries if entry.at and _is_request(entry)))


def took(entry: Entry) -> float | None:
    """Seconds that a request took, by a field whose name or value tells the unit; None where none does."""
    for pattern, unit in _TOOK:
        found = pattern.search(entry.said)
        if found:
            return float(next(filter(None, found.groups()))) * unit
    return None


def _is_request(entry: Entry) -> bool:
    return entry.status > 0 or _STATUS.search(entry.said) is not None
