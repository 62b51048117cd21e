"""Checks every product against every other before it answers."""

import time
from typing import Any

from shop.releases import v1

total_cents = v1.total_cents


def products(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the shop shows, two seconds later."""
    time.sleep(2)
    return v1.products(rows)
