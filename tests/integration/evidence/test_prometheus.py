"""A real Prometheus: two namespaces' data never mix, and what is asked of it can be pasted."""

import asyncio
import shlex
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import Ask, Consultation
from casebook.api.observation import PROMETHEUS, Query, Result, curve, metric_names
from casebook.api.run import Scene
from casebook.evidence.observer import RoutingObserver
from casebook.evidence.prometheus import PrometheusClient, PrometheusSource, Store
from casebook.evidence.source import Refused
from casebook.gateway.measured import Measurer
from casebook.reasoning.proposals.asking import queries, told
from casebook.reasoning.proposals.scope import Outside
from casebook.reasoning.situation import Situation
from support import builders
from support.prometheus import Sample, prometheus

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
BEGIN = NOW - timedelta(hours=1)
MINE, OTHER = "team-a", "team-b"
FAR = 1_000_000
SERIES = (
    'orders_total{{namespace="{0}",pod="web",secret="of-{0}"}}',
    'of_{1}_total{{namespace="{0}",pod="db"}}',
    'kube_pod_info{{namespace="{0}",exported_namespace="{0}",pod="x"}}',
    'target_info{{namespace="{0}",instance="i",job="j",version="of-{0}"}}',
)
ESCAPES = (
    "orders_total",
    'orders_total{namespace="team-b"}',
    'orders_total{namespace=~".*"}',
    'orders_total{namespace!="team-a"}',
    '{__name__=~".+"}',
    '{__name__=~"of_.*"}',
    'orders_total or orders_total{namespace="team-b"}',
    'orders_total{namespace="team-a"} or on() orders_total{namespace="team-b"}',
    'sum by (namespace, secret) (orders_total{namespace="team-b"})',
    "sum(orders_total) by (secret)",
    'max_over_time(orders_total{namespace="team-b"}[30m:1m])',
    "rate(orders_total[5m] offset 10m)",
    "orders_total offset -5m",
    "orders_total @ end()",
    'label_replace(orders_total, "namespace", "$1", "secret", "of-(.*)")',
    'label_join(orders_total, "namespace", "", "secret")',
    'count_values("secret", orders_total)',
    'orders_total{secret="}"} or orders_total',
    'orders_total # {namespace="team-a"}\n or orders_total',
    'topk(10, {namespace=~"team-.+"})',
    'absent(orders_total{namespace="team-b", secret="of-team-b"}) unless on() orders_total{namespace="team-b"}',
    'kube_pod_info{exported_namespace="team-b"}',
    'kube_pod_info{namespace="monitoring"}',
    "group by (exported_namespace) (kube_pod_info)",
    "orders_total * on(pod) group_left(secret) orders_total",
    'scalar(sum(orders_total{namespace="team-b"}))',
    "histogram_quantile(0.9, orders_total)",
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    samples = [
        Sample(series.format(place, place.replace("-", "_")), BEGIN + timedelta(seconds=30 * step), float(step + bonus))
        for place, bonus in ((MINE, 0), (OTHER, FAR))
        for series in SERIES
        for step in range(121)
    ]
    # A pod of mine that is scraped for what it says of others, as kube-state-metrics is.
    samples += [
        Sample(f'kube_pod_info{{namespace="{place}",exported_namespace="{OTHER}",pod="leak"}}', NOW, 2.0 * FAR)
        for place in (MINE, "monitoring")
    ]
    with prometheus(tmp_path_factory.mktemp("real") / "prometheus", samples) as found:
        yield found


@pytest.fixture
async def client(url: str) -> AsyncIterator[PrometheusClient]:
    async with aiohttp.ClientSession() as http:
        yield PrometheusClient(http, Store(url))


@pytest.mark.parametrize("expression", ESCAPES)
async def test_no_value_of_another_namespace_comes_back(client: PrometheusClient, expression: str) -> None:
    """Values of the other namespace lie far above mine and its labels name it, so that a sum of both would show."""
    reading = await PrometheusSource(client, [MINE]).read(curve(expression, BEGIN, NOW))
    for series in reading.data["series"]:
        said = {name: value for name, value in series["labels"].items() if value not in ("team-b", "of-team-b")}
        assert said == series["labels"] or expression.startswith("absent("), series["labels"]
        assert all(value is None or value < FAR for value in series["values"])


async def test_raw_the_same_questions_show_both(client: PrometheusClient) -> None:
    """The test above would see a leak: the platform's own question, which is not confined, finds the other's data."""
    reading = await PrometheusSource(client, None).read(curve("orders_total", BEGIN, NOW))
    assert {series["labels"]["namespace"] for series in reading.data["series"]} == {MINE, OTHER}


@pytest.mark.parametrize("expression", ["info(orders_total)", 'orders_total{namespace="a" or namespace="team-b"}'])
async def test_what_cannot_be_confined_is_refused(client: PrometheusClient, expression: str) -> None:
    with pytest.raises(Refused):
        await PrometheusSource(client, [MINE]).read(curve(expression, BEGIN, NOW))


async def test_names_are_those_of_the_namespace(client: PrometheusClient) -> None:
    source = PrometheusSource(client, [MINE])
    for selector in ('{namespace="team-a"}', '{namespace=~".+"}', '{__name__=~".+"}'):
        reading = await source.read(metric_names(selector, BEGIN, NOW))
        assert reading.data["names"] == ["kube_pod_info", "of_team_a_total", "orders_total", "target_info"]
    reading = await source.read(metric_names('{namespace="team-b"}', BEGIN, NOW))
    assert reading.data["names"] == []


async def test_rules_are_shown_only_to_whom_they_may_be(client: PrometheusClient) -> None:
    rules = Query(source=PROMETHEUS, resource="rules")
    assert (await PrometheusSource(client, None, rules=True).read(rules)).data == {"rules": []}
    with pytest.raises(Refused, match="tenant"):
        await PrometheusSource(client, [MINE]).read(rules)


async def test_points_stand_at_their_steps_and_gaps_are_null(client: PrometheusClient) -> None:
    reading = await PrometheusSource(client, [MINE]).read(curve("orders_total", BEGIN - timedelta(hours=1), NOW))
    (series,) = reading.data["series"]
    assert reading.data["step"] == 60
    assert len(series["values"]) == 121
    assert series["values"][:60] == [None] * 60
    assert series["values"][60:63] == [0.0, 2.0, 4.0]
    assert reading.window is not None
    assert reading.window.end == NOW


async def test_what_is_shown_can_be_pasted(url: str, client: PrometheusClient) -> None:
    observer = RoutingObserver({PROMETHEUS: PrometheusSource(client, [MINE])}, lambda: NOW)
    queries = [curve("sum by (pod) (rate(orders_total[5m]))", BEGIN, NOW), metric_names('{pod="web"}', BEGIN, NOW)]
    for query, seen in zip(queries, ('{pod="web"}', "orders_total"), strict=True):
        observation = await observer.observe(query, 0)
        assert observation.result is Result.OK, observation.message
        words = shlex.split(observation.command().replace("$PROMETHEUS_URL", url))
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        assert process.returncode == 0
        assert seen in said.decode()
    assert "namespace=~" in (await observer.observe(queries[0], 0)).command()


async def test_what_the_store_refuses_is_an_observation_that_says_so(client: PrometheusClient) -> None:
    observer = RoutingObserver({PROMETHEUS: PrometheusSource(client, None)}, lambda: NOW)
    observation = await observer.observe(curve("rate(orders_total)", BEGIN, NOW), 0)
    assert observation.result is Result.UNAVAILABLE
    assert "expected type range vector" in observation.message


def test_the_token_and_the_authority_are_used(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    assert Store("http://p", token_file=tmp_path / "token").headers() == {"Authorization": "Bearer abc"}


def asking(expression: str) -> tuple[Situation, Ask]:
    """A run in my namespace whose model asks for this."""
    run = builders.run().replace(
        namespace=MINE, now=NOW, prometheus=True, scene=Scene(tenant=f"ns:{MINE}", namespaces=[MINE])
    )
    ask = Ask.model_validate({"tool": "metric", "query": expression})
    return Situation.of(Snapshot(run).advised(Consultation(model="m", turns=1, asks=[ask]))), ask


async def test_a_model_that_asks_gets_what_is_of_its_run_or_nothing(client: PrometheusClient) -> None:
    """What the engine passes on of all these attempts, the gateway confines; the other's values lie far above mine."""
    answered = []
    for expression in ESCAPES:
        situation, ask = asking(expression)
        try:
            (query,) = queries(situation, ask)
        except Outside:
            continue
        answer = await Measurer(client).answer(query, situation.world.snapshot.run.scene)
        assert answer.result is Result.OK, answer.message
        assert all(value is None or value < FAR for one in answer.data["series"] for value in one["values"])
        seen = builders.observe(query, answer.data, 1)
        (quote,) = told(Situation.of(situation.world.snapshot.extended([seen])))
        assert OTHER not in quote.excerpt
        answered.append(expression)
    assert "orders_total" in answered
    assert '{__name__=~".+"}' in answered
    assert not [one for one in answered if OTHER in one or "label_" in one]


async def test_what_a_model_asks_is_told_in_numbers(client: PrometheusClient) -> None:
    situation, ask = asking('max by (pod) (orders_total{namespace="team-a"})')
    (query,) = queries(situation, ask)
    answer = await Measurer(client).answer(query, situation.world.snapshot.run.scene)
    seen = builders.observe(query, answer.data, 1)
    (quote,) = told(Situation.of(situation.world.snapshot.extended([seen])))
    head, line = quote.excerpt.splitlines()
    assert head.startswith("1 series until ")
    assert line.startswith('{pod="web"}: last 120, lowest 0 at ')
    assert line.partition("highest ")[2].startswith("120 at ")
