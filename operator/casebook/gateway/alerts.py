"""`POST /v1/alerts/{receiver}`: authenticate, take the body within bounds, place its groups."""

from collections.abc import Mapping

import structlog
from aiohttp import web

from casebook.gateway.body import Room, read_clipped
from casebook.gateway.config import Receiver
from casebook.gateway.errors import Problem
from casebook.gateway.intake import Intake, Outcome
from casebook.gateway.metrics import Metrics
from casebook.gateway.payload import decode
from casebook.gateway.tokens import TokenFiles

MAX_REQUESTS = 64
MAX_WAITING, PATIENCE = 256, 5.0
"""For a place among them; seconds, well below what a drain leaves them."""
MAX_BYTES = 4 << 20
"""Bodies in memory at once, or a single larger one; decoded they take several times as much."""
_log = structlog.get_logger(__name__)


class Alerts:
    """The webhook. Answers 2xx only for what the API server has; 401 and 404 are its only other refusals."""

    def __init__(
        self, receivers: Mapping[str, Receiver], tokens: TokenFiles, intake: Intake, metrics: Metrics, limit: int
    ) -> None:
        self._receivers = receivers
        self._tokens = tokens
        self._intake = intake
        self._metrics = metrics
        self._limit = limit
        self._room = Room(MAX_REQUESTS, MAX_BYTES, waiting=MAX_WAITING, patience=PATIENCE)

    async def post(self, request: web.Request) -> web.Response:
        """Take one notification."""
        receiver = self._authorized(request)
        size = min(request.content_length or self._limit, self._limit)
        async with self._room.enter(size):
            with self._metrics.busy.track_inprogress():
                body = await read_clipped(request, self._limit)
                outcomes = await self._intake.take(receiver, decode(body))
        for outcome, count in outcomes.items():
            self._metrics.alerts.labels(receiver.name, outcome.value).inc(count)
        self._metrics.created.inc(outcomes[Outcome.CREATED])
        if outcomes.keys() & {Outcome.CREATED, Outcome.OVERFLOW}:
            _log.info("alerts taken", receiver=receiver.name, **{outcome.value: n for outcome, n in outcomes.items()})
        return web.json_response({outcome.value: count for outcome, count in sorted(outcomes.items())})

    def _authorized(self, request: web.Request) -> Receiver:
        name = request.match_info["receiver"]
        receiver = self._receivers.get(name)
        if receiver is None:
            raise Problem(404, f"there is no receiver {name!r}; the settings of the gateway name them")
        if not self._tokens.admits(name, bearer(request)):
            raise Problem(401, f"the bearer token is not one of receiver {name}")
        return receiver


def bearer(request: web.Request) -> str:
    """The bearer token of a request. Raises `Problem` 401 where there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(401, "send the header `Authorization: Bearer <token>`")
    return token.strip()
