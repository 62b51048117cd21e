"""What the status of a memory tells: whether it is fresh, and what contradicts it."""

from datetime import timedelta
from typing import Any

import pytest

from casebook.api.enums import ConditionStatus
from casebook.api.run import Recalled
from casebook.knowledge.standing import Told, next_change, standings
from support.memories import WRITTEN, cause, concept, labelled, memory

LATER = WRITTEN + timedelta(days=1)


def told(*memories: Recalled, of: str = "shop/m") -> tuple[Told, Told]:
    return standings(memories, LATER)[of]


@pytest.mark.parametrize(
    ("spec", "status", "reason"),
    [
        ({}, "True", "Verified"),
        ({"verifyBy": "2026-12-01T00:00:00Z"}, "True", "Verified"),
        ({"verifyBy": "2026-11-01T00:00:00Z"}, "False", "VerifyByPassed"),
        ({"state": "Proposed"}, "Unknown", "NotConfirmed"),
        ({"stale": "the status said so before"}, "True", "Verified"),
    ],
)
def test_fresh(spec: dict[str, Any], status: str, reason: str) -> None:
    fresh, _ = told(memory(**spec))
    assert (fresh.status, fresh.reason) == (ConditionStatus(status), reason)


def test_both_sides_of_a_contradiction_know_of_it_and_of_its_decision() -> None:
    narrow = memory("narrow", claim=cause("A", effect="RulesOut"), scope=labelled(namespace="shop"))
    wide = memory("wide", claim=cause("A"))
    _, one = told(narrow, wide, of="shop/narrow")
    _, other = told(narrow, wide, of="shop/wide")
    assert one.message == "Memory wide says otherwise; where both apply this one wins: its scope is narrower."
    assert other.message == "Memory narrow says otherwise; where both apply that one wins: its scope is narrower."
    assert one.status is other.status is ConditionStatus.TRUE


def test_what_is_superseded_says_by_what() -> None:
    old = memory("old", claim=cause("A", "Deployment/web"), scope=labelled(alertname="X"))
    new = memory("new", claim=cause("B"), supersedes=["old"])
    assert told(old, new, of="shop/old")[1].message == (
        "Memory new says otherwise; where both apply that one wins: it supersedes the other one."
    )
    assert "this one wins" in told(old, new, of="shop/new")[1].message


def expecting(name: str, value: str, **more: Any) -> Recalled:
    normal = {"object": "Deployment/web", "field": "spec.replicas", "value": value}
    return memory(name, claim={"expectation": normal}, **more)


def test_two_that_expect_other_values_of_one_field_contradict_each_other() -> None:
    newer = expecting("newer", "5", written_at=LATER)
    assert told(newer, expecting("older", "3"), of="shop/older")[1].message == (
        "Memory newer says otherwise; where both apply that one wins: it is newer."
    )
    assert told(newer, expecting("older", "5"), of="shop/older")[1].reason == "Alone"


def test_what_the_platform_published_is_contradicted_and_never_told_of_it() -> None:
    published = memory("p", claim=cause("A"), platform=True, namespace="system", reach="Platform")
    own = memory("own", claim=cause("A", effect="RulesOut"))
    found = standings([own], LATER, published=[published])
    assert set(found) == {"shop/own"}
    assert found["shop/own"][1].message == (
        "Memory p says otherwise; where both apply this one wins: the tenant's own word goes before the platform's."
    )


@pytest.mark.parametrize(
    "other",
    [
        memory("other", claim=cause("A", effect="RulesOut"), state="Proposed"),
        memory("other", claim=cause("A", effect="RulesOut"), namespace="pay"),
        memory("other", claim=cause("A", "Deployment/api", "RulesOut")),
        memory("other", claim=cause("A", effect="RulesOut"), scope=labelled(alertname="Y")),
        memory("other", claim=cause("B", effect="RulesOut")),
        memory("other", claim=cause("A", effect="RulesOut"), verifyBy="2026-11-01T00:00:00Z"),
    ],
)
def test_what_cannot_meet_does_not_contradict(other: Recalled) -> None:
    mine = memory(claim=cause("A", "Deployment/web"), scope=labelled(alertname="X"))
    assert told(mine, other)[1].reason == "Alone"


def test_a_circle_of_concepts_is_told() -> None:
    def deriving(name: str, source: str, target: str) -> Recalled:
        when = {"matchExpressions": [{"key": f"label:{source}", "operator": "Exists"}]}
        return memory(name, claim=concept({target: "x"}, when=when))

    _, conflicting = told(deriving("ab", "a", "b"), deriving("ba", "b", "a"), of="shop/ab")
    assert conflicting.reason == "Circular"
    assert conflicting.message == "It is not acted on: its label is derived from itself."


def test_the_next_moment_at_which_something_changes() -> None:
    memories = [memory(verifyBy="2026-12-01T00:00:00Z"), memory(validUntil="2026-11-20T00:00:00Z"), memory()]
    assert next_change(memories, LATER) == memories[1].spec.valid_until
    assert next_change([memory()], LATER) is None


def test_thousands_take_no_time() -> None:
    memories = [
        memory(f"m{n}", claim=cause(f"C{n % 500}", f"Deployment/d{n}"), scope=labelled(namespace=f"n{n}"))
        for n in range(3000)
    ]
    assert len(standings(memories, LATER)) == 3000
