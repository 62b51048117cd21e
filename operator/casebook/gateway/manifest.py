"""The Investigation that an alert group becomes; bounded so that whatever came in, the API server can take it."""

from datetime import datetime
from typing import Any

from casebook.api.base import API_VERSION, EPOCH
from casebook.api.enums import Reach, Reasoning, Severity, Trigger
from casebook.api.investigation import Alert, InvestigationSpec
from casebook.api.meta import GROUP_LABEL, MANAGED_BY, MANAGED_BY_LABEL
from casebook.api.names import digest, episode_name, group_hash
from casebook.evidence.redaction import redact
from casebook.gateway.clip import clip_bytes, clip_map, clip_text
from casebook.gateway.groups import Group
from casebook.gateway.payload import RESOLVED, SentAlert
from casebook.gateway.target import severity, target

LABEL_BYTES = 8 << 10
ANNOTATION_BYTES = 16 << 10
MAX_VALUE = 1024
FIRING = "firing"
OVERFLOW = "Overflow"
OVERFLOW_KEY = "overflow"
_URGENCY = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)


def investigation(
    group: Group, receiver: str, number: int, lookback_seconds: int, reasoning: Reasoning
) -> dict[str, Any]:
    """The manifest of one episode of an alert group."""
    key = group_hash(receiver, group.group_key, group.namespace)
    lead = group.lead
    urgencies = [severity(sent.labels) for sent in group.firing]
    spec = InvestigationSpec(
        trigger=Trigger.ALERT,
        alert=alert(group, receiver),
        target=None if group.strayed else target(lead.labels),
        scope=Reach.TENANT,
        severity=max(urgencies, key=_URGENCY.index, default=severity(lead.labels)),
        lookback_seconds=lookback_seconds,
        reasoning=reasoning,
    )
    return _manifest(episode_name(key, number), group.namespace, key, spec)


def overflow(tenant: str, namespace: str, group: Group, receiver: str, hour: datetime) -> dict[str, Any]:
    """The manifest of the one Investigation that stands for all groups of a tenant over its queue limit in an hour."""
    key = overflow_hash(tenant, hour)
    spec = InvestigationSpec(
        trigger=Trigger.ALERT,
        question="More alert groups came in than may wait in the queue of this tenant. What do they have in common?",
        alert=Alert(
            receiver=receiver, group_key=OVERFLOW_KEY, labels={"alertname": OVERFLOW}, starts_at=hour, truncated=True
        ),
        scope=Reach.TENANT,
        severity=severity(group.lead.labels),
    )
    return _manifest(episode_name(key, 1), namespace, key, spec)


def overflow_hash(tenant: str, hour: datetime) -> str:
    """Identity of a tenant's overflow in this hour."""
    return digest(f"{OVERFLOW}|{tenant}|{hour:%Y%m%d%H}", 20)


def alert(group: Group, receiver: str) -> Alert:
    """The alert that stands for the group, redacted and clipped to what the resource holds."""
    lead = group.lead
    labels, fewer_labels = clip_map(_redacted(lead, "labels"), value=MAX_VALUE, total=LABEL_BYTES)
    annotations, fewer = clip_map(_redacted(lead, "annotations"), value=MAX_VALUE, total=ANNOTATION_BYTES)
    key = clip_bytes(group.group_key, 4096)
    return Alert(
        receiver=receiver,
        group_key=key,
        fingerprint=lead.fingerprint,
        status=RESOLVED if lead.resolved else FIRING,
        labels=labels,
        annotations=annotations,
        starts_at=lead.starts_at if lead.starts_at > EPOCH else None,
        generator_url=clip_text(str(redact(lead.generator_url)), 2048),
        truncated=group.clipped or fewer_labels or fewer or key != group.group_key,
    )


def _redacted(lead: SentAlert, part: str) -> dict[str, str]:
    redacted = redact(dict(getattr(lead, part)))
    return {key: str(value) for key, value in redacted.items()} if isinstance(redacted, dict) else {}


def _manifest(name: str, namespace: str, key: str, spec: InvestigationSpec) -> dict[str, Any]:
    labels = {GROUP_LABEL: key, MANAGED_BY_LABEL: MANAGED_BY}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": API_VERSION, "kind": "Investigation", "metadata": metadata, "spec": spec.wire()}
