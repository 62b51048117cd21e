"""A model that asks to see more: typed reads inside the run, told by code, and a last turn in which it must answer."""

import json

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import MAX_TURNS, Ask, Consultation
from casebook.api.observation import Result, getting, listing, pod_logs, used
from casebook.model.answer import take
from casebook.model.prompt import Prompt, build
from casebook.reasoning.engine import Look, decide, weigh
from casebook.reasoning.proposals.asking import queries, told
from casebook.reasoning.proposals.scope import Outside
from casebook.reasoning.situation import Situation
from support import builders
from support.builders import NS
from support.freetext import SAID, freetext
from support.reason import report


def asked(*asks: dict, turns: int = 1, snapshot: Snapshot | None = None) -> Snapshot:
    given = [Ask.model_validate(one) for one in asks]
    return (snapshot or freetext()).advised(Consultation(model="m", turns=turns, asks=given, is_open=True))


def shown(*asks: dict, **more) -> list[tuple[str, bool]]:
    return [(one.excerpt, one.absent) for one in told(Situation.of(asked(*asks, **more)))]


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        ({"tool": "get", "object": "ConfigMap/web-config"}, [getting("configmaps", "web-config", NS)]),
        ({"tool": "list", "object": "Ingress/*"}, [listing("ingresses.networking.k8s.io", NS)]),
        ({"tool": "events", "object": "Deployment/web"}, [listing("events", NS)]),
        ({"tool": "log", "object": "Deployment/cart"}, [pod_logs(NS, "cart-p0", "cart")]),
        ({"tool": "log", "object": "Pod/web-p0", "previous": True}, [pod_logs(NS, "web-p0", "app", previous=True)]),
        ({"tool": "usage", "object": "Deployment/web"}, [used(NS)]),
    ],
)
def test_an_ask_is_a_read_that_the_sources_answer_anyway(ask: dict, wanted: list) -> None:
    assert queries(Situation.of(freetext()), Ask.model_validate(ask)) == wanted


@pytest.mark.parametrize("tool", ["get", "list", "log", "events", "usage"])
@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("Secret/web-key", "asked for a Secret, which is not read"),
        ("Secret/*", "asked for a Secret, which is not read"),
        ("ConfigMap/kube-system/coredns", "outside of this investigation"),
        ("Pod/pay/db-0", "outside of this investigation"),
        ("exec/web", "asked for a exec, which is not read"),
        ("ConfigMap/..", "outside of this investigation"),
        ("ConfigMap/a%2f..%2fsecrets", "outside of this investigation"),
        ("ConfigMap/x?watch=true", "outside of this investigation"),
        ("ConfigMap/", "outside of this investigation"),
        (f"ServiceAccount/{NS}/default/token", "outside of this investigation"),
        (f"Pod/{NS}/web-p0/exec", "outside of this investigation"),
        ("https://evil.example/?q=1", "which is not read"),
    ],
)
def test_what_is_outside_is_not_read(tool: str, wanted: str, said: str) -> None:
    with pytest.raises(Outside, match=said.replace(".", r"\.")):
        queries(Situation.of(freetext()), Ask(tool=tool, object=wanted))


def test_it_is_looked_at_like_everything_else_and_only_once() -> None:
    snapshot = asked({"tool": "log", "object": "Deployment/cart"})
    step = decide(snapshot, weigh(snapshot))
    assert isinstance(step, Look)
    assert pod_logs(NS, "cart-p0", "cart") in step.queries
    seen = snapshot.extended([builders.log("cart-p0", ["fine"], container="cart")])
    again = decide(seen, weigh(seen))
    assert not isinstance(again, Look) or pod_logs(NS, "cart-p0", "cart") not in again.queries


@pytest.mark.parametrize(
    ("ask", "excerpt", "absent"),
    [
        ({"tool": "get", "object": "ConfigMap/web-config", "field": "data.WORKERS"}, "data.WORKERS = 4", False),
        ({"tool": "get", "object": "ConfigMap/web-config", "field": "data.NOPE"}, "data.NOPE is not set", True),
        ({"tool": "get", "object": "Deployment/web"}, "Deployment/web: is there", False),
        ({"tool": "list", "object": "ConfigMap/*"}, "1 ConfigMap in shop: web-config", False),
        ({"tool": "list", "object": "Job/*"}, "0 Job in shop", True),
        (
            {"tool": "events", "object": "Deployment/web", "contains": "OOM"},
            '0 events of Deployment/web with "OOM"',
            True,
        ),
        ({"tool": "log", "object": "Deployment/web", "contains": "winter"}, '30 log entries with "winter"', False),
        ({"tool": "log", "object": "Deployment/web", "contains": "login failed"}, '0 log entries with "login', True),
        (
            {"tool": "log", "object": "Deployment/web", "contains": "winter", "since": "2099-01-01T00:00:00Z"},
            "0 log entries",
            True,
        ),
    ],
)
def test_code_tells_what_came_of_it(ask: dict, excerpt: str, absent: bool) -> None:
    ((said, nothing),) = shown(ask)
    assert excerpt in said
    assert nothing is absent


def test_a_log_that_reaches_no_further_back_proves_no_absence() -> None:
    cut = freetext()
    logs = [one.replace(truncated=True) if one.query.source == "logs" else one for one in cut.observations]
    ((said, absent),) = shown(
        {"tool": "log", "object": "Deployment/web", "contains": "login"}, snapshot=Snapshot(cut.run, tuple(logs))
    )
    assert "it reaches no further back" in said
    assert not absent


def measured(pod: str, cpu: str, memory: str) -> dict:
    return {"metadata": {"name": pod}, "containers": [{"name": "app", "usage": {"cpu": cpu, "memory": memory}}]}


def test_what_containers_use_is_told_of_the_one_that_was_asked_for() -> None:
    items = [measured("web-p0", "250m", "64Mi"), measured("cart-p0", "1", "900Mi")]
    seen = freetext().extended([builders.observe(used(NS), {"items": items}, 1)])
    ask = {"tool": "usage", "object": "Deployment/web"}
    assert shown(ask, snapshot=seen) == [
        ("1 containers of Deployment/web are measured\nweb-p0/app: cpu 250m, memory 64Mi", False)
    ]
    none = freetext().extended([builders.observe(used(NS), {"items": items[1:]}, 1)])
    assert shown(ask, snapshot=none) == [("0 containers of Deployment/web are measured", True)]
    away = freetext().extended([builders.observe(used(NS), None, 1, result=Result.UNAVAILABLE)])
    assert shown(ask, snapshot=away) == [("Deployment/web could not be read: Unavailable", False)]


def prompt_of(snapshot: Snapshot) -> Prompt:
    return build(snapshot.run, weigh(snapshot), report(snapshot), 6000)


def test_what_it_asked_for_stands_in_the_next_prompt_to_be_cited() -> None:
    prompt = prompt_of(asked({"tool": "log", "object": "Deployment/web", "contains": "winter"}))
    assert f"o1 [kubectl logs -n {NS} web-p0" in prompt.user
    assert SAID in prompt.quotes["o1"].excerpt
    assert "You may ask to see more 1 times." in prompt.user
    says = {"says": "The log has 30 entries with winter.", "evidence": ["o1"]}
    assert [one.quotes for one in take(json.dumps({"answer": [says]}), prompt).answer] == [[prompt.quotes["o1"]]]


def test_in_the_last_turn_it_may_ask_no_more() -> None:
    prompt = prompt_of(asked(turns=MAX_TURNS - 1))
    assert "You may not ask to see more" in prompt.user
    taken = take(json.dumps({"observe": [{"tool": "get", "object": "Pod/web-p0"}]}), prompt)
    assert taken.asks == []
    assert taken.refused == ["observation 1 was left out: there was no turn left to ask to see more"]


@pytest.mark.parametrize(
    "item",
    [{}, "get everything", {"tool": "exec", "object": "Pod/web-p0"}, {"tool": "get"}, {"tool": "log", "object": ""},
     {"tool": "log", "object": "Pod/web-p0", "since": "yesterday"}],
)  # fmt: skip
def test_an_ask_without_the_form_is_left_out(item: object) -> None:
    taken = take(json.dumps({"observe": [item]}), prompt_of(freetext()))
    assert taken.asks == []
    assert "it is not in the form asked for" in taken.refused[0]


def test_an_object_that_is_not_there_is_told_as_that() -> None:
    query = getting("configmaps", "gone", NS)
    seen = freetext().extended([builders.observe(query, None, 1, result=Result.NOT_FOUND)])
    assert shown({"tool": "get", "object": "ConfigMap/gone"}, snapshot=seen) == [("ConfigMap/gone is not there", True)]


def test_a_read_that_was_refused_is_no_search_in_vain() -> None:
    query = listing("jobs.batch", NS)
    denied = builders.observe(query, None, 1, result=Result.DENIED)
    without = [one for one in freetext().observations if one.query != query]
    seen = Snapshot(freetext().run, (*without, denied))
    assert shown({"tool": "list", "object": "Job/*"}, snapshot=seen) == [("Job/* could not be read: Denied", False)]


def test_a_namespace_that_is_not_the_runs_is_neither_there_nor_absent() -> None:
    query = getting("namespaces", "payroll")
    seen = freetext().extended([builders.observe(query, None, 1, result=Result.DENIED)])
    ask = {"tool": "get", "object": "Namespace/payroll"}
    assert shown(ask, snapshot=seen) == [("Namespace/payroll is not within what this run may see", False)]
    own = {"metadata": {"name": NS, "uid": "u"}, "kind": "Namespace", "apiVersion": "v1"}
    there = freetext().extended([builders.observe(getting("namespaces", NS), own, 1)])
    assert shown({"tool": "get", "object": f"Namespace/{NS}"}, snapshot=there) == [(f"Namespace/{NS}: is there", False)]
