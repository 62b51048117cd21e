"""The rows as a table for a terminal."""

from rich.markup import escape
from rich.table import Table

from bench.row import Bound, Floor, Result, Row, Unit
from bench.spread import Spread

STYLES = {Result.OK: "green", Result.OVER: "bold red", Result.MISSING: "bold yellow", Result.FREE: "dim"}
RELATIONS = {"<": "<", "<=": "≤", ">=": "≥"}


def table(rows: list[Row], caption: str = "") -> Table:
    """One line a row: the median with the span and the number of values, the floor, the bound, the result."""
    made = Table(title="Figures", caption=caption, caption_justify="left", title_justify="left", show_lines=False)
    for name in ("what", "measured", "floor in this run", "bound"):
        made.add_column(name)
    made.add_column("", no_wrap=True)
    group = ""
    for row in rows:
        if group and row.group != group:
            made.add_section()
        group = row.group
        style = STYLES[row.result]
        made.add_row(_what(row), spread(row.measured, row.unit), _floor(row), _bound(row), f"[{style}]{row.result}[/]")
    return made


def number(value: float, unit: Unit) -> str:
    """A value with its unit, at the precision that means something."""
    if unit == "s":
        text = f"{value:.2f}" if value < 100 else f"{value:.0f}"
    elif unit in {"", "%"}:
        text = f"{value:.0f}" if value == round(value) else f"{value:.1f}"
    else:
        text = f"{value:.1f}" if value < 10 else f"{value:.0f}"
    return f"{text} {unit}".rstrip()


def spread(values: Spread | None, unit: Unit) -> str:
    """`1.20 s (1.00 to 1.90, 5 runs)`; one value alone stands for itself."""
    if values is None:
        return "-"
    if len(values.values) == 1:
        return number(values.median, unit)
    span = f"{number(values.least, unit).removesuffix(unit).strip()} to {number(values.most, unit)}"
    return f"{number(values.median, unit)} ({span}, {len(values.values)} values)"


def bound_text(bound: Bound, floor: Floor | None, unit: Unit) -> str:
    """`≤ floor + 2.00 s = 3.10 s`, `max < 60`."""
    judged = "" if bound.judged == "median" else f"{bound.judged} "
    relation = RELATIONS[bound.relation]
    if not bound.over_floor:
        return f"{judged}{relation} {number(bound.limit, unit)}"
    total = f" = {number(bound.value(floor), unit)}" if floor else ""
    return f"{judged}{relation} floor + {number(bound.limit, unit)}{total}"


def _what(row: Row) -> str:
    note = f"\n[dim]{escape(row.note)}[/]" if row.note else ""
    return f"{escape(row.what)}{note}"


def _floor(row: Row) -> str:
    return f"{spread(row.floor.values, row.unit)}\n[dim]{escape(row.floor.name)}[/]" if row.floor else ""


def _bound(row: Row) -> str:
    return bound_text(row.bound, row.floor, row.unit) if row.bound else ""
