"""The gateway's proxy to models over HTTP, before scripted endpoints. A run is told by its token, its uid.

What the API server would say of a token is left out: `unit/gateway/test_models.py` has that.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
from aiohttp import web

from casebook.api.run import Run
from casebook.gateway.config import Models
from casebook.gateway.errors import Problem, problems
from casebook.gateway.identity import Caller
from casebook.gateway.investigations import Record
from casebook.gateway.ledger import CallStore, Ledger, MemoryCalls
from casebook.gateway.metrics import Metrics
from casebook.gateway.model_api import ModelApi, Upstreams
from casebook.gateway.runs import Held
from casebook.gateway.turns import Turns
from casebook.gateway.upstream import Upstream
from support.serving import serving

TENANT = "ns:bench"
PATIENCE = 30.0


@dataclass
class ModelProxy:
    """Where it serves, up to `/v1`, what it counts in, and the runs that it knows."""

    ledger: Ledger
    url: str = ""
    runs: dict[str, Held] = field(default_factory=dict)

    def admit(self, run: Run) -> str:
        """The token with which this run may ask."""
        caller = Caller("pod", "", "", run.uid, run.attempt, run.namespace, run.name, TENANT)
        made = {"metadata": {"name": run.name, "namespace": run.namespace}, "spec": run.spec.wire()}
        self.runs[run.uid] = Held(caller, Record.of(made), TENANT, run, frozenset())
        return run.uid

    async def hold(self, request: web.Request) -> Held:
        """The run of a request. Raises `Problem`."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.runs:
            raise Problem(401, "this token is no run's")
        return self.runs[token]


@asynccontextmanager
async def model_proxy(
    models: Models, calls: CallStore | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> AsyncIterator[ModelProxy]:
    """The proxy before the endpoints of these settings, counting in `calls` or in memory."""
    ledger = Ledger(models, calls or MemoryCalls(), clock)
    proxy = ModelProxy(ledger)
    async with aiohttp.ClientSession() as http:
        upstream = Upstream(http, models.endpoints, models.seconds_per_call, Turns(models.at_once))
        api = ModelApi(proxy.hold, Upstreams(upstream, None), ledger, Metrics(), clock, keeps_texts=False)
        app = web.Application(middlewares=[problems], client_max_size=0)
        app.router.add_post("/v1/chat/completions", api.chat)
        async with serving(app) as url:
            proxy.url = f"{url}/v1"
            yield proxy
            await ledger.close(PATIENCE)
