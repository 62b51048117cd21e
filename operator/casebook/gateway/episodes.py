"""The life of an alert group as episodes: pure decisions, so that replays and reordering are cheap to try."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from casebook.api.investigation import AlertStatus, SeenAlert
from casebook.gateway.groups import Group

SILENCE = timedelta(hours=24)
"""An episode that nobody has spoken of for this long is over."""
MAX_SEEN = 100


@dataclass(frozen=True)
class Episode:
    """The latest episode of a group, as the API server holds it."""

    number: int
    alert: AlertStatus

    def is_open(self, now: datetime) -> bool:
        """Until it resolved, or nobody spoke of it for a day."""
        last = self.alert.last_seen_at
        return self.alert.resolved_at is None and last is not None and now - last < SILENCE


@dataclass(frozen=True)
class Begin:
    """Open this episode; the notification is then noted on it."""

    number: int


@dataclass(frozen=True)
class Note:
    """Note the notification on the open episode."""

    alert: AlertStatus


@dataclass(frozen=True)
class Ignore:
    """Nothing to write: a replay, or an end without a beginning."""


Decision = Begin | Note | Ignore


def decide(episodes: Sequence[Episode], group: Group, now: datetime) -> Decision:
    """What a notification does to a group that has had these episodes."""
    ordered = sorted(episodes, key=lambda episode: episode.number)
    latest = ordered[-1] if ordered else None
    before = merge(*(episode.alert.seen for episode in ordered[:-1]))
    firing, ended = seen_alerts(group, resolved=False), seen_alerts(group, resolved=True)
    if latest is not None and latest.is_open(now):
        return _note(latest.alert, before, group, firing, ended, now)
    known = merge(before, latest.alert.seen if latest else [])
    if not any(is_new(alert, known) for alert in firing):
        return Ignore()
    return Begin(latest.number + 1 if latest else 1)


def _note(
    alert: AlertStatus,
    before: list[SeenAlert],
    group: Group,
    firing: list[SeenAlert],
    ended: list[SeenAlert],
    now: datetime,
) -> Decision:
    # An end of an earlier episode has only come in late. When it began says nothing by itself: of two Prometheus with
    # the same rule, Alertmanager takes the earlier begin as soon as it learns it.
    late = bool(ended) and all(seen in before and seen not in alert.seen for seen in ended)
    if not firing and late:
        return Ignore()
    resolved = now if group.ended else None
    seen = merge(alert.seen, firing, ended)
    return Note(AlertStatus(last_seen_at=now, resolved_at=resolved, count=alert.count + 1, seen=seen))


def opened(group: Group, now: datetime) -> AlertStatus:
    """What the notification that opened an episode leaves on it."""
    seen = merge(seen_alerts(group, resolved=False), seen_alerts(group, resolved=True))
    return AlertStatus(last_seen_at=now, count=1, seen=seen)


def seen_alerts(group: Group, *, resolved: bool) -> list[SeenAlert]:
    """The identities of the alerts of the group that fire, or that have ended."""
    chosen = (alert for alert in group.alerts if alert.resolved is resolved)
    return merge(SeenAlert(fingerprint=alert.fingerprint, starts_at=alert.starts_at) for alert in chosen)


def is_new(alert: SeenAlert, known: list[SeenAlert]) -> bool:
    """Whether this firing is none of the known ones; a full list knows all that is not younger than its oldest."""
    if any(alert.fingerprint == seen.fingerprint and alert.starts_at == seen.starts_at for seen in known):
        return False
    return len(known) < MAX_SEEN or alert.starts_at > min(seen.starts_at for seen in known)


def merge(*parts: Iterable[SeenAlert]) -> list[SeenAlert]:
    """The union, youngest first, at most `MAX_SEEN`: the same whatever the order in which parts come together."""
    distinct = {(seen.starts_at, seen.fingerprint): seen for part in parts for seen in part}
    return [distinct[key] for key in sorted(distinct, reverse=True)[:MAX_SEEN]]
