"""A cause that people accepted again and again for one question is proposed once, where it would tell something."""

from typing import Any

import pytest

from casebook.api.case import Asked, PastCase
from casebook.api.run import Recalled
from casebook.knowledge.accepting import accepted_causes
from casebook.knowledge.matching import scope_words
from casebook.knowledge.quarantine import untainted
from support.memories import cause, labelled, memory, quarantine
from support.pastcases import past

ASKED = Asked(alertname="Down", place="shop", kind="Deployment", entity="web")
HERE = {"matchLabels": {"alertname": "Down", "workload.name": "web", "namespace": "shop"}}


def accepted(*said: str, **fields: Any) -> list[PastCase]:
    return [past(number, hours=number, said=one, **fields) for number, one in enumerate(said, 1)]


THREE = accepted("Correct", "Correct", "Correct")


def test_three_accepted_cases_make_one_proposal_that_nobody_confirmed() -> None:
    (found,) = accepted_causes([*THREE, past(9)], [])
    spec = found.spec
    assert spec.claim is not None
    assert spec.claim.cause is not None
    assert spec.origin is not None
    assert (spec.state.value, spec.reach.value, spec.origin.type.value) == ("Proposed", "Namespace", "Agent")
    assert (spec.claim.cause.cause, spec.claim.cause.object) == ("ImageNotFound", "Deployment/web")
    assert scope_words(spec.scope) == "alertname is Down and namespace is shop and workload.name is web"
    assert spec.origin.derived_from == ["Investigation/inv-1", "Investigation/inv-2", "Investigation/inv-3"]
    assert "accepted in 3 investigations (inv-1, inv-2, inv-3)" in spec.statement


@pytest.mark.parametrize(
    "cases",
    [
        accepted("Correct", "Correct"),
        accepted("Correct", "Correct", "Partial"),
        accepted("Correct", "Correct", "Correct", "Wrong"),
        [*THREE[:2], *accepted("Correct", cause="OomKilled")],
        [*THREE[:2], *accepted("Correct", object="Deployment/api")],
        [*THREE[:2], *accepted("Correct", namespace="pay")],
        [*THREE[:2], *accepted("Correct", explained_by="inv-0")],
        [*THREE[:2], *accepted("Correct", verdict="NoFault")],
        [*THREE[:2], *accepted("Correct", asked=ASKED.replace(alertname="Slow"))],
        accepted(*["Correct"] * 3, asked=Asked(place="shop", words=["why", "slow"])),
    ],
)
def test_what_is_not_proposed(cases: list[PastCase]) -> None:
    assert accepted_causes(cases, []) == []


@pytest.mark.parametrize(
    "known",
    [
        memory(claim=cause("ImageNotFound", "Deployment/web"), scope=HERE),
        memory(claim=cause("ImageNotFound"), scope=labelled(namespace="shop")),
        memory(claim=cause("ImageNotFound", "Deployment/web"), scope=HERE, state="Proposed"),
        memory(claim=cause("ImageNotFound", "Deployment/web"), scope=HERE, state="Rejected"),
        memory(claim=cause("ImageNotFound", effect="RulesOut"), scope=HERE),
        memory(claim=cause("DnsFailing", "Deployment/web"), scope=HERE),
    ],
    ids=["said", "said for more", "proposed", "rejected", "ruled out", "another cause said"],
)
def test_what_somebody_has_decided_on_is_not_proposed(known: Recalled) -> None:
    assert accepted_causes(THREE, [known]) == []


@pytest.mark.parametrize(
    "known",
    [
        memory(claim=cause("ImageNotFound", "Deployment/web"), scope=labelled(namespace="pay")),
        memory(claim=cause("ImageNotFound", "Deployment/api"), scope=HERE),
        memory(claim=cause("DnsFailing", "Deployment/web"), scope=HERE, state="Rejected"),
        memory(scope=HERE),
    ],
)
def test_what_decides_on_something_else_does_not_hinder(known: Recalled) -> None:
    assert len(accepted_causes(THREE, [known])) == 1


@pytest.mark.parametrize("state", ["Proposed", "Confirmed", "Rejected", "Retired"])
def test_it_is_proposed_once(state: str) -> None:
    (first,) = accepted_causes(THREE, [])
    assert accepted_causes(THREE, [memory(first.name, state=state)]) == []


def test_a_generated_name_is_not_taken_for_a_name_of_its_own() -> None:
    (found,) = accepted_causes(accepted(*["Correct"] * 3, asked=ASKED.replace(entity="web-*")), [])
    assert scope_words(found.spec.scope) == "alertname is Down and namespace is shop"


def test_it_falls_with_what_it_was_made_of() -> None:
    assert accepted_causes(untainted(THREE, [quarantine(person="alice")]), []) == []
    assert accepted_causes(untainted(THREE, [quarantine(investigation="inv-2")]), []) == []
