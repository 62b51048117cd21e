"""A run in a Job against a gateway on loopback that keeps the contract of the run API."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from casebook.agent.gateway import GatewayClient
from casebook.agent.job import GatewayHome, ProjectedSource, ScopedSource
from casebook.agent.loop import Agent, HomeError
from casebook.api.enums import Verdict
from casebook.api.investigation import Budget, InvestigationSpec
from casebook.api.observation import Observation, Result, curve, getting, listing, observation_id
from casebook.api.report import Cost, Report, Window
from casebook.api.run import Checkpoint, ProjectedAnswer, ReportReceipt, Run, Scene, Stop
from casebook.cluster.errors import Denied, NotFound, Unavailable
from casebook.evidence.source import Reading
from casebook.reasoning.planning.plan import Done, Look
from support.memories import memory

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
RUN = Run(
    uid="u", name="inv", namespace="shop", now=NOW, spec=InvestigationSpec(budget=Budget(seconds=10)),
    scene=Scene(tenant="ns:shop", namespaces=["shop"]),
)  # fmt: skip
QUERIES = [listing("pods", f"n{number}") for number in range(7)]


class FakeGateway:
    """The run API in memory, with a switch for each thing that can go wrong."""

    def __init__(self):
        self.kept: dict[int, dict] = {}
        self.earlier: list[Observation] = []
        self.report = None
        self.taken = asyncio.Event()
        self.puts = 0
        self.store_up = True
        self.retry = True
        self.failures: list[int] = []
        self.status: dict[str, int] = {}
        self.tokens: set[str] = set()
        self.projected = ProjectedAnswer(query=listing("nodes"), result=Result.OK, data={"items": []})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.tokens.add(request.headers.get("Authorization", ""))
        if self.failures:
            return web.json_response({"error": "try again"}, status=self.failures.pop())
        key = f"{request.method} {request.path}"
        if key in self.status:
            return web.json_response({"error": "because"}, status=self.status[key])
        return await {
            "GET /v1/run": self.run,
            "GET /v1/run/observations": self.checkpoint,
            "POST /v1/run/observations": self.observations,
            "PUT /v1/run/report": self.take,
            "POST /v1/run/projected": self.project,
        }[key](request)

    async def run(self, request):
        return web.json_response(RUN.wire())

    async def checkpoint(self, request):
        if not self.store_up:
            return web.json_response({"error": "no store"}, status=503)
        self.kept = {number: item.wire() for number, item in enumerate(self.earlier)}
        return web.json_response(Checkpoint(observations=self.earlier).wire())

    async def observations(self, request):
        if not self.store_up:
            return web.json_response({"error": "no store"}, status=503)
        body = await request.json()
        for number, item in enumerate(body["observations"], start=body["first"]):
            self.kept.setdefault(number, item)
        return web.Response(status=204)

    async def take(self, request):
        self.puts += 1
        self.report = await request.json()
        self.taken.set()
        stored = self.store_up and len(self.kept) == self.report["observations"]
        return web.json_response(ReportReceipt(trace_stored=stored, retry=self.retry, message="so").wire())

    async def project(self, request):
        return web.json_response(self.projected.wire())


@pytest.fixture
async def gateway():
    return FakeGateway()


@pytest.fixture
async def client(gateway, tmp_path):
    async with serving(gateway) as url, aiohttp.ClientSession() as session:
        token = tmp_path / "token"
        token.write_text("first\n")
        yield GatewayClient(session, url, token)


@asynccontextmanager
async def serving(gateway):
    app = web.Application(client_max_size=32 << 20)
    app.router.add_route("*", "/{path:.*}", gateway.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


class Engine:
    """Two rounds of looking, then a report."""

    ENGINE = "scripted/1"

    def weigh(self, snapshot):
        return None

    def decide(self, snapshot, board):
        made = {item.query.canonical() for item in snapshot.observations}
        for round_ in (QUERIES[:4], QUERIES[4:]):
            if any(query.canonical() not in made for query in round_):
                return Look(tuple(round_), "because")
        return Done(Stop(reason="Clear"))

    def cost(self, snapshot, milliseconds=0):
        return Cost(observations=len(snapshot.observations))

    def conclude(self, snapshot, board, stop, cost):
        return Report(verdict=Verdict.NO_FAULT, summary="fine", cost=cost)


class Observer:
    """Answers everything, and remembers."""

    def __init__(self):
        self.made = []

    async def observe(self, query, round_):
        self.made.append(query)
        return seen(query, round_)


def seen(query, round_=0, size=10) -> Observation:
    return Observation(
        id=observation_id(round_, query), round=round_, query=query, observed_at=NOW, data={"items": []}, bytes=size
    )


async def test_everything_seen_and_found_arrives(gateway, client) -> None:
    await Agent(GatewayHome(client), Observer(), Engine()).investigate()
    assert len(gateway.kept) == 7
    assert gateway.report["report"]["verdict"] == "NoFault"
    assert gateway.report["observations"] == 7
    assert gateway.puts == 1
    assert gateway.tokens == {"Bearer first"}


async def test_the_token_is_read_anew_for_every_call(gateway, client) -> None:
    home = GatewayHome(client)
    await home.fetch()
    client.token_file.write_text("second")
    await home.checkpoint()
    assert gateway.tokens == {"Bearer first", "Bearer second"}


async def test_a_killed_attempt_is_taken_up_where_it_was(gateway, client) -> None:
    gateway.earlier = [seen(query) for query in QUERIES[:3]]
    observer = Observer()
    await Agent(GatewayHome(client), observer, Engine()).investigate()
    assert sorted(query.namespace for query in observer.made) == ["n3", "n4", "n5", "n6"]
    assert len(gateway.kept) == 7
    assert sorted(item["query"]["namespace"] for item in gateway.kept.values()) == [f"n{number}" for number in range(7)]


async def test_trouble_of_the_gateway_is_waited_out(gateway, client) -> None:
    gateway.failures = [503, 502, 500]
    await Agent(GatewayHome(client), Observer(), Engine()).investigate()
    assert gateway.puts == 1


async def test_without_a_store_the_report_comes_first_and_the_trace_when_it_is_back(gateway, client) -> None:
    gateway.store_up = False
    run = asyncio.ensure_future(Agent(GatewayHome(client, pause=0.2), Observer(), Engine()).investigate())
    await asyncio.wait_for(gateway.taken.wait(), 30)
    assert gateway.kept == {}
    gateway.store_up = True
    await asyncio.wait_for(run, 30)
    assert len(gateway.kept) == 7
    assert gateway.puts >= 2


async def test_where_no_trace_can_be_kept_it_is_not_sent_again(gateway, client) -> None:
    gateway.store_up, gateway.retry = False, False
    await asyncio.wait_for(Agent(GatewayHome(client, pause=0.1), Observer(), Engine()).investigate(), 30)
    assert gateway.puts == 1


class Hurried:
    """A clock that moves by a quarter of a second whenever it is read."""

    def __init__(self):
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


@pytest.fixture
def hurried() -> Hurried:
    return Hurried()


async def test_a_trace_that_cannot_be_stored_is_tried_until_the_deadline(gateway, client, hurried) -> None:
    gateway.store_up = False
    home = GatewayHome(GatewayClient(client.session, client.url, client.token_file, clock=hurried), pause=0.2)
    await asyncio.wait_for(Agent(home, Observer(), Engine()).investigate(), 60)
    assert gateway.report["report"]["verdict"] == "NoFault"
    assert gateway.puts > 1
    budget = RUN.spec.budget.seconds
    assert budget - 1 < hurried.now < budget + 2


async def test_a_gateway_that_goes_away_once_it_has_the_report_fails_no_run(gateway, client, hurried) -> None:
    """What is lost is the trace, and the status says so; the report stands."""
    gateway.store_up = False
    home = GatewayHome(GatewayClient(client.session, client.url, client.token_file, clock=hurried), pause=0.2)
    run = asyncio.ensure_future(Agent(home, Observer(), Engine()).investigate())
    await asyncio.wait_for(gateway.taken.wait(), 30)
    gateway.status = dict.fromkeys(("PUT /v1/run/report", "POST /v1/run/observations"), 503)
    assert (await asyncio.wait_for(run, 60)).error == ""
    assert gateway.puts == 1


@pytest.mark.parametrize(
    ("call", "status", "message"),
    [
        ("GET /v1/run", 401, "token"),
        ("GET /v1/run", 403, "does not know this pod"),
        ("GET /v1/run/observations", 409, "another attempt"),
        ("POST /v1/run/observations", 409, "another attempt"),
        ("PUT /v1/run/report", 422, "refuses it: because"),
        ("PUT /v1/run/report", 413, "too large"),
        ("GET /v1/run", 302, "answered 302"),
    ],
)
async def test_a_refusal_ends_the_run_with_its_reason(gateway, client, call, status, message) -> None:
    gateway.status = {call: status}
    with pytest.raises(HomeError, match=message):
        await asyncio.wait_for(Agent(GatewayHome(client), Observer(), Engine()).investigate(), 30)


async def test_an_answer_that_is_not_understood_names_the_field(client, gateway) -> None:
    async def nonsense(request):
        return web.json_response({"uid": 5})

    gateway.run = nonsense
    with pytest.raises(HomeError, match="Run is not understood: uid"):
        await GatewayHome(client).fetch()


async def test_a_large_run_is_read_whole(gateway, client) -> None:
    """What a tenant with many memories is given comes in many pieces."""
    memories = [memory(f"m{number}", statement="it was so " * 80) for number in range(512)]
    large = RUN.replace(recalled=memories)

    async def in_pieces(request):
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        body = json.dumps(large.wire()).encode()
        for start in range(0, len(body), 50_000):
            await response.write(body[start : start + 50_000])
            await asyncio.sleep(0)
        return response

    gateway.run = in_pieces
    assert await GatewayHome(client).fetch() == large


async def test_an_answer_that_was_cut_is_asked_for_again(gateway, client) -> None:
    original, asked = gateway.run, []

    async def cut_once(request):
        asked.append(request.path)
        return web.Response(body=b'{"uid": "u", "na') if len(asked) == 1 else await original(request)

    gateway.run = cut_once
    assert await GatewayHome(client).fetch() == RUN
    assert len(asked) == 2


async def test_batches_are_bounded(gateway, client) -> None:
    sizes = []
    original = gateway.observations

    async def counted(request):
        sizes.append(len((await request.json())["observations"]))
        return await original(request)

    gateway.observations = counted
    home = GatewayHome(client)
    await home.fetch()
    many = [seen(listing("pods", f"x{number}"), size=1 << 20) for number in range(250)]
    await home.record(many)
    await home.finish(Report(verdict=Verdict.NO_FAULT, summary=""), trace_of(many))
    assert sum(sizes) == 250
    assert max(sizes) == 4


def trace_of(observations):
    from casebook.api.run import Trace

    return Trace(engine="x", run=RUN, stop=Stop(reason="Clear"), observations=list(observations))


async def test_cluster_scoped_reads_of_a_tenant_are_projected(gateway, client) -> None:
    class Direct:
        async def read(self, query):
            return Reading({"direct": query.resource})

    source = ScopedSource(Direct(), ProjectedSource(client), ["shop", "pay"])
    gateway.projected = ProjectedAnswer(
        query=listing("nodes"), result=Result.OK, data={"items": [{"kind": "Node"}]}, withheld=["addresses", "images"]
    )
    assert (await source.read(listing("pods", "shop"))).data == {"direct": "pods"}
    reading = await source.read(listing("nodes"))
    assert reading.data == {"items": [{"kind": "Node"}]}
    assert reading.message == "withheld: addresses; images"


async def test_a_tenant_sees_its_own_namespaces_and_is_not_told_which_others_there_are(client) -> None:
    class Direct:
        async def read(self, query):
            return Reading({"kind": "Namespace", "metadata": {"name": query.name}})

    source = ScopedSource(Direct(), ProjectedSource(client), ["shop", "pay"])
    assert (await source.read(getting("namespaces", "pay"))).data["metadata"] == {"name": "pay"}
    for name in ("kube-system", "not-there"):
        with pytest.raises(Denied, match=f"namespace {name} is not within what this run may see"):
            await source.read(getting("namespaces", name))


async def test_curves_come_through_the_gateway_with_their_span_and_what_was_cut(gateway, client) -> None:
    query = curve("up", NOW - timedelta(hours=1), NOW)
    window = Window(start=NOW - timedelta(hours=1), end=NOW)
    gateway.projected = ProjectedAnswer(
        query=query, result=Result.OK, data={"series": []}, window=window, truncated=True, message="the 20 highest"
    )
    assert await ProjectedSource(client).read(query) == Reading({"series": []}, True, window, "the 20 highest")


@pytest.mark.parametrize(
    ("result", "error"),
    [(Result.DENIED, Denied), (Result.NOT_FOUND, NotFound), (Result.UNAVAILABLE, Unavailable)],
)
async def test_what_is_not_projected_fails_like_any_other_read(gateway, client, result, error) -> None:
    gateway.projected = ProjectedAnswer(query=getting("nodes", "n1"), result=result, message="no")
    with pytest.raises(error, match="no"):
        await ProjectedSource(client).read(getting("nodes", "n1"))


async def test_a_gateway_that_is_away_makes_a_projected_read_unavailable(gateway, client) -> None:
    gateway.status = {"POST /v1/run/projected": 503}
    with pytest.raises(Unavailable):
        await ProjectedSource(client, seconds=0.3).read(listing("nodes"))
