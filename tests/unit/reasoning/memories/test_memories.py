"""Memories at work on a board: what a person confirmed leads, what is ruled out stays out, and facts still decide."""

import random
from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.enums import Origin, Standing, State, Verdict
from casebook.api.report import Report
from casebook.api.run import Recalled, Run, Trace
from casebook.knowledge.quarantine import heeding
from casebook.reasoning import backtest
from casebook.reasoning.engine import ENGINE
from casebook.reasoning.replay import replay
from support.builders import (
    NOW,
    Raw,
    container,
    endpoints,
    event,
    healthy,
    log,
    pod,
    replicaset,
    run,
    service,
    snapshot,
    template,
    waiting,
    workload,
)
from support.memories import cause, concept, labelled, memory, quarantine
from support.reason import STOP, hypothesis, report, roots
from support.recorded import trace

NOT_FOUND = 'failed to resolve reference "reg.local/api:v2": reg.local/api:v2: not found'
HERE = labelled(namespace="shop")


def stuck() -> list[Raw]:
    """An api whose new revision asks for an image that is not there, while the old pod runs on."""
    old, new = (
        template("api", container(image="reg.local/api:v1")),
        template("api", container(image="reg.local/api:v2")),
    )
    top = workload("api", new)
    first, second = replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=120)
    waits = pod(second, new, waiting("app", "ImagePullBackOff", f"Back-off: {NOT_FOUND}"), name="api-new", age=120)
    told = event(waits, "Failed", f"Failed to pull image: {NOT_FOUND}")
    return [top, first, second, pod(first, old, name="api-old"), waits, told, service("api"), endpoints("api")]


def knowing(*memories: Recalled, asked: Run | None = None, objects: list[Raw] | None = None, logs: Any = ()) -> Report:
    """The report on the stuck rollout, by a run that recalled these memories."""
    asked = (asked or run("why?", "Deployment/api")).replace(recalled=list(memories))
    return report(snapshot(asked, objects or stuck(), *logs))


def effect(found: Report, name: str) -> str:
    return next(item.effect for item in found.knowledge if item.name == name)


def test_without_memories_it_is_the_image() -> None:
    assert roots(knowing()) == [("Deployment/api", "ImageNotFound")]
    assert knowing().knowledge == []


def test_a_confirmed_cause_leads_and_says_that_it_is_unproven() -> None:
    said = memory(
        "network",
        claim=cause("ProxyExpired", "Deployment/api"),
        scope=HERE,
        origin={"type": "Person", "author": "alice", "investigation": "inv-0", "feedbackId": "f1"},
    )
    found = knowing(said)
    assert roots(found) == [("Deployment/api", "ProxyExpired")]
    first = found.root_causes[0]
    assert first.confidence_percent == 60
    assert first.statement == "network says so (by correction of alice, unproven)"
    assert found.hypotheses[0].origin is Origin.MEMORY
    assert found.hypotheses[0].evidence_for
    assert effect(found, "network") == (
        "moved prior of ProxyExpired on Deployment/api from 1 % to 60 %, by correction of alice, unproven"
        "; the facts alone point to ImageNotFound on Deployment/api (96 %)"
    )


def test_a_confirmed_cause_of_the_registry_is_tested_and_proven() -> None:
    found = knowing(memory(claim=cause("ImageNotFound"), scope=HERE))
    assert roots(found) == [("Deployment/api", "ImageNotFound")]
    assert "unproven" not in found.root_causes[0].statement
    assert found.root_causes[0].confidence_percent >= knowing().root_causes[0].confidence_percent
    assert found.hypotheses[0].origin is Origin.DETECTOR
    assert any(term.name == "memory m version 1 confirms it" for term in found.hypotheses[0].terms)


def test_facts_contradict_a_memory() -> None:
    kept = trace("bad-deploy-exception")
    plain = replay(kept)
    refuted = next(item for item in plain.hypotheses if item.verdict is Standing.REFUTED)
    said = memory(claim=cause(refuted.cause, refuted.object), scope={})
    found = replay(kept.replace(run=kept.run.replace(recalled=[said])))
    assert roots(found) == roots(plain)
    assert effect(found, "shop/m").startswith("facts contradict memory m: not so: ")
    assert found.next_steps[0].startswith("Is memory m still true?")
    assert "kubectl casebook retire m -n shop" in found.next_steps[0]


def test_a_cause_that_is_ruled_out_is_kept_out_visibly() -> None:
    found = knowing(memory(claim=cause("ImageNotFound", effect="RulesOut"), scope=HERE))
    assert ("Deployment/api", "ImageNotFound") not in roots(found)
    item = hypothesis(found, "ImageNotFound")
    assert item is not None
    assert item.verdict is Standing.REFUTED
    assert item.confidence_percent <= 1
    assert any(term.name == "memory m version 1 rules it out" for term in item.terms)
    assert effect(found, "m").startswith("ruled out ImageNotFound on Deployment/api, which stood at ")


def test_nothing_to_rule_out_is_said() -> None:
    found = knowing(memory(claim=cause("DnsFailing", effect="RulesOut"), scope=HERE))
    assert roots(found) == roots(knowing())
    assert effect(found, "m") == "nothing to rule out: DnsFailing was not suspected"


@pytest.mark.parametrize("state", ["Proposed", "Rejected", "Retired"])
def test_what_nobody_confirmed_changes_no_byte(state: str) -> None:
    assert knowing(memory(claim=cause("ProxyExpired"), state=state)).wire() == knowing().wire()


def test_what_is_stale_is_shown_and_powerless() -> None:
    found = knowing(memory(claim=cause("ProxyExpired"), verifyBy="2026-11-19T00:00:00Z"))
    assert roots(found) == roots(knowing())
    assert effect(found, "m") == "not acted on: stale: it was to be verified by 2026-11-19T00:00:00Z"


def test_out_of_scope_changes_no_byte_and_unknown_is_only_shown() -> None:
    assert knowing(memory(claim=cause("ProxyExpired"), scope=labelled(namespace="pay"))).wire() == knowing().wire()
    found = knowing(memory(claim=cause("ProxyExpired"), scope=labelled(cluster="eu-1")))
    assert roots(found) == roots(knowing())
    assert found.knowledge[0].why == "applies only if cluster is eu-1"
    assert found.knowledge[0].effect == "not acted on: whether it applies is not known"


def test_an_object_that_is_gone_makes_its_memory_powerless() -> None:
    found = knowing(memory(claim=cause("ProxyExpired", "Deployment/gone"), scope=HERE))
    assert roots(found) == roots(knowing())
    assert effect(found, "m") == "stale: Deployment/gone is gone; not acted on"


def test_a_quarantine_takes_the_force_from_what_a_person_taught_and_both_are_shown() -> None:
    taught = memory(claim=cause("ProxyExpired", "Deployment/api"), scope=HERE, lastEditor="mallory")
    found = knowing(*heeding([taught, quarantine(person="mallory")], NOW))
    assert roots(found) == roots(knowing())
    assert effect(found, "q") == "took the force from m"
    assert effect(found, "m").startswith("not acted on: quarantined: bob quarantined user/mallory")


def test_a_proposed_quarantine_is_tested_on_the_past_like_any_proposal() -> None:
    taught = memory(claim=cause("ProxyExpired", "Deployment/api"), scope=HERE, lastEditor="mallory")
    seen = snapshot(run("why?", "Deployment/api").replace(recalled=[taught]), stuck())
    past = Trace(engine=ENGINE, run=seen.run, stop=STOP, observations=list(seen.observations))
    proposed = quarantine(person="mallory")
    proposed = proposed.replace(spec=proposed.spec.replace(state=State.PROPOSED))
    assert backtest.effect(past, proposed) == backtest.Effect(applies=True, changes=True)
    assert backtest.effect(past, quarantine(person="bob")) == backtest.Effect(applies=False, changes=False)


def test_of_two_that_contradict_each_other_both_are_shown_and_the_narrower_wins() -> None:
    narrow = memory("narrow", claim=cause("ProxyExpired", "Deployment/api"), scope=labelled(namespace="shop"))
    wide = memory("wide", claim=cause("QuotaOfVendor", "Deployment/api"))
    found = knowing(wide, narrow)
    assert roots(found) == [("Deployment/api", "ProxyExpired")]
    assert effect(found, "wide") == "not used: memory narrow says otherwise and wins, because its scope is narrower"


def test_a_tenants_word_goes_before_the_platforms() -> None:
    platform = memory(
        "p", claim=cause("ImageNotFound", effect="RulesOut"), platform=True, namespace="casebook-system", scope=HERE
    )
    own = memory("own", claim=cause("ImageNotFound"))
    found = knowing(platform, own)
    assert roots(found) == [("Deployment/api", "ImageNotFound")]
    assert "the tenant's own word" in effect(found, "casebook-system/p")


def test_a_confirmed_reason_for_no_fault_makes_it_no_fault() -> None:
    found = knowing(memory(claim=cause("PlannedChange", "Deployment/api"), scope=HERE))
    assert found.verdict is Verdict.NO_FAULT
    assert roots(found) == []


def test_a_concept_carries_knowledge_to_what_is_new() -> None:
    internal = memory(
        "internal",
        claim=concept(
            {"class": "internal"},
            when={"matchExpressions": [{"key": "workload.name", "operator": "Prefix", "values": ["ap"]}]},
        ),
    )
    calm = memory(
        "calm", claim=cause("ImageNotFound", effect="RulesOut"), scope={"matchLabels": {"label:class": "internal"}}
    )
    found = knowing(internal, calm)
    assert roots(found) == []
    assert effect(found, "internal") == "derived label:class=internal"
    assert roots(knowing(calm)) == roots(knowing())


def test_noise_is_not_heard() -> None:
    lines = ["ERROR heartbeat to metrics-agent lost: TimeoutError: timed out"] * 4
    asked = run("is all well?", "Deployment/web")
    logs = [log("web-p0", lines, container="web")]
    loud = report(snapshot(asked, healthy("web"), *logs))
    assert loud.affected
    taught = memory(
        claim={"noise": {"logTemplate": "*heartbeat to metrics-agent lost*"}}, scope=labelled(namespace="shop")
    )
    calm = knowing(taught, asked=asked, objects=healthy("web"), logs=logs)
    assert calm.affected == []
    assert calm.verdict is Verdict.NO_FAULT
    assert effect(calm, "m") == "removed 1 symptoms as noise (Deployment/web): 4 log entries not heard"
    elsewhere = memory(claim={"noise": {"logTemplate": "*heartbeat*"}}, scope={"matchLabels": {"workload.name": "api"}})
    assert knowing(elsewhere, asked=asked, objects=healthy("web"), logs=logs).affected == loud.affected


def test_a_known_dependency_leads_to_what_harms() -> None:
    asked = run("why is web slow?", "Deployment/web")
    objects = [*healthy("web"), *stuck()]
    before = knowing(asked=asked, objects=objects)
    assert before.affected[0].note.endswith("(not on the path of what was asked about)")
    assert roots(before) == []
    taught = memory(claim={"dependency": {"from": "Deployment/web", "to": "Deployment/api"}})
    found = knowing(taught, asked=asked, objects=objects)
    assert roots(found) == [("Deployment/api", "ImageNotFound")]
    assert "not on the path" not in found.affected[0].note
    assert found.root_causes[0].confidence_percent > before.hypotheses[0].confidence_percent
    assert effect(found, "m") == "added an edge: Deployment/web needs Deployment/api"


def test_an_expectation_makes_a_deviation() -> None:
    asked = run("is all well?", "Deployment/web")
    normal = {"object": "Deployment/web", "field": "spec.replicas", "value": "3"}
    found = knowing(memory(claim={"expectation": normal}), asked=asked, objects=healthy("web"))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "spec.replicas is 1, where 3 is normal" in found.affected[0].note
    assert found.affected[0].evidence
    met = knowing(memory(claim={"expectation": normal | {"value": "1"}}), asked=asked, objects=healthy("web"))
    assert met.verdict is Verdict.NO_FAULT
    assert effect(met, "m") == "Deployment/web spec.replicas is 1, as expected"


def test_of_two_expectations_of_one_field_both_are_shown_and_one_acts() -> None:
    def expects(name: str, value: str, **scope: str) -> Recalled:
        normal = {"object": "Deployment/web", "field": "spec.replicas", "value": value}
        return memory(name, claim={"expectation": normal}, scope=labelled(**scope))

    asked = run("is all well?", "Deployment/web")
    narrow, wide = expects("narrow", "1", namespace="shop"), expects("wide", "3")
    found = knowing(narrow, wide, asked=asked, objects=healthy("web"))
    assert found.verdict is Verdict.NO_FAULT
    assert effect(found, "narrow") == "Deployment/web spec.replicas is 1, as expected"
    assert effect(found, "wide") == "not used: memory narrow says otherwise and wins, because its scope is narrower"


def test_a_note_is_shown_and_changes_nothing_else() -> None:
    found = knowing(memory("note", statement="Ask team red first."))
    assert found.replace(knowledge=[]).wire() == knowing().wire()
    assert effect(found, "note") == "a note, shown and not acted on: Ask team red first."


def test_the_order_of_recall_and_of_observations_changes_no_byte() -> None:
    memories = [
        memory("a", claim=cause("ProxyExpired"), scope=HERE),
        memory("b", claim=cause("ImageNotFound", effect="RulesOut")),
        memory("c", claim={"noise": {"eventReason": "Failed"}}),
        memory("d", claim=cause("QuotaOfVendor"), scope=labelled(cluster="eu-1")),
    ]
    asked = run("why?", "Deployment/api").replace(recalled=memories)
    first = snapshot(asked, stuck())
    for seed in range(4):
        mixed, order = list(memories), list(first.observations)
        random.Random(seed).shuffle(mixed)
        random.Random(seed + 9).shuffle(order)
        assert report(Snapshot(asked.replace(recalled=mixed), tuple(order))).wire() == report(first).wire()


def test_odd_claims_never_make_it_fail() -> None:
    odd = [
        memory("a", claim=cause("X", "no-slash")),
        memory("b", claim={"expectation": {"object": "Deployment/api", "field": "..[x].[9]", "value": "1"}}),
        memory("c", claim={"dependency": {"from": "a/b/c/d", "to": "Deployment/api"}}),
        memory("d", claim={"noise": {"metric": "up"}}),
        memory("e", claim={"expectation": {"object": "/", "field": "spec", "value": "1"}}),
    ]
    assert knowing(*odd).verdict is Verdict.ROOT_CAUSE


@pytest.mark.parametrize("name", ["image-tag-typo", "db-down-cascade", "innocent-deploy"])
def test_knowledge_of_other_things_changes_no_byte(name: str) -> None:
    """Interference: two hundred memories of every kind whose scopes lie elsewhere."""
    kept = trace(name)
    claims = [
        cause("DnsFailing"),
        cause("ImageNotFound", effect="RulesOut"),
        concept({"class": "x"}),
        {"noise": {"eventReason": "Failed"}},
        {"noise": {"logTemplate": "*"}},
        {"expectation": {"object": "Deployment/api", "field": "spec.replicas", "value": "77"}},
        {"dependency": {"from": "Deployment/api", "to": "Deployment/web"}},
        None,
    ]
    others = [
        memory(f"m{n}", claim=claims[n % len(claims)], scope={"matchLabels": {"workload.name": f"other-{n}"}})
        for n in range(200)
    ]
    assert replay(kept.replace(run=kept.run.replace(recalled=others))).wire() == replay(kept).wire()


@pytest.mark.parametrize(
    ("taught", "role"),
    [
        (cause("ImageNotFound", "Deployment/api"), "Led"),
        (cause("DnsFailing", "Deployment/api"), "Alone"),
        (cause("ImageNotFound", "Deployment/api", "RulesOut"), "Acted"),
        (cause("DnsFailing", "Deployment/gone"), "Gone"),
        (cause("OomKilled", "Deployment/api", "RulesOut"), "Shown"),
        ({"noise": {"eventReason": "Failed"}}, "Acted"),
        ({"noise": {"eventReason": "NeverSeen"}}, "Shown"),
        (None, "Shown"),
    ],
)
def test_a_report_says_what_each_memory_was_to_it(taught: dict[str, Any] | None, role: str) -> None:
    """What earns or costs it trust: see `knowledge.credit`."""
    found = knowing(memory(claim=taught, scope=HERE))
    assert [use.role.value for use in found.knowledge] in ([role], [] if role == "Shown" else [role])
