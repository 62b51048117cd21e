"""The release that works."""

from typing import Any

CATALOGUE = ({"sku": "pen", "cents": 150}, {"sku": "ink", "cents": 890}, {"sku": "paper", "cents": 420})


def products(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the shop shows."""
    return sorted(rows, key=lambda row: str(row["sku"]))


def total_cents(order: dict[str, Any], *, new_pricing: bool = False) -> int:
    """What an order costs; the new pricing spreads a promotion over the items that it names."""
    items = order.get("items", [])
    cents = sum(int(item["cents"]) for item in items)
    if not order.get("promo"):
        return cents
    if new_pricing:
        return cents - cents // len(order.get("promo_items", []))
    return cents * 9 // 10
