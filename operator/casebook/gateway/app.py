"""Puts the gateway together: parts, routes, and the boundary around every request."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Middleware

from casebook.evidence.prometheus import PrometheusClient, Store
from casebook.gateway.alerts import Alerts
from casebook.gateway.claims import Claims
from casebook.gateway.config import GatewayConfig, Models
from casebook.gateway.directory import Namespaces
from casebook.gateway.drain import Drain
from casebook.gateway.errors import Handler, problems
from casebook.gateway.given import Given
from casebook.gateway.health import Health
from casebook.gateway.history import History, Kept
from casebook.gateway.identity import Identities
from casebook.gateway.incidents import Incidents
from casebook.gateway.intake import Intake
from casebook.gateway.investigations import Investigations
from casebook.gateway.ledger import CallStore, Ledger, MemoryCalls
from casebook.gateway.measured import Measurer
from casebook.gateway.metrics import Metrics
from casebook.gateway.model_api import ModelApi, Upstreams
from casebook.gateway.notifier import Notifier
from casebook.gateway.outbox import Outbox
from casebook.gateway.ports import ObjectReader, ObjectWriter, TraceStore
from casebook.gateway.projected import Projector
from casebook.gateway.queue import Overflow, Queue
from casebook.gateway.recall import Recall
from casebook.gateway.run_api import RunApi
from casebook.gateway.runs import Runs, Sources
from casebook.gateway.sweep import Sweep
from casebook.gateway.tokens import TokenFiles
from casebook.gateway.turns import Turns
from casebook.gateway.upstream import Upstream

FIELD_MANAGER = "casebook-gateway"


@dataclass(frozen=True)
class Gateway:
    """The application, and the parts that live beside its requests."""

    app: web.Application
    drain: Drain
    health: Health
    notifier: Notifier
    sweep: Sweep
    ledger: Ledger
    recall: Recall


def build(
    config: GatewayConfig,
    reader: ObjectReader,
    writer: ObjectWriter,
    store: TraceStore | None,
    http: aiohttp.ClientSession,
    clock: Callable[[], datetime],
    kept: Kept | None = None,
    calls: CallStore | None = None,
) -> Gateway:
    """A gateway over these parts; `http` sends outbound notifications, asks the Prometheus and models.

    Without `calls` what models cost is counted by this replica alone. Raises `BadStore`.
    """
    metrics = Metrics()
    tokens = TokenFiles(config.tokens_dir)
    receivers = {receiver.name: receiver for receiver in config.receivers}
    investigations = Investigations(reader, writer)
    namespaces = Namespaces(reader, config, clock)
    queue = Queue(reader, config.queue_limit_per_tenant, clock)
    intake = Intake(investigations, namespaces, queue, Overflow(investigations, clock), config, clock)
    claims, prometheus = Claims(investigations, clock), _prometheus(config, http)
    sources = Sources(prometheus=prometheus is not None, model=bool(config.models.endpoints))
    history, incidents = History(kept), Incidents(reader, investigations, clock)
    recall = Recall(reader, config.operator_namespace, clock, kept.texts if kept else None)
    given = Given(recall, history, incidents, store)
    ledger = Ledger(config.models, calls or MemoryCalls(), clock)
    runs = Runs(investigations, claims, namespaces, given, history, store, clock, sources, ledger)
    notifier = Notifier(receivers, investigations, Outbox(http, tokens), metrics, clock)
    sweep = Sweep(config.receivers, namespaces, investigations, notifier)
    alerts = Alerts(receivers, tokens, intake, metrics, config.max_body_bytes)
    identities = Identities(reader, writer, config.runs_namespace)
    run_api = RunApi(identities, runs, Projector(reader), Measurer(prometheus), notifier, metrics)
    upstreams = _upstreams(config.models, http)
    models = ModelApi(run_api.held, upstreams, ledger, metrics, clock, keeps_texts=config.models.audit_texts)
    drain = Drain()
    health = Health(reader, store, metrics, config.operator_namespace, drain)
    # The size of a body is bounded where it is read, since too large an alert is clipped and not refused.
    app = web.Application(middlewares=[_measured(metrics, drain), problems], client_max_size=0)
    _route(app, alerts, run_api, models, health)
    return Gateway(app, drain, health, notifier, sweep, ledger, recall)


def _prometheus(config: GatewayConfig, http: aiohttp.ClientSession) -> PrometheusClient | None:
    there = config.prometheus
    if there is None:
        return None
    return PrometheusClient(http, Store(there.url, token_file=there.token_file, ca_file=there.ca_file))


def _upstreams(models: Models, http: aiohttp.ClientSession) -> Upstreams:
    turns = Turns(models.at_once)
    chat, embeddings = (
        Upstream(http, endpoints, models.seconds_per_call, turns) if endpoints else None
        for endpoints in (models.endpoints, models.embeddings)
    )
    return Upstreams(chat, embeddings)


def _route(app: web.Application, alerts: Alerts, run_api: RunApi, models: ModelApi, health: Health) -> None:
    app.router.add_post("/v1/alerts/{receiver}", alerts.post)
    app.router.add_get("/v1/run", run_api.run)
    app.router.add_get("/v1/run/observations", run_api.checkpoint)
    app.router.add_post("/v1/run/observations", run_api.observations)
    app.router.add_put("/v1/run/report", run_api.report)
    app.router.add_post("/v1/run/projected", run_api.projected)
    app.router.add_post("/v1/chat/completions", models.chat)
    app.router.add_post("/v1/embeddings", models.embed)
    app.router.add_get("/healthz", health.healthz)
    app.router.add_get("/readyz", health.readyz)
    app.router.add_get("/metrics", health.metrics)


def _measured(metrics: Metrics, drain: Drain) -> Middleware:
    @web.middleware
    async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
        begin = time.perf_counter()
        response = await drain.track(request, handler)
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "none"
        metrics.seconds.labels(route).observe(time.perf_counter() - begin)
        metrics.requests.labels(route, request.method, str(response.status)).inc()
        return response

    return measured
