"""Kubernetes Events of both APIs, merged: core v1 and events.k8s.io/v1."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from casebook.analysis.access import count, mapping, moment, text
from casebook.analysis.things import Cite, Ref, Thing, clip
from casebook.api.base import timestamp


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of happening on one object, with how often and when it was seen."""

    about: Ref
    type: str
    reason: str
    message: str
    component: str
    count: int
    first: datetime | None
    last: datetime | None
    source: str

    def cite(self) -> Cite:
        """A citation of it."""
        times = f" (x{self.count})" if self.count > 1 else ""
        seen = f" last seen {timestamp(self.last)}" if self.last else ""
        return Cite(
            self.source,
            clip(f"{self.type} {self.reason} {self.about.label(self.about.namespace)}{times}{seen}: {self.message}"),
        )


def event_of(thing: Thing) -> Event:
    """The Event in a raw object of either API; a series counts with its last observation."""
    raw = thing.raw
    about = mapping(raw, "involvedObject") or mapping(raw, "regarding")
    first = moment(raw, "firstTimestamp") or moment(raw, "deprecatedFirstTimestamp") or moment(raw, "eventTime")
    last = moment(raw, "series", "lastObservedTime") or moment(raw, "lastTimestamp")
    last = last or moment(raw, "deprecatedLastTimestamp") or first or thing.created
    return Event(
        about=Ref(text(about, "kind"), text(about, "namespace"), text(about, "name")),
        type=text(raw, "type") or "Normal",
        reason=text(raw, "reason"),
        message=text(raw, "message") or text(raw, "note"),
        component=text(raw, "source", "component") or text(raw, "reportingComponent"),
        count=max(count(raw, "series", "count"), count(raw, "count"), count(raw, "deprecatedCount"), 1),
        first=first or last,
        last=last,
        source=thing.source,
    )


def merged(things: Iterable[Thing]) -> list[Event]:
    """Events without repeats of one object, reason and message; times span all of them, counts add up."""
    found: dict[tuple[Ref, str, str], Event] = {}
    seen: set[Ref] = set()
    for thing in things:
        if thing.ref in seen:
            continue
        seen.add(thing.ref)
        event = event_of(thing)
        key = (event.about, event.reason, event.message)
        found[key] = _joined(found[key], event) if key in found else event
    return sorted(found.values(), key=_order)


def _joined(one: Event, other: Event) -> Event:
    firsts = [item for item in (one.first, other.first) if item]
    lasts = [item for item in (one.last, other.last) if item]
    return Event(
        one.about,
        one.type,
        one.reason,
        one.message,
        one.component or other.component,
        one.count + other.count,
        min(firsts, default=None),
        max(lasts, default=None),
        one.source,
    )


def _order(event: Event) -> tuple[str, Ref, str, str]:
    return (timestamp(event.last) if event.last else "", event.about, event.reason, event.message)
