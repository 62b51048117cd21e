"""Alertmanager's webhook body, version 4, read so that no body can make it fail: what does not fit is clipped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from pydantic_core import from_json

from casebook.api.base import EPOCH
from casebook.gateway.clip import clean, clip_text

MAX_ALERTS = 10_000
MAX_LABELS = 256
MAX_VALUE = 4096
MAX_GROUP_KEY = 1 << 16
RESOLVED = "resolved"
VERSION = "4"
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Body:
    """The bytes of a request: the first of them and, of a body over the limit, the last as well."""

    head: bytes | bytearray
    tail: bytes = b""

    @property
    def cut(self) -> bool:
        """Whether bytes between head and tail are gone."""
        return bool(self.tail)


@dataclass(frozen=True)
class SentAlert:
    """One alert of a notification; `starts_at` in whole seconds, the epoch where it was missing or absurd."""

    fingerprint: str
    starts_at: datetime
    resolved: bool
    labels: Mapping[str, str]
    entry: Mapping[str, Any]

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations; taken from the entry when asked for, since only those of one alert of a group are."""
        return _strings(self.entry.get("annotations"))

    @property
    def generator_url(self) -> str:
        """Where it was computed."""
        return clip_text(_string(self.entry.get("generatorURL")), 2048)


@dataclass(frozen=True)
class Payload:
    """One notification. `whole` says that every alert of the group is in it; `clipped` that something had to give."""

    group_key: str
    resolved: bool
    alerts: tuple[SentAlert, ...]
    whole: bool
    clipped: bool


def decode(body: Body) -> Payload:
    """The notification in any body. What cannot be read at all becomes one alert that says so, so that it is seen."""
    document, cut, odd = _document(body)
    sent = document.get("alerts")
    entries = sent if isinstance(sent, list) else []
    alerts = tuple(_alert(entry, document.get("status")) for entry in entries[:MAX_ALERTS] if isinstance(entry, dict))
    cut = cut or len(alerts) < len(entries) or not isinstance(sent, list | None)
    resolved = document.get("status") == RESOLVED
    if cut and not alerts and not resolved:
        alerts = (_unreadable(document, body),)
    dropped = document.get("truncatedAlerts")
    whole = not (cut or (isinstance(dropped, int) and dropped > 0))
    odd = odd or document.get("version", VERSION) != VERSION
    return Payload(_group_key(document, body), resolved, alerts, whole=whole, clipped=odd or not whole)


def _document(body: Body) -> tuple[dict[str, Any], bool, bool]:
    """What could be read, whether something is missing from it, and whether characters had to be replaced."""
    text = body.head.decode("utf-8", "replace").lstrip("\ufeff").strip()
    if not text:
        return {}, False, False
    replaced = "\ufffd" in text
    if not body.cut:
        try:
            whole = json.loads(text, strict=False, parse_int=_number)
        except (ValueError, RecursionError):
            whole = None
        if isinstance(whole, dict):
            return whole, False, replaced
    try:
        part = from_json(text, allow_partial=True)
    except ValueError:
        part = None
    return (part if isinstance(part, dict) else {}), True, replaced


def _number(digits: str) -> int | None:
    """The number; nothing of ours has more digits than this, and Python refuses to read far longer ones."""
    return int(digits) if len(digits) <= 18 else None


def _group_key(document: Mapping[str, Any], body: Body) -> str:
    key = document.get("groupKey")
    if isinstance(key, str):
        return clip_text(clean(key), MAX_GROUP_KEY)
    # Alertmanager writes the key after the alerts: where the middle is lost, the end still holds it.
    text = (body.tail or body.head).decode("utf-8", "replace")
    at = text.rfind('"groupKey":')
    try:
        found, _ = (
            json.JSONDecoder(strict=False).raw_decode(text[at + len('"groupKey":') :].lstrip()) if at >= 0 else ("", 0)
        )
    except (ValueError, RecursionError):
        return ""
    return clip_text(clean(found), MAX_GROUP_KEY) if isinstance(found, str) else ""


def _alert(entry: Mapping[str, Any], shared_status: Any) -> SentAlert:
    labels = _strings(entry.get("labels"))
    fingerprint = entry.get("fingerprint")
    return SentAlert(
        fingerprint=_fingerprint(fingerprint, labels),
        starts_at=_moment(entry.get("startsAt")),
        resolved=entry.get("status", shared_status) == RESOLVED,
        labels=labels,
        entry=entry,
    )


def _fingerprint(sent: Any, labels: Mapping[str, str]) -> str:
    if isinstance(sent, str) and 0 < len(sent) <= 64 and sent.isascii() and sent.isprintable():
        return sent
    text = json.dumps([str(sent), sorted(labels.items())])
    return sha256(text.encode()).hexdigest()[:16]


def _moment(sent: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(sent).astimezone(UTC).replace(microsecond=0)
    except (TypeError, ValueError, OverflowError):
        return EPOCH
    return max(moment, EPOCH)


def _strings(sent: Any) -> dict[str, str]:
    if not isinstance(sent, dict):
        return {}
    return {
        clip_text(clean(key), 128): clip_text(_string(value), MAX_VALUE)
        for key, value in list(sent.items())[:MAX_LABELS]
    }


def _string(value: Any) -> str:
    """Alertmanager sends strings; of anything else a short scalar is kept, and of the rest only that it was there."""
    if isinstance(value, str):
        return clean(value)
    if value is None:
        return ""
    return str(value) if isinstance(value, bool | int | float) else "…"


def _unreadable(document: Mapping[str, Any], body: Body) -> SentAlert:
    shared = {**_strings(document.get("groupLabels")), **_strings(document.get("commonLabels"))}
    digest = sha256(bytes(body.head) + body.tail).hexdigest()[:16]
    note = {"summary": "A notification came in whose alerts could not be read."}
    annotations = {**_strings(document.get("commonAnnotations")), **note}
    return SentAlert(f"{UNREADABLE}-{digest}", EPOCH, False, shared, {"annotations": annotations})
