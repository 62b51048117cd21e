"""What a source of evidence is: it reads one query, bounded, and says how much it left out."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from casebook.api.observation import Query
from casebook.api.report import Window

MAX_BYTES = 4 << 20
"""The most that one observation keeps, in bytes of JSON."""


class Refused(Exception):
    """A read that Casebook does not make, whoever asks; the message says why."""


@dataclass(frozen=True)
class Reading:
    """The answer to one query: `data` as in an Observation, redacted."""

    data: Any
    truncated: bool = False
    window: Window | None = None
    message: str = ""


class Source(Protocol):
    """One kind of evidence."""

    async def read(self, query: Query) -> Reading:
        """The answer. Raises `ClusterError` or `Refused`."""
        ...


def bounded(items: Iterable[dict[str, Any]], most: int = MAX_BYTES) -> tuple[list[dict[str, Any]], bool]:
    """The first items that fit into `most` bytes of JSON, and whether some did not."""
    kept: list[dict[str, Any]] = []
    size = 0
    for item in items:
        size += len(json.dumps(item, ensure_ascii=False).encode("utf-8", "replace"))
        if size > most:
            return kept, True
        kept.append(item)
    return kept, False
