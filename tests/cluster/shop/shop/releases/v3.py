"""Sorts products by price; otherwise as before."""

from typing import Any

from shop.releases import v1

total_cents = v1.total_cents


def products(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the shop shows, cheapest first."""
    return sorted(rows, key=lambda row: int(row["cents"]))
