"""A queue of orders in memory."""

from collections import deque
from typing import Any

from shop import log
from shop.http import Request, Response, serve
from shop.metrics import METRICS
from shop.wording import say


def main(_: list[str]) -> None:
    """Serve /push, /pop and /depth."""
    waiting: deque[dict[str, Any]] = deque(maxlen=10_000)

    def push(request: Request) -> Response:
        waiting.append(request.body)
        if len(waiting) % 20 == 0:
            told = f"{say('queue depth')} {len(waiting)}: {say('orders come faster than they are taken')}"
            log.warning(told, depth=len(waiting))
        return depth(request)

    def pop(_: Request) -> Response:
        order = waiting.popleft() if waiting else None
        METRICS.gauge("queue_depth", len(waiting))
        return Response(200, {"order": order})

    def depth(_: Request) -> Response:
        METRICS.gauge("queue_depth", len(waiting))
        return Response(200, {"depth": len(waiting)})

    serve("queue", {("POST", "/push"): push, ("POST", "/pop"): pop, ("GET", "/depth"): depth})
