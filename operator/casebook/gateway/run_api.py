"""`/v1/run`: what agents fetch and hand in. Who calls is known from the token alone."""

from typing import Any

import structlog
from aiohttp import web

from casebook.api.base import Model
from casebook.api.observation import PROMETHEUS, Query
from casebook.api.run import ObservationBatch, ReportEnvelope
from casebook.gateway.alerts import bearer
from casebook.gateway.body import read_model
from casebook.gateway.identity import Identities
from casebook.gateway.measured import Measurer
from casebook.gateway.metrics import Metrics
from casebook.gateway.notifier import Notifier
from casebook.gateway.projected import Projector
from casebook.gateway.runs import Held, Runs

MAX_OBSERVATIONS = 16 << 20
MAX_REPORT = 2 << 20
MAX_QUERY = 64 << 10
_log = structlog.get_logger(__name__)


class RunApi:
    """The endpoints of one run."""

    def __init__(
        self,
        identities: Identities,
        runs: Runs,
        projector: Projector,
        measurer: Measurer,
        notifier: Notifier,
        metrics: Metrics,
    ) -> None:
        self._identities = identities
        self._runs = runs
        self._projector = projector
        self._measurer = measurer
        self._notifier = notifier
        self._metrics = metrics

    async def run(self, request: web.Request) -> web.Response:
        """`GET /v1/run`."""
        return _json(await self._runs.begin(await self.held(request)))

    async def checkpoint(self, request: web.Request) -> web.Response:
        """`GET /v1/run/observations`."""
        return _json(await self._runs.checkpoint(await self.held(request)))

    async def observations(self, request: web.Request) -> web.Response:
        """`POST /v1/run/observations`."""
        held = await self.held(request)
        await self._runs.record(held, await read_model(request, ObservationBatch, MAX_OBSERVATIONS))
        return web.Response(status=204)

    async def report(self, request: web.Request) -> web.Response:
        """`PUT /v1/run/report`."""
        held = await self.held(request)
        receipt, record = await self._runs.report(held, await read_model(request, ReportEnvelope, MAX_REPORT))
        verdict = record.parsed.status.verdict
        if held.record.parsed.status.report is None and verdict:
            self._metrics.took(record.parsed.status)
            _log.info("report taken", investigation=held.caller.name, namespace=held.caller.namespace, verdict=verdict)
        self._notifier.offer(record)
        return _json(receipt)

    async def projected(self, request: web.Request) -> web.Response:
        """`POST /v1/run/projected`."""
        held = await self.held(request)
        query = await read_model(request, Query, MAX_QUERY)
        if query.source == PROMETHEUS:
            return _json(await self._measurer.answer(query, held.run.scene))
        return _json(await self._projector.answer(query, held.tenant, held.namespaces))

    async def held(self, request: web.Request) -> Held:
        """The attempt in the hands of whoever calls. Raises `Problem`."""
        return await self._runs.hold(await self._identities.caller(bearer(request)))


def _json(model: Model) -> web.Response:
    body: dict[str, Any] = model.wire()
    return web.json_response(body)
