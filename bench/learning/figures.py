"""Rows of this bench: shares in percent, and counts that have to be nought."""

from collections.abc import Sequence

from bench.row import Bound, Row
from bench.spread import Spread

NAMED = 5


def share(group: str, what: str, hits: Sequence[bool], bound: Bound | None = None, note: str = "") -> Row:
    """How many of these are so."""
    if not hits:
        return Row(group, what, "%", note="nothing was tried")
    told = f"{sum(hits)} of {len(hits)}"
    return Row(
        group, what, "%", Spread.of([100 * sum(hits) / len(hits)]), bound, note=f"{told}; {note}" if note else told
    )


def none(group: str, what: str, found: Sequence[str], tried: int, note: str = "") -> Row:
    """How many were found of what there may be none of; names some of them."""
    if not tried:
        return Row(group, what, note="nothing was tried")
    told = "; ".join(part for part in (f"{tried} tried", note, *found[:NAMED]) if part)
    return Row(group, what, "", Spread.of([len(found)]), Bound("<=", 0), note=told)
