"""Alertmanager's notifications, as it writes them."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

EPISODE = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def sent(
    name: str = "Broken",
    *,
    episode: datetime = EPISODE,
    minute: int = 0,
    resolved: bool = False,
    namespace: str = "shop",
    **labels: str,
) -> dict[str, Any]:
    """One alert that began to fire `minute` minutes into the episode; equal names have equal fingerprints."""
    starts = (episode + timedelta(minutes=minute)).replace(microsecond=0)
    named = {"namespace": namespace} if namespace else {}
    return {
        "status": "resolved" if resolved else "firing",
        "labels": {"alertname": name, **named, **labels},
        "annotations": {"summary": f"{name} is broken"},
        "startsAt": starts.isoformat().replace("+00:00", ".123456789Z"),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=up",
        "fingerprint": sha256(f"{name}|{namespace}".encode()).hexdigest()[:16],
    }


def notification(*alerts: dict[str, Any], key: str = '{}:{alertname="Broken"}', **changes: Any) -> dict[str, Any]:
    """One notification of a group."""
    return {
        "receiver": "casebook",
        "status": "firing" if any(alert["status"] == "firing" for alert in alerts) else "resolved",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "Broken"},
        "commonLabels": {"alertname": "Broken"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "version": "4",
        "groupKey": key,
        "truncatedAlerts": 0,
        **changes,
    }


def body(*alerts: dict[str, Any], **changes: Any) -> bytes:
    """The bytes of a notification."""
    return json.dumps(notification(*alerts, **changes)).encode()
