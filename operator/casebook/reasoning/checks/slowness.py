"""Slow answers as logs tell them: statements of a database, and how long is slow."""

import re

from casebook.analysis.logs import Entry

SLOW_SECONDS = 1.0
_HINTS = ("duration", "Query_time", "low query", "statement timeout", "execution time exceeded")
_TIMED = re.compile(
    r"duration: (?P<ms>[\d.]+) ms\s+(?:statement|execute|parse|bind|plan)|Query_time: (?P<s>[\d.]+)|"
    r"slow query\b.{0,200}?(?:durationMillis|duration_ms|took|in|ms)\W{1,3}(?P<told>[\d.]+) ?(?P<unit>s\b)?",
    re.IGNORECASE | re.DOTALL,
)
_ENDED = re.compile(r"canceling statement due to statement timeout|maximum statement execution time exceeded")


def is_slow_statement(entry: Entry) -> bool:
    """Whether a database says that a statement took long, or that it was ended for that."""
    said = entry.parsed.shown
    if not any(hint in said for hint in _HINTS):
        return False
    found = _TIMED.search(said)
    return (found is not None and _seconds(found) >= SLOW_SECONDS) or _ENDED.search(said) is not None


def _seconds(found: "re.Match[str]") -> float:
    value = (found["ms"] or found["s"] or found["told"]).rstrip(".")
    number = float(value) if value.count(".") <= 1 else 0.0
    return number if found["s"] or found["unit"] else number / 1000
