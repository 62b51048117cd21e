"""Safe access to raw JSON: every function takes any value and never raises for its shape."""

import re
from datetime import UTC, datetime
from typing import Any

_FRACTION = re.compile(r"(\.\d{6})\d+")
_QUANTITY = re.compile(r"^([+-]?\d+(?:\.\d+)?)([numkMGTPE]i?|[eE]\d+)?$")
_UNITS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_UNITS |= {f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", 1)} | {"ki": 1024.0}


def dig(value: Any, *path: str | int) -> Any:
    """The value at a path of keys and indexes, or None."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def text(value: Any, *path: str | int) -> str:
    """The string at a path; a number as its digits; else empty."""
    found = dig(value, *path)
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int | float) else ""


def number(value: Any, *path: str | int) -> int | None:
    """The integer at a path, or None."""
    found = dig(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def count(value: Any, *path: str | int) -> int:
    """The integer at a path, or 0."""
    return number(value, *path) or 0


def mapping(value: Any, *path: str | int) -> dict[str, Any]:
    """The object at a path with string keys, or an empty one."""
    found = dig(value, *path)
    return {key: item for key, item in found.items() if isinstance(key, str)} if isinstance(found, dict) else {}


def strings(value: Any, *path: str | int) -> dict[str, str]:
    """The object at a path with the string values that it holds."""
    return {key: item for key, item in mapping(value, *path).items() if isinstance(item, str)}


def listed(value: Any, *path: str | int) -> list[dict[str, Any]]:
    """The objects of the list at a path; anything else in it is left out."""
    found = dig(value, *path)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def words(value: Any, *path: str | int) -> list[str]:
    """The strings of the list at a path."""
    found = dig(value, *path)
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def moment(value: Any, *path: str | int) -> datetime | None:
    """The RFC 3339 time at a path, aware, or None."""
    found = dig(value, *path)
    if not isinstance(found, str) or len(found) < 10:
        return None
    try:
        parsed = datetime.fromisoformat(_FRACTION.sub(r"\1", found))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def quantity(value: Any, *path: str | int) -> float | None:
    """The Kubernetes quantity at a path as a plain number (bytes, cores), or None."""
    found = _QUANTITY.match(text(value, *path))
    if not found:
        return None
    unit = found[2] or ""
    return (
        float(found[1] + unit) if unit[:1] in "eE" and unit[1:].isdigit() else float(found[1]) * _UNITS.get(unit, 1.0)
    )
