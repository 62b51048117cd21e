"""Prices in several currencies; orders of older clients carry none."""

from typing import Any

from shop.releases import v1

RATES = {"EUR": 100, "USD": 109, "CHF": 94}
products = v1.products


def total_cents(order: dict[str, Any], *, new_pricing: bool = False) -> int:
    """What an order costs in its own currency."""
    rate = RATES[order["currency"]]
    return v1.total_cents(order, new_pricing=new_pricing) * rate // 100
