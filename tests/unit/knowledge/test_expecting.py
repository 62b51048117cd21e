"""What a field was before changes that people agreed to be behind problems is proposed as what is normal."""

from typing import Any

import pytest

from casebook.api.case import Blamed, PastCase
from casebook.api.run import Recalled
from casebook.knowledge.ambient import blamed
from casebook.knowledge.expecting import normal_values
from casebook.knowledge.quarantine import untainted
from casebook.reasoning.replay import replay
from support.memories import knowing, memory, quarantine
from support.pastcases import past
from support.recorded import trace

FIELD = {"entity": "Deployment/shop/web", "field": "spec.replicas", "new": "0", "old": "3"}
NORMAL = {"object": "Deployment/web", "field": "spec.replicas", "value": "3"}


def changed(*said: str, namespace: str = "shop", cut: dict[str, Any] | None = None, **blamed: Any) -> list[PastCase]:
    one = Blamed.model_validate(FIELD | blamed)
    held = {"blamed": [one], "namespace": namespace, **(cut or {})}
    return [past(number, hours=number, said=word, **held) for number, word in enumerate(said, 1)]


THREE = changed("Correct", "Correct", "Correct")


def test_three_accepted_changes_of_one_value_make_one_proposal_that_nobody_confirmed() -> None:
    (found,) = normal_values([*THREE, past(9)], [])
    spec = found.spec
    assert spec.claim is not None
    assert spec.claim.expectation is not None
    assert spec.origin is not None
    assert spec.claim.expectation.wire() == NORMAL
    assert (spec.state.value, spec.reach.value, spec.origin.type.value) == ("Proposed", "Namespace", "Agent")
    assert spec.origin.derived_from == ["Investigation/inv-1", "Investigation/inv-2", "Investigation/inv-3"]
    assert spec.scope.match_labels == {"namespace": "shop"}
    assert "spec.replicas of Deployment/web is 3: changes of it were behind 3 problems" in spec.statement


@pytest.mark.parametrize(
    "cases",
    [
        pytest.param(changed("Correct", "Correct"), id="too few"),
        pytest.param(changed("Correct", "Correct", ""), id="nobody's word"),
        pytest.param(changed("Correct", "Correct", "Correct", "Wrong"), id="called wrong"),
        pytest.param([*THREE[:2], *changed("Correct", old="4")], id="another value before"),
        pytest.param([*THREE[:2], *changed("Correct", old=None)], id="not set before"),
        pytest.param([*THREE[:2], *changed("Correct", old_known=False)], id="not known before"),
        pytest.param([*THREE[:2], *changed("Correct", entity="Deployment/shop/api")], id="another object"),
        pytest.param([*THREE[:2], *changed("Correct", namespace="pay")], id="another namespace's word"),
        pytest.param([*THREE[:2], *changed("Correct", cut={"explained_by": "inv-0"})], id="an incident's"),
        pytest.param(changed(*["Correct"] * 3, field="env[MODE]"), id="of a pod's template"),
        pytest.param(changed(*["Correct"] * 3, field="spec.ports[8080].targetPort"), id="of a list"),
        pytest.param(changed(*["Correct"] * 3, entity="Deployment/pay/web"), id="elsewhere"),
        pytest.param(changed(*["Correct"] * 3, entity="Node//n1"), id="of the cluster"),
        pytest.param(changed(*["Correct"] * 3, old="x" * 79 + "…"), id="cut"),
    ],
)
def test_what_is_not_proposed(cases: list[PastCase]) -> None:
    assert normal_values(cases, []) == []


def expecting(value: str = "3", state: str = "Confirmed", **more: Any) -> Recalled:
    return memory(claim={"expectation": NORMAL | {"value": value}}, state=state, **more)


@pytest.mark.parametrize(
    "known",
    [expecting(), expecting("5"), expecting(state="Proposed"), expecting(state="Rejected")],
    ids=["said", "another value said", "proposed", "rejected"],
)
def test_what_somebody_has_decided_on_is_not_proposed(known: Recalled) -> None:
    assert normal_values(THREE, [known]) == []


@pytest.mark.parametrize(
    "known", [expecting("5", "Rejected"), expecting(state="Retired"), expecting(namespace="pay"), memory()]
)
def test_what_decides_on_something_else_does_not_hinder(known: Recalled) -> None:
    assert len(normal_values(THREE, [known])) == 1


@pytest.mark.parametrize("state", ["Proposed", "Confirmed", "Rejected", "Retired"])
def test_it_is_proposed_once(state: str) -> None:
    (first,) = normal_values(THREE, [])
    assert normal_values(THREE, [memory(first.name, state=state)]) == []


def test_nothing_comes_of_quarantined_words() -> None:
    assert normal_values(untainted(THREE, [quarantine(person="alice")]), []) == []


def test_confirmed_it_makes_a_deviation_of_the_next_change() -> None:
    """On a recorded incident: what was proposed of its like is a symptom of it."""
    kept = trace("scaled-to-zero")
    (blame,) = (one for one in blamed(kept.run, replay(kept)) if one.field == "spec.replicas")
    fields = {"namespace": kept.run.namespace, "blamed": [blame]}
    cases = [past(number, hours=number, said="Correct", **fields) for number in (1, 2, 3)]
    (made,) = normal_values(cases, [])
    confirmed = memory(made.name, namespace=made.namespace, claim=made.spec.claim.wire() if made.spec.claim else None)
    told = replay(knowing(kept, confirmed)).knowledge
    assert [one.effect for one in told] == [f"made a deviation of {blame_label(blame)} spec.replicas = {blame.new}"]


def blame_label(blame: Blamed) -> str:
    kind, _, name = blame.entity.split("/")
    return f"{kind}/{name}"
