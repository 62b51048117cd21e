"""Splits a notification into one group per namespace: what becomes, or belongs to, one Investigation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from casebook.gateway.payload import Payload, SentAlert

NAMESPACE = "namespace"


@dataclass(frozen=True)
class Group:
    """The alerts of one notification that belong into one namespace.

    `ended` says that, as far as the sender knows, nothing of the group fires any more. `strayed` says that its alerts
    named a namespace that the receiver may not use, so their other labels name nothing in this one.
    """

    namespace: str
    group_key: str
    alerts: tuple[SentAlert, ...]
    ended: bool
    clipped: bool
    strayed: bool

    @property
    def firing(self) -> tuple[SentAlert, ...]:
        """The alerts that fire, oldest first."""
        return tuple(sorted((a for a in self.alerts if not a.resolved), key=_order))

    @property
    def lead(self) -> SentAlert:
        """The alert that stands for the group: the oldest that fires, else the oldest."""
        return (self.firing or tuple(sorted(self.alerts, key=_order)))[0]


def split(payload: Payload, place: Callable[[str], str]) -> list[Group]:
    """One group per namespace, by name; `place` says where an alert with this namespace label belongs."""
    alerts: dict[str, list[SentAlert]] = {}
    strayed: set[str] = set()
    for alert in payload.alerts:
        named = alert.labels.get(NAMESPACE, "")
        where = place(named)
        alerts.setdefault(where, []).append(alert)
        if named and named != where:
            strayed.add(where)
    return [_group(payload, where, tuple(alerts[where]), where in strayed) for where in sorted(alerts)]


def _group(payload: Payload, where: str, alerts: tuple[SentAlert, ...], strayed: bool) -> Group:
    ended = all(alert.resolved for alert in alerts) and (payload.whole or payload.resolved)
    return Group(where, payload.group_key, alerts, ended, payload.clipped, strayed)


def _order(alert: SentAlert) -> tuple[datetime, str]:
    return alert.starts_at, alert.fingerprint
