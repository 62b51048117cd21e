"""Takes orders from the queue; needs QUEUE_URL."""

import threading
import time

from shop import log
from shop.http import UpstreamError, call, serve
from shop.metrics import METRICS
from shop.settings import number, required


def main(_: list[str]) -> None:
    """Take one order every WORK_SECONDS."""
    queue = required("QUEUE_URL")
    threading.Thread(target=_work, args=(queue, number("WORK_SECONDS", 1.0)), daemon=True).start()
    serve("worker", {})


def _work(queue: str, pause: float) -> None:
    while True:
        time.sleep(pause)
        try:
            order = call("POST", f"{queue}/pop").get("order")
        except UpstreamError:
            continue
        if order:
            METRICS.count("orders_done_total")
            log.info("order done", cents=order.get("cents"))
