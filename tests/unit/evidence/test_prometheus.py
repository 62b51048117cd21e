"""The Prometheus source and its client: bounded, in order, honest about what was left out or refused."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from casebook.api.observation import PROMETHEUS, STEPS, Query, curve, metric_names
from casebook.cluster.errors import ClusterError, Denied, Invalid, Unavailable
from casebook.evidence.prometheus import BadStore, PrometheusClient, PrometheusSource, Store
from casebook.evidence.prometheus import client as client_module
from casebook.evidence.prometheus.source import MAX_NAMES, MAX_SERIES
from casebook.evidence.source import Refused

END = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BEGIN = END - timedelta(hours=1)
RULES = Query(source=PROMETHEUS, resource="rules")


class FakeApi:
    """Gives one answer, and remembers what was asked."""

    def __init__(self, data: Any) -> None:
        self.data, self.asked = data, []

    async def get(self, path, query=None):
        self.asked.append((path, query))
        return self.data

    async def post(self, path, form):
        self.asked.append((path, form))
        return self.data


def matrix(*series: tuple[dict[str, str], list[tuple[float, str]]]) -> dict[str, Any]:
    return {"resultType": "matrix", "result": [{"metric": labels, "values": values} for labels, values in series]}


def points(*values: str, step: int = 30) -> list[tuple[float, str]]:
    return [(BEGIN.timestamp() + step * place, value) for place, value in enumerate(values)]


async def test_values_stand_at_their_steps_and_what_is_not_a_number_is_a_gap() -> None:
    late = [(BEGIN.timestamp() + 90, "7")]
    api = FakeApi(matrix(({"a": "b"}, points("1", "NaN", "+Inf", "0.123456789")), ({"a": "c"}, late)))
    reading = await PrometheusSource(api, None).read(curve("x", BEGIN, END))
    assert [one["values"] for one in reading.data["series"]] == [[None, None, None, 7.0], [1.0, None, None, 0.123457]]
    assert reading.data["start"] == "2026-11-22T11:00:00Z"
    ((path, form),) = api.asked
    assert (path, form["step"]) == ("query_range", "30")


async def test_only_the_highest_series_are_kept_and_that_is_said() -> None:
    many = [({"pod": f"p{n:02}"}, points(str(n))) for n in range(MAX_SERIES + 5)]
    reading = await PrometheusSource(FakeApi(matrix(*many)), None).read(curve("x", BEGIN, END))
    assert [one["labels"]["pod"] for one in reading.data["series"]][:2] == ["p24", "p23"]
    assert len(reading.data["series"]) == MAX_SERIES
    assert reading.truncated
    assert reading.message == "the 20 highest of 25 series"


async def test_the_order_of_the_answer_changes_nothing() -> None:
    series = [({"pod": name, "b": "1"}, points("1")) for name in "cab"]
    first = await PrometheusSource(FakeApi(matrix(*series)), None).read(curve("x", BEGIN, END))
    second = await PrometheusSource(FakeApi(matrix(*reversed(series))), None).read(curve("x", BEGIN, END))
    assert first == second


async def test_credentials_in_labels_are_masked() -> None:
    token = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
    reading = await PrometheusSource(FakeApi(matrix(({"header": token}, points("1")))), None).read(
        curve("x", BEGIN, END)
    )
    assert "eyJ" not in str(reading.data)


@pytest.mark.parametrize(
    "span", [timedelta(minutes=1), timedelta(hours=1), timedelta(hours=4), timedelta(days=7), timedelta(days=365)]
)
def test_a_curve_has_few_points_however_long_it_is(span) -> None:
    step = int(curve("x", END - span, END).params["step"])
    assert span.total_seconds() / step <= 120
    assert step in STEPS or step % 3600 == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"step": "0"}, "a step in whole seconds"),
        ({"step": "x"}, "a step in whole seconds"),
        ({"step": "1"}, "at most 121 points"),
        ({"step": None}, "a step in whole seconds"),
        ({"start": "soon"}, "RFC 3339"),
        ({"start": None}, "RFC 3339"),
        ({"end": None}, "RFC 3339"),
        ({"end": "2026-11-22T12:00:00"}, "time zone"),
        ({"end": "2026-11-22T10:00:00Z"}, "must not come first"),
    ],
)
async def test_a_range_that_is_none_or_too_fine_is_refused(change, said) -> None:
    query = curve("x", BEGIN, END)
    params = {name: value for name, value in (query.params | change).items() if value is not None}
    with pytest.raises(Refused, match=said):
        await PrometheusSource(FakeApi({}), None).read(query.replace(params=params))
    if "step" not in change:
        with pytest.raises(Refused, match=said):
            await PrometheusSource(FakeApi([]), None).read(Query(source=PROMETHEUS, resource="names", params=params))


@pytest.mark.parametrize(
    "values", [None, [1], [[1]], [["x", "1"]], [[1, "x"]], [[1, None]], [["1e400", "1"]], [{"a": 1}], "x"]
)
async def test_points_of_another_shape_are_unavailable(values) -> None:
    data = {"result": [{"metric": {}, "values": values}]}
    with pytest.raises(Unavailable, match="not one of the Prometheus HTTP API"):
        await PrometheusSource(FakeApi(data), None).read(curve("x", BEGIN, END))


async def test_points_outside_of_the_span_take_no_room() -> None:
    far = [(BEGIN.timestamp() + 1e9, "1"), (BEGIN.timestamp() - 1e9, "1"), (BEGIN.timestamp(), "2")]
    reading = await PrometheusSource(FakeApi(matrix(({}, far))), None).read(curve("x", BEGIN, END))
    (values,) = [one["values"] for one in reading.data["series"]]
    assert values == [2.0, *[None] * 120]


@pytest.mark.parametrize("data", [None, [], {"result": None}, {"result": [1]}, {"result": [{"metric": {}}]}, "x"])
async def test_an_answer_of_another_shape_is_unavailable(data) -> None:
    with pytest.raises(Unavailable, match="not one of the Prometheus HTTP API"):
        await PrometheusSource(FakeApi(data), None).read(curve("x", BEGIN, END))


@pytest.mark.parametrize("groups", [None, 1, [1], [{"rules": 1}], [{"rules": [1]}], [{"rules": [{"alerts": [1]}]}]])
async def test_rules_of_any_shape_break_nothing(groups) -> None:
    reading = await PrometheusSource(FakeApi({"groups": groups}), None, rules=True).read(RULES)
    assert reading.data == {"rules": []}


async def test_names_are_sorted_and_bounded() -> None:
    api = FakeApi([f"m{n}" for n in reversed(range(MAX_NAMES + 1))])
    reading = await PrometheusSource(api, ["shop"]).read(metric_names('{namespace="shop"}', BEGIN, END))
    assert len(reading.data["names"]) == MAX_NAMES
    assert reading.truncated
    assert reading.data["names"] == sorted(reading.data["names"])
    ((path, form),) = api.asked
    assert path == "label/__name__/values"
    assert form["match[]"] == '{exported_namespace=~"|shop",namespace="shop"}'


async def test_rules_that_are_quiet_are_left_out() -> None:
    alert = {"labels": {"alertname": "A"}, "state": "firing", "activeAt": "2026-11-22T11:00:00Z", "value": "1"}
    rules = [{"name": "A", "query": "up == 0", "alerts": [alert]}, {"name": "B", "query": "x", "alerts": []}]
    source = PrometheusSource(FakeApi({"groups": [{"name": "g", "rules": rules}]}), None, rules=True)
    reading = await source.read(RULES)
    assert [rule["name"] for rule in reading.data["rules"]] == ["A"]


async def test_a_tenant_is_shown_no_rules_and_nobody_something_else() -> None:
    with pytest.raises(Refused, match="no tenant"):
        await PrometheusSource(FakeApi({}), ["shop"]).read(RULES)
    with pytest.raises(Refused, match="'series'"):
        await PrometheusSource(FakeApi({}), None).read(Query(source=PROMETHEUS, resource="series"))


Ask = Callable[..., PrometheusClient]


@pytest.fixture
async def ask() -> AsyncIterator[Callable[..., Any]]:
    """Asks a store that answers as the given handler does."""
    servers: list[TestServer] = []
    async with aiohttp.ClientSession() as http:

        async def asked(handler, *, path: str = "/prom", seconds: float = 5.0, **access: Any) -> Any:
            app = web.Application()
            app.router.add_route("*", f"{path}/api/v1/query_range", handler)
            server = TestServer(app)
            await server.start_server()
            servers.append(server)
            store = Store(f"http://127.0.0.1:{server.port}{path}/", **access)
            return await PrometheusClient(http, store, seconds=seconds).post("query_range", {"query": "x"})

        yield asked
        for server in servers:
            await server.close()


def answering(data: Any, status: int = 200) -> Callable[[web.Request], Any]:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(data, status=status)

    return handler


async def test_the_token_goes_along_and_is_read_anew_for_every_call(ask, tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        form = await request.post()
        return web.json_response({"status": "success", "data": [request.headers["Authorization"], form["query"]]})

    (tmp_path / "token").write_text("first\n")
    assert await ask(handler, token_file=tmp_path / "token") == ["Bearer first", "x"]
    (tmp_path / "token").write_text("second")
    assert await ask(handler, token_file=tmp_path / "token") == ["Bearer second", "x"]
    assert await ask(handler, token="own") == ["Bearer own", "x"]
    with pytest.raises(Unavailable, match="cannot read the token"):
        await ask(handler, token_file=tmp_path / "none")


@pytest.mark.parametrize(
    ("status", "data", "problem", "said"),
    [
        (400, {"status": "error", "error": "parse error"}, Invalid, "parse error"),
        (422, {"status": "error", "error": "too many samples"}, Invalid, "too many samples"),
        (401, {}, Denied, "401"),
        (403, {"message": "no"}, Denied, "403"),
        (302, {"status": "success", "data": 1}, Unavailable, "302"),
        (404, {}, Unavailable, "not the Prometheus HTTP API"),
        (503, {"status": "error", "error": "starting"}, Unavailable, "starting"),
        (200, ["a page"], Unavailable, "not the Prometheus HTTP API"),
        (200, {"status": "error", "error": "odd"}, Unavailable, "odd"),
    ],
)
async def test_what_the_store_says_no_with(ask, status, data, problem, said) -> None:
    with pytest.raises(problem, match=said):
        await ask(answering(data, status))


async def test_the_token_follows_no_redirect(ask) -> None:
    shown = []

    async def handler(request: web.Request) -> web.Response:
        shown.append(request.query_string)
        if not request.query_string:
            raise web.HTTPTemporaryRedirect(f"{request.path}?elsewhere")
        return web.json_response({"status": "success", "data": 1})

    with pytest.raises(Unavailable, match="307"):
        await ask(handler, token="own")
    assert shown == [""]


async def test_a_store_that_is_slow_endless_or_away_is_unavailable(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    with pytest.raises(Unavailable, match="cannot reach"):
        await ask(slow, seconds=0.1)
    monkeypatch.setattr(client_module, "MAX_ANSWER", 1 << 16)
    with pytest.raises(Unavailable, match="more than"):
        await ask(answering("x" * (1 << 18)))
    async with aiohttp.ClientSession() as http:
        with pytest.raises(Unavailable, match=r"cannot reach http://127\.0\.0\.1:1"):
            await PrometheusClient(http, Store("http://127.0.0.1:1")).get("rules")


async def test_a_password_in_the_url_is_shown_to_nobody(ask) -> None:
    assert Store("https://me:s3cret@prom.example.com/p").shown == "https://prom.example.com/p"
    async with aiohttp.ClientSession() as http:
        with pytest.raises(ClusterError) as caught:
            await PrometheusClient(http, Store("http://me:s3cret@127.0.0.1:1")).get("rules")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "prometheus:9090",
        "ftp://x",
        "http://",
        "http://x/?a=b",
        "http://x/#y",
        "http://[::1",
        "http://x:port",
        "http://x?",
    ],
)
def test_what_is_no_address_is_refused(url) -> None:
    with pytest.raises(BadStore, match="http"):
        Store(url)


def test_an_authority_must_be_one_and_needs_https(tmp_path: Path) -> None:
    with pytest.raises(BadStore, match="not https"):
        Store("http://x", ca_file=tmp_path / "ca")
    with pytest.raises(BadStore, match="cannot use the CA file"):
        Store("https://x", ca_file=tmp_path / "ca").trust()
    (tmp_path / "ca").write_text("no certificate")
    with pytest.raises(BadStore, match="cannot use the CA file"):
        Store("https://x", ca_file=tmp_path / "ca").trust()
