"""Keeps what it rendered, for reuse that never comes."""

from typing import Any

from shop.releases import v1

total_cents = v1.total_cents
_rendered: list[bytes] = []


def products(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the shop shows; each rendering is kept."""
    _rendered.append(b"." * 1024 * 1024)
    return v1.products(rows)
