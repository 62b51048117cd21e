"""Log lines of one container as entries: level, message, exception with its stack joined, failures, peers."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import zip_longest

from casebook.analysis import failures
from casebook.analysis.access import listed, moment, text
from casebook.analysis.endpoints import Endpoint, mentions
from casebook.analysis.lines import Parsed, parse
from casebook.analysis.stacks import continues, exception_in
from casebook.analysis.things import Cite, clip
from casebook.api.base import timestamp
from casebook.api.observation import Observation

_HOST_KEYS = ("host", "hostname", "peer", "upstream", "target", "server", "addr", "address", "remote", "dependency")
_VARIABLE = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?:Z|[+-]\d\d:?\d\d)?"
    r"|\b[0-9a-fA-F]{8,}\b|\b\d+(?:\.\d+)*\b|'[^']*'|\"[^\"]*\"|0x[0-9a-fA-F]+"
)
_MAX_STACK = 40
AT_ONCE = timedelta(seconds=1)
_FAILED = ("ERROR", "FATAL")
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Entry:
    """One log entry: a line and what was joined to it."""

    at: datetime | None
    parsed: Parsed
    stack: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The message without its envelope."""
        return self.parsed.message

    @cached_property
    def exception(self) -> tuple[str, str]:
        """Type and message of the exception it carries, or two empty strings."""
        if self.stack or self.parsed.trace:
            return exception_in(("\n".join((self.message, *self.stack)), self.parsed.trace))
        return exception_in((self.message,)) if self.parsed.level in ("", "ERROR", "FATAL") else ("", "")

    @cached_property
    def said(self) -> str:
        """Everything that it says, for matching: message, string fields, stack."""
        extras = " ".join(f"{key}={value}" for key, value in sorted(self.parsed.fields.items()))
        return " ".join([self.parsed.message, extras, *self.stack[-6:], self.parsed.trace[-1200:]])

    @cached_property
    def is_error(self) -> bool:
        """Whether it reports something that went wrong, by level, exception, status or the words used."""
        level = self.parsed.level
        if level in ("ERROR", "FATAL") or self.status >= _SERVER_ERROR:
            return True
        if level in ("WARN", "INFO", "DEBUG"):
            return bool(self.stack and self.exception[0])
        return bool(self.exception[0]) or bool(failures.kinds(f"{self.message} {self.parsed.trace}"))

    @property
    def status(self) -> int:
        """HTTP status that it records, or 0."""
        return self.parsed.status

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Kinds of failure that it names."""
        return failures.kinds(self.said)

    @cached_property
    def peers(self) -> tuple[Endpoint, ...]:
        """Hosts and ports that it names."""
        found = dict.fromkeys(mentions(f"{self.parsed.message} {' '.join(self.stack[-3:])} {self.parsed.trace[-600:]}"))
        port = int(self.parsed.fields.get("port", "0")) if self.parsed.fields.get("port", "").isdigit() else 0
        for key, value in self.parsed.fields.items():
            for endpoint in mentions(value):
                found[endpoint] = None
            if key in _HOST_KEYS and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", value):
                found[Endpoint(value.lower(), port)] = None
        return tuple(found)

    @cached_property
    def template(self) -> str:
        """The message with its variable parts blanked."""
        kind, _ = self.exception
        return clip(f"{kind}: " if kind else "", 80) + _VARIABLE.sub("*", self.parsed.message[:320])[:160]


@dataclass(frozen=True)
class Log:
    """The log of one run of one container, parsed."""

    namespace: str
    pod: str
    container: str
    previous: bool
    source: str
    observed_at: datetime
    truncated: bool
    entries: tuple[Entry, ...] = field(repr=False)

    @cached_property
    def errors(self) -> tuple[Entry, ...]:
        """Entries that report something wrong; a warning does where an error follows at once that says less."""
        return tuple(
            entry
            for entry, after in zip_longest(self.entries, self.entries[1:])
            if entry.is_error or _tells_more(entry, after)
        )

    @cached_property
    def began(self) -> datetime | None:
        """Time of its first entry."""
        return next((entry.at for entry in self.entries if entry.at), None)

    def cite(self, *entries: Entry, stack: int = 3) -> Cite:
        """A citation of entries, each with the end of its stack."""
        lines: list[str] = []
        for entry in entries:
            when = f"{timestamp(entry.at)} " if entry.at else ""
            lines.append(clip(f"{when}{entry.parsed.shown}", 400))
            tail = entry.stack[-stack:] or tuple(entry.parsed.trace.strip().splitlines()[-stack:])
            lines += [clip(line, 200) for line in tail]
        return Cite(self.source, clip("\n".join(lines)))

    def summary(self) -> Cite:
        """A citation that says how much was read and how much of it was wrong."""
        span = f" since {timestamp(self.began)}" if self.began else ""
        where = f"{self.pod}/{self.container}{' (previous run)' if self.previous else ''}"
        return Cite(self.source, f"{where}: {len(self.entries)} log entries{span}, {len(self.errors)} errors")


def _tells_more(entry: Entry, after: Entry | None) -> bool:
    """Whether a warning names the failure of a peer of which the error after it gives only the consequence."""
    if (
        after is None
        or entry.parsed.level != "WARN"
        or not after.is_error
        or after.kinds
        or not entry.at
        or not after.at
    ):
        return False
    return after.at - entry.at <= AT_ONCE and bool(entry.kinds & failures.PEER_KINDS and entry.peers)


def read(observation: Observation) -> Log:
    """The log in an observation of source `logs`; empty where the read failed."""
    query = observation.query
    lines = ((text(line, "text"), moment(line, "at")) for line in listed(observation.data, "lines"))
    return Log(
        namespace=query.namespace,
        pod=query.name,
        container=query.params.get("container", ""),
        previous=query.is_previous_log,
        source=observation.id,
        observed_at=observation.observed_at,
        truncated=observation.truncated,
        entries=tuple(joined(lines)),
    )


def joined(lines: Iterable[tuple[str, datetime | None]]) -> Iterable[Entry]:
    """Entries from lines, with stack traces joined to the line that they follow."""
    current: tuple[datetime | None, Parsed] | None = None
    stack: list[str] = []
    for line, at in lines:
        if not line.strip():
            continue
        if current is not None and continues(line, current[1].message, stack, failed=current[1].level in _FAILED):
            if len(stack) < _MAX_STACK:
                stack.append(line.rstrip())
            else:
                stack[-1] = line.rstrip()
            continue
        if current is not None:
            yield Entry(*current, tuple(stack))
        parsed = parse(line, timed=at is not None)
        current, stack = (at or parsed.at, parsed), []
    if current is not None:
        yield Entry(*current, tuple(stack))
