"""Drafts of memories and skills by a model: code holds every word of them to the evidence, and nothing has force."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from casebook.api.enums import ClaimEffect, Source, State
from casebook.api.investigation import Feedback, Investigation
from casebook.api.scope import Scope
from casebook.evidence.redaction import redact_text
from casebook.knowledge.corrections import scopes, source
from casebook.knowledge.matching import Answer, match
from casebook.model.adviser import NoAnswer
from casebook.model.client import completions
from casebook.model.drafting import VERSION, Draft, NothingToTeach, draft, drafted, prompt
from support.injections import CORPUS
from support.openaiserver import endpoint
from support.reports import evidence, observation, report

SAID = "licence atlas-2024 ended with the month"
SECRET = "sk-canary0123456789abcdefghijklmnop"


def investigation(*feedback: Feedback, excerpt: str = SAID, verdict: str = "RootCause") -> Investigation:
    seen = observation(1)
    found = report(seen).replace(evidence=[evidence(seen, excerpt=excerpt)])
    if verdict != "RootCause":
        found = found.replace(verdict=verdict, root_causes=[])
    labels = {"alertname": "OrdersStalled", "namespace": "shop", "team": "pay-eu"}
    alert = {"labels": labels, "annotations": {"summary": "orders of checkout stall"}}
    target = {"kind": "Deployment", "name": "checkout"}
    spec = {"trigger": "Alert", "alert": alert, "target": target, "feedback": [one.wire() for one in feedback]}
    metadata = {"name": "inv-1", "namespace": "shop", "uid": "u-1"}
    return Investigation.model_validate({"metadata": metadata, "spec": spec, "status": {"report": found.wire()}})


GOOD = {
    "statement": "Orders of checkout stall once licence atlas-2024 has ended.",
    "scope": {
        "matchLabels": {"namespace": "shop"},
        "matchExpressions": [{"key": "label:team", "operator": "Prefix", "values": ["pay-"]}],
    },
    "description": "For orders that stall: look for a licence such as atlas-2024 that has ended.",
}


def of(**given: Any) -> Draft:
    return drafted(investigation(), {**GOOD, **given})


def test_what_the_evidence_bears_out_is_taken_and_has_no_force() -> None:
    found = of()
    assert found.refused == ()
    assert found.memory.statement == GOOD["statement"]
    assert found.skill.description == GOOD["description"]
    assert found.memory.scope == found.skill.when == Scope.model_validate(GOOD["scope"])
    for spec in (found.memory, found.skill):
        assert spec.state is State.PROPOSED
        assert spec.origin is not None
        assert (spec.origin.type, spec.origin.investigation) == (Source.AGENT, "inv-1")
        assert spec.origin.derived_from == ["Investigation/inv-1"]
    assert "pods" in found.skill.instructions, "what told the cause is named by code"


def test_the_claim_is_the_report_s_whatever_the_model_says() -> None:
    claim = {"cause": {"object": "Deployment/other", "cause": "NodeDown", "effect": "RulesOut"}}
    found = of(claim=claim, state="Confirmed", origin={"type": "Person"}, reach="Platform")
    assert found.memory.claim is not None
    assert found.memory.claim.cause is not None
    told = found.memory.claim.cause
    assert (told.object, told.cause, told.effect) == ("Deployment/checkout", "OomKilled", ClaimEffect.CONFIRMS)
    assert (found.memory.state, found.memory.reach) == (State.PROPOSED, "Namespace")


@pytest.mark.parametrize("part", ["statement", "description"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Licence atlas-2025 has ended.", "atlas-2025, which nothing shows"),
        ('It says "no seats are left".', "no seats are left, which nothing shows"),
        ("It was so 17 times.", "17, which nothing shows"),
        ("See Deployment/other.", "Deployment/other, which nothing shows"),
        ("Call payments_api again.", "payments_api, which nothing shows"),
        ("Ask orders.svc.cluster.local.", "orders.svc.cluster.local, which nothing shows"),
        ("", "it says nothing"),
        (["x"], "it says nothing"),
    ],
)
def test_a_text_that_names_what_nothing_shows_is_left_out(part: str, text: Any, said: str) -> None:
    found = of(**{part: text})
    (refused,) = found.refused
    assert refused.startswith(f"{part} was left out: ")
    assert said in refused
    assert "checkout runs out of memory" in (found.memory.statement if part == "statement" else found.skill.description)


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({"matchLabels": {"namespace": "crm"}}, "crm does not stand in the evidence"),
        ({"matchLabels": {"namespace": "checkout"}}, "does not apply where it comes from: namespace is checkout"),
        ({"matchLabels": {"region": "shop"}}, "does not apply where it comes from"),
        ({"matchLabels": {"workload.name": "check"}}, "check does not stand in the evidence"),
        ({}, "only a scope of matchLabels and matchExpressions"),
        ("everywhere", "only a scope of matchLabels and matchExpressions"),
        ({"matchLabels": {}}, "it would apply everywhere"),
        ({"matchExpressions": [{"key": "namespace", "operator": "Exists"}]}, "is compared with none of"),
        ({"matchExpressions": [{"key": "namespace", "operator": "Glob", "values": ["*"]}]}, "is compared with none of"),
        (
            {"matchExpressions": [{"key": "namespace", "operator": "Prefix", "values": [""]}]},
            "nothing does not stand in the evidence",
        ),
        (
            {"matchExpressions": [{"key": "namespace", "operator": "In", "values": ["shop", "other-ns"]}]},
            "other-ns does not stand in the evidence",
        ),
        ({"matchLabels": {"namespace": "shop"}, "anyOf": [{}]}, "only a scope of matchLabels and matchExpressions"),
        ({"matchLabels": {"namespace": ["shop"]}}, "it is not in the form asked for"),
    ],
)
def test_a_scope_that_does_not_fit_its_source_is_left_out(scope: Any, said: str) -> None:
    found = of(scope=scope)
    (refused,) = found.refused
    assert said in refused
    assert found.memory.scope == found.skill.when == scopes(investigation(), "Deployment/checkout")[0]


def test_every_draft_applies_where_it_comes_from() -> None:
    told = source(investigation(), "Deployment/checkout")
    for given in (GOOD, {}, {"scope": "x"}):
        assert match(drafted(investigation(), given).memory.scope, told).answer is Answer.MATCH


def test_nothing_is_drafted_where_nothing_was_found_or_somebody_disagrees() -> None:
    with pytest.raises(NothingToTeach, match="names no cause"):
        drafted(investigation(verdict="Inconclusive"), GOOD)
    for word in ({"verdict": "Wrong"}, {"rating": "Down"}):
        said = Feedback.model_validate({"id": "f1", "author": "bob", **word})
        with pytest.raises(NothingToTeach, match="somebody said that inv-1 is wrong"):
            drafted(investigation(said), GOOD)


def test_what_is_sent_is_what_was_reviewed() -> None:
    system, user = prompt(investigation())
    text = f"{system}\n=====\n{user}\n"
    path = Path(__file__).parent / "prompts" / f"{VERSION}.txt"
    if os.environ.get("CASEBOOK_UPDATE_SNAPSHOTS"):
        path.write_text(text)
    assert text == path.read_text(), "a change that is meant is another version: then CASEBOOK_UPDATE_SNAPSHOTS=1"


@pytest.mark.parametrize("text", CORPUS[::6])
def test_what_was_read_stays_within_its_fences(text: str) -> None:
    _, user = prompt(investigation(excerpt=text))
    (nonce,) = {line.removeprefix("<<<DATA ") for line in user.splitlines() if line.startswith("<<<DATA ")}
    assert user.count(f"DATA {nonce}>>>") == user.count(f"<<<DATA {nonce}") == 4


async def asked(content: str, excerpt: str = SAID) -> tuple[Draft, list[dict[str, Any]]]:
    async with endpoint(content) as there, completions("m", key="k", url=there.url, retries=0) as model:
        return await draft(model, redact_text, investigation(excerpt=excerpt)), there.asked


async def test_a_model_is_asked_once_and_sent_no_credentials() -> None:
    found, (sent,) = await asked(f"Here it is:\n```json\n{json.dumps(GOOD)}\n```", f"{SAID} {SECRET}")
    assert found.memory.statement == GOOD["statement"]
    assert SECRET not in str(sent)


async def test_an_answer_that_is_none_is_said() -> None:
    with pytest.raises(NoAnswer, match="no JSON object with statement, scope, description"):
        await asked("I cannot help with that.")
