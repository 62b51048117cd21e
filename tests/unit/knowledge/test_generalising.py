"""Proposals: what corrections have in common, and what is never proposed."""

from typing import Any

import pytest

from casebook.api.run import Recalled
from casebook.knowledge.generalising import least_general, proposals
from casebook.knowledge.matching import scope_words
from support.memories import cause, labelled, memory

PERSON = {"type": "Person", "author": "alice"}


def correction(name: str, workload: str, code: str = "DnsFailing", effect: str = "Confirms", **more: Any) -> Recalled:
    held: dict[str, Any] = {"origin": PERSON, "claim": cause(code, f"Deployment/{workload}", effect), **more}
    scope = held.pop("scope", {"matchLabels": {"namespace": "shop", "workload.name": workload}})
    return memory(name, scope=scope, **held)


THREE = [correction(f"c{number}", f"int-{name}") for number, name in enumerate(["pay", "mail", "auth"])]


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ([{"a": "x"}, {"a": "x"}, {"a": "x", "b": "y"}], "a is x"),
        ([{"w": "int-a"}, {"w": "int-b"}, {"w": "int-b-c"}], "w begins with int-"),
        ([{"w": "a-worker"}, {"w": "b-worker"}], "w ends with -worker"),
        ([{"namespace": "shop", "w": "api"}, {"namespace": "shop", "w": "apps"}], ""),
        ([{"namespace": "shop", "w": "int-a"}, {"namespace": "pay", "w": "int-b"}], "w begins with int-"),
        ([{"namespace": "shop", "alertname": "X"}, {"namespace": "shop", "alertname": "X"}],
         "alertname is X and namespace is shop"),
        ([{"a": "x"}, {"b": "x"}], ""),
    ],
)  # fmt: skip
def test_the_least_general_scope(scopes: list[dict[str, str]], expected: str) -> None:
    found = least_general(scopes)
    assert (scope_words(found) if found else "") == expected


def test_three_corrections_make_one_proposal_that_is_wider() -> None:
    (found,) = proposals(THREE)
    spec = found.spec
    assert found.namespace == "shop"
    assert (spec.state.value, spec.origin.type.value if spec.origin else "") == ("Proposed", "Agent")
    assert scope_words(spec.scope) == "namespace is shop and workload.name begins with int-"
    assert spec.claim is not None
    assert spec.claim.cause is not None
    assert (spec.claim.cause.cause, spec.claim.cause.object) == ("DnsFailing", "")
    assert "so say 3 confirmed corrections (c0, c1, c2)" in spec.statement


def test_the_order_of_memories_changes_nothing() -> None:
    assert proposals(THREE[::-1]) == proposals(THREE)


@pytest.mark.parametrize(
    "memories",
    [
        THREE[:2],
        [*THREE[:2], correction("c2", "int-pay")],
        [*THREE[:2], correction("c2", "int-auth", "EnvMissing")],
        [*THREE[:2], correction("c2", "int-auth", effect="RulesOut")],
        [*THREE[:2], correction("c2", "int-auth", state="Proposed")],
        [*THREE[:2], correction("c2", "int-auth", origin={"type": "Agent"})],
        [*THREE[:2], correction("c2", "int-auth", stale="it was rejected")],
        [*THREE[:2], correction("c2", "int-auth", namespace="pay")],
        [*THREE[:2], correction("c2", "int-auth", reach="Tenant")],
        [*THREE[:2], correction("c2", "api")],
        [*THREE, correction("no", "int-web", effect="RulesOut")],
        [*THREE, correction("rejected", "int-web", state="Rejected")],
        [
            *THREE,
            correction("later", "", "EnvMissing", scope={"matchLabels": {"namespace": "shop"}}, supersedes=["c2"]),
        ],
    ],
)
def test_what_is_not_proposed(memories: list[Recalled]) -> None:
    assert proposals(memories) == []


@pytest.mark.parametrize("state", ["Proposed", "Confirmed", "Rejected", "Retired"])
def test_what_was_proposed_once_is_never_proposed_again(state: str) -> None:
    (found,) = proposals(THREE)
    kept = memory(found.name, namespace=found.namespace, claim=cause("Other"), scope=labelled(a="b"), state=state)
    assert proposals([*THREE, kept]) == []


def test_at_most_three_at_once() -> None:
    many = [
        correction(f"{code.lower()}{number}", f"int-{number}", code)
        for code in ("A", "B", "C", "D")
        for number in range(3)
    ]
    assert len(proposals(many)) == 3
