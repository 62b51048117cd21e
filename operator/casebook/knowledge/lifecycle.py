"""What has force: confirmed, valid now, not stale, not superseded."""

from collections.abc import Iterable
from datetime import datetime

from casebook.api.base import timestamp
from casebook.api.enums import State
from casebook.api.names import unplaced
from casebook.api.run import Recalled
from casebook.knowledge.concepts import key
from casebook.knowledge.precedence import replaces


def powerless(memory: Recalled, now: datetime) -> str:
    """Why a confirmed memory has no force at this moment, for people; empty where it has."""
    spec = memory.spec
    if memory.quarantined:
        return f"quarantined: {memory.quarantined}"
    if memory.stale:
        return f"stale: {memory.stale}"
    if spec.verify_by and spec.verify_by <= now:
        return f"stale: it was to be verified by {timestamp(spec.verify_by)}"
    if spec.valid_until and spec.valid_until <= now:
        return f"it was valid until {timestamp(spec.valid_until)}"
    if spec.valid_from and spec.valid_from > now:
        return f"it is valid from {timestamp(spec.valid_from)}"
    return ""


def confirmed(memories: Iterable[Recalled]) -> list[Recalled]:
    """Those that a person stands behind; of one memory recalled twice the later version."""
    found: dict[str, Recalled] = {}
    for memory in memories:
        known = found.get(key(memory))
        if known is None or known.version < memory.version:
            found[key(memory)] = memory
    return [memory for memory in found.values() if memory.spec.state is State.CONFIRMED]


def superseded(memories: Iterable[Recalled]) -> dict[str, Recalled]:
    """Which other memory of its tenant replaces which one, by `key`. Two that replace each other both stay."""
    held = {key(memory): memory for memory in memories}
    found = {}
    for _, memory in sorted(held.items()):
        for old in memory.spec.supersedes:
            replaced = held.get("/".join(unplaced(old, memory.namespace)))
            if replaced is not None and replaces(memory, replaced):
                found[key(replaced)] = memory
    return found
