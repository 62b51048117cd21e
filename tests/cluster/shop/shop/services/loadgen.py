"""Customers: a few requests a second against TARGET_URL."""

import itertools
import threading
import time
from typing import Any

from shop.http import UpstreamError, call, serve
from shop.metrics import METRICS
from shop.settings import number, required

ITEMS = [{"sku": "pen", "cents": 150}, {"sku": "ink", "cents": 890}]
VISITS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/products", {}),
    ("POST", "/checkout", {"items": ITEMS}),
    ("GET", "/products", {}),
    ("POST", "/checkout", {"items": ITEMS, "promo": "SPRING"}),
)


def main(_: list[str]) -> None:
    """Visit in turn, RATE times a second."""
    threading.Thread(target=_visit, args=(required("TARGET_URL"), number("RATE", 1.0)), daemon=True).start()
    serve("loadgen", {})


def _visit(target: str, rate: float) -> None:
    for method, path, body in itertools.cycle(VISITS):
        time.sleep(1 / rate)
        try:
            call(method, target + path, body, timeout=5.0)
            METRICS.count("visits_total", result="ok")
        except UpstreamError:
            METRICS.count("visits_total", result="failed")
