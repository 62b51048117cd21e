"""Takes orders from the queue; needs QUEUE_URL."""

import socket
import threading
import time
from urllib.parse import urlsplit

from shop import log
from shop.http import UpstreamError, call, serve
from shop.metrics import METRICS
from shop.settings import number, required, text
from shop.wording import say


class Worker:
    """Takes one order every WORK_SECONDS. Release v6 never closes a socket, v7 never ends a thread."""

    def __init__(self) -> None:
        self._queue, self._pause = required("QUEUE_URL"), number("WORK_SECONDS", 1.0)
        self._open: list[socket.socket] = []

    def run(self) -> None:
        """Work for ever; what goes wrong is logged."""
        while True:
            time.sleep(self._pause)
            try:
                self._prepare()
                order = call("POST", f"{self._queue}/pop").get("order")
            except UpstreamError:
                continue
            except (OSError, RuntimeError) as error:
                log.exception(f"{say('cannot take the next order')}: {error}")
                continue
            if order:
                METRICS.count("orders_done_total")
                log.info(say("order done"), cents=order.get("cents"))

    def _prepare(self) -> None:
        if text("CODE_VERSION") == "v6":
            place = urlsplit(self._queue)
            self._open.append(socket.create_connection((place.hostname, place.port or 80), timeout=2))
        elif text("CODE_VERSION") == "v7":
            threading.Thread(target=threading.Event().wait, daemon=True).start()


def main(_: list[str]) -> None:
    """Work and serve the probes."""
    threading.Thread(target=Worker().run, daemon=True).start()
    serve("worker", {})
