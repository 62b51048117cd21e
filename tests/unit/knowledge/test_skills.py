"""Skills as they are recalled: what their steps read, which content is which version, which cannot be used."""

from typing import Any

import pytest

from casebook.api.run import MAX_SKILLS
from casebook.api.skill import Observe
from casebook.knowledge.recall import shelved
from casebook.knowledge.skills import problem, published, read_all, recalled_skills, unusable, version
from casebook.knowledge.steps import BadStep, CurveRead, LogRead, ObjectRead, Reading, reading
from support.builders import run
from support.memories import labelled, quarantine
from support.skills import skill, step, supports


def read(query: str, source: str = "kubernetes", **values: str) -> Reading:
    return reading(Observe(source=source, query=query), values)


@pytest.mark.parametrize(
    ("source", "query", "found"),
    [
        ("kubernetes", "pods", ObjectRead("pods")),
        ("kubernetes", "deployments", ObjectRead("deployments.apps")),
        ("kubernetes", "deployments.apps {name}", ObjectRead("deployments.apps", "api")),
        ("kubernetes", "pods -l 'app in (api, {name})'", ObjectRead("pods", labels="app in (api, api)")),
        ("kubernetes", "events --field-selector reason=Failed", ObjectRead("events", fields="reason=Failed")),
        ("logs", "Deployment/{name}", LogRead("Deployment/api")),
        ("logs", "Deployment/{name} -c app --previous", LogRead("Deployment/api", "app", previous=True)),
        ("prometheus", 'rate(x{app="{name}"}[5m])', CurveRead('rate(x{app="api"}[5m])')),
    ],
)
def test_what_a_step_reads(source: str, query: str, found: Reading) -> None:
    assert read(query, source, name="api") == found


@pytest.mark.parametrize(
    ("source", "query", "why"),
    [
        ("kubernetes", "secrets", "secrets is not read by Casebook; it reads apiservices"),
        ("kubernetes", "pods/exec web", "pods/exec is not read by Casebook"),
        ("kubernetes", "pods -n kube-system", "-n is no option here; there are --field-selector, -l"),
        ("kubernetes", "pods -A", "-A is no option here"),
        ("kubernetes", "pods -l", "an option lacks its value"),
        ("kubernetes", "pods web -l a=b", "one object by its name takes no selector"),
        ("kubernetes", "", "say RESOURCE or RESOURCE NAME"),
        ("kubernetes", "pods a b", "say RESOURCE or RESOURCE NAME"),
        ("kubernetes", "pods {other}", r"\{other\} names no parameter"),
        ("kubernetes", "pods 'web", "the query cannot be read: No closing quotation"),
        ("logs", "web", "say KIND/NAME, for example Deployment/web"),
        ("logs", "Deployment/", "say KIND/NAME"),
        ("http", "https://example.com", "there is no source http; there are kubernetes, logs, prometheus"),
    ],
)
def test_what_no_step_reads(source: str, query: str, why: str) -> None:
    with pytest.raises(BadStep, match=why):
        read(query, source, name="api")


@pytest.mark.parametrize("value", ["a b", "x,other=y", 'a"} or up{x="', "-A'", "{name}", "a\nb"])
@pytest.mark.parametrize("source", ["kubernetes", "logs", "prometheus"])
def test_a_value_adds_nothing_to_a_query(source: str, value: str) -> None:
    with pytest.raises(BadStep, match="parameter name has a value that no query may hold"):
        read("pods -l app={name}", source, name=value)


def test_a_value_that_looks_like_an_option_is_refused() -> None:
    with pytest.raises(BadStep, match="-A is no option here"):
        read("pods {name}", name="-A")


def test_the_version_is_that_of_the_content() -> None:
    one = skill("one", step("true"))
    same = [
        skill("other", step("true"), description="use one", namespace="elsewhere"),
        skill("one", step("true"), state="Proposed", lastEditor="alice", reach="Tenant"),
        skill("one", step("true"), origin={"type": "Person", "author": "bob"}),
    ]
    changed = [
        skill("one", step("false")),
        skill("one", step("true", "events")),
        skill("one", step("true"), instructions="look"),
        skill("one", step("true"), when=labelled(namespace="x")),
        skill("one", step("true", on_true=supports("A"))),
        skill("one", step("true"), parameters=[{"name": "a", "from": "namespace"}]),
    ]
    assert {item.version for item in same} == {one.version}
    assert len({one.version, *(item.version for item in changed)}) == 1 + len(changed)
    assert (len(one.version), one.version) == (64, version(one.spec))


def test_what_may_apply_is_recalled_the_narrowest_of_the_tenants_own_first() -> None:
    own, narrow, platform = (
        skill("own"),
        skill("narrow", when=labelled(namespace="shop")),
        skill("of-all", reach="Platform"),
    )
    elsewhere = skill("elsewhere", when=labelled(alertname="Else"))
    others = [skill("p", state="Proposed"), skill("r", state="Retired"), skill("n", namespace="pay"), elsewhere]
    shared = skill("shared", namespace="pay", reach="Tenant")
    asked = run("why?", "Deployment/api")
    found, left = recalled_skills([platform.replace(platform=True), own, *others, shared, narrow], asked)
    assert ([one.name for one in found], left) == (["narrow", "shared", "own", "of-all"], 0)
    many, left = recalled_skills([skill(f"s{number:03}") for number in range(MAX_SKILLS + 3)], asked)
    assert (len(many), left) == (MAX_SKILLS, 3)


def test_what_is_quarantined_comes_last_and_says_by_whom() -> None:
    hostile = [skill(f"h{number:02}", lastEditor="mallory", when=labelled(namespace="shop")) for number in range(2)]
    own = [skill(f"s{number:02}") for number in range(MAX_SKILLS - 1)]
    found, left = recalled_skills([*hostile, *own], run("why?"), shelved([quarantine(person="mallory")]))
    assert ([one.name for one in found[-2:]], left) == ([own[-1].name, "h00"], 1)
    assert unusable(found[-1]).startswith("quarantined: bob quarantined user/mallory")
    assert unusable(found[0]) == ""
    told = {"type": "Quarantined", "status": "True", "reason": "R", "lastTransitionTime": "2026-11-21T00:00:00Z"}
    status = {"conditions": [told | {"message": "by bob"}]}
    raw = {"metadata": {"name": "s", "namespace": "shop"}, "spec": {"description": "x", "reach": "Platform"}}
    (marked,), _ = read_all([raw | {"status": status}])
    assert marked.quarantined == "by bob"
    assert [one.quarantined for one in published([marked])] == ["by the platform"]


def test_one_that_makes_no_sense_is_told_and_the_others_are_read() -> None:
    raws: list[dict[str, Any]] = [
        {"metadata": {"name": "odd", "namespace": "shop"}, "spec": {"description": "x", "steps": [{"name": "a"}]}},
        {"metadata": {"name": "good", "namespace": "shop"}, "spec": {"description": "x"}},
    ]
    found, odd = read_all(raws)
    assert [one.name for one in found] == ["good"]
    assert odd == ["skill odd was not understood: spec.steps[0].observe: Field required (and 1 more)"]


def test_what_makes_a_skill_unusable_names_the_step_and_the_field() -> None:
    good = step("items.size() > 0", name="good")
    assert problem(skill("s", good, step("lines.size() > 0", "Deployment/a", "logs", name="b")).spec) == ""
    bad = [
        (step("items.size(", name="b"), "step b: expect: it is not CEL: at character 11 something else was expected"),
        (step("lines.size() > 0", name="b"), "step b: expect: lines is not known here; known are items, now, params"),
        (step("true", "pods {x}", name="b"), "step b: observe: {x} names no parameter"),
        (step("true", "x", "ftp", name="b"), "step b: observe: there is no source ftp; there are"),
    ]
    for wrong, said in bad:
        assert problem(skill("s", good, wrong).spec).startswith(said)
    named = skill("s", step("params.x == 'a'", "pods {x}"), parameters=[{"name": "x", "from": "workload.name"}])
    assert problem(named.spec) == ""
