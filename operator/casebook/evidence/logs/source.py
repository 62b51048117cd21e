"""The last lines of a container's log, of its current or its previous run, or those from a time on."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from casebook.api.observation import Query
from casebook.api.report import Window
from casebook.cluster.errors import Invalid, NotFound
from casebook.evidence.redaction import redact_lines, redact_text
from casebook.evidence.source import Reading

MAX_BYTES = 512 << 10
MAX_LINE = 4000
DEFAULT_TAIL = 400
_FEWER = 8
"""The kubelet cuts a long answer at its end, where the newest lines are: then this part of the lines is asked for."""
_GONE = "unable to retrieve container logs for "
"""The kubelet says so with a 200, in the place of the log of a container that the runtime has removed."""

_STAMPED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d) ?(.*)", re.DOTALL)


class LogReader(Protocol):
    """The part of `cluster.Reader` that reads logs."""

    async def logs(
        self,
        namespace: str,
        pod: str,
        *,
        container: str = "",
        previous: bool = False,
        tail: int | None = None,
        since_seconds: int | None = None,
        limit: int = 1 << 20,
    ) -> tuple[str, bool]:
        """Lines with timestamps, and whether there was more."""
        ...


class LogSource:
    """Reads `pods/log`."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader

    async def read(self, query: Query) -> Reading:
        """`{"lines": [{"at": RFC 3339, "text": line}]}`, oldest first. Raises `ClusterError`."""
        if query.is_earlier_log:
            return await self._read_from(query)
        tail = int(query.params.get("tailLines") or DEFAULT_TAIL)
        text, cut = await self._fetch(query, tail)
        if cut:
            tail = max(1, tail // _FEWER)
            text, cut = await self._fetch(query, tail)
        return _reading(text, lambda lines: cut or lines >= tail)

    async def _read_from(self, query: Query) -> Reading:
        """The begin of a span; a line that was cut at the end is left out."""
        text, cut = await self._fetch(query, None, int(query.params["limitBytes"]))
        return _reading(text.rpartition("\n")[0] if cut else text, lambda _: cut)

    async def _fetch(self, query: Query, tail: int | None, limit: int = MAX_BYTES) -> tuple[str, bool]:
        since = query.params.get("sinceSeconds")
        try:
            text, cut = await self._reader.logs(
                query.namespace,
                query.name,
                container=query.params.get("container", ""),
                previous=query.is_previous_log,
                tail=tail,
                since_seconds=int(since) if since else None,
                limit=limit,
            )
        except Invalid as error:
            # The kubelet answers 400 where there is no such run of the container (yet).
            raise NotFound(error.message) from error
        if text.startswith(_GONE):
            raise NotFound("the container's log is gone")
        return text, cut


def _reading(text: str, is_cut: Callable[[int], bool]) -> Reading:
    """The lines of a text; `is_cut` tells from their number whether there is more."""
    lines = [_stamped(line) for line in text.split("\n") if line]
    # Redacted as a whole, then cut, then line by line: a mask that was cut must stay one to whoever redacts again.
    texts = [redact_text(text[:MAX_LINE]) for text in redact_lines([text for _, text in lines])]
    read = [{"at": at, "text": text} for (at, _), text in zip(lines, texts, strict=True)]
    return Reading({"lines": read}, truncated=is_cut(len(read)), window=_window([at for at, _ in lines]))


def _stamped(line: str) -> tuple[str, str]:
    found = _STAMPED.match(line)
    if not found:
        return "", line
    # Milliseconds order the lines of several containers; nanoseconds only cost space.
    return found.group(1) + (found.group(2) or "")[:4] + found.group(3).replace("+00:00", "Z"), found.group(4)


def _window(moments: list[str]) -> Window | None:
    known = [moment for moment in moments if moment]
    if not known:
        return None
    start, end = (datetime.fromisoformat(moment).replace(microsecond=0) for moment in (known[0], known[-1]))
    return Window(start=start, end=end)
