"""What has force at a moment, and what wins over what."""

from datetime import timedelta

import pytest

from casebook.api.run import MAX_RECALLED
from casebook.knowledge.conflicts import lost, outranked
from casebook.knowledge.known import Known
from casebook.knowledge.precedence import rank
from casebook.knowledge.recall import recalled
from support.builders import run
from support.memories import WRITTEN, cause, labelled, memory

LATER = WRITTEN + timedelta(days=1)
HERE = labelled(namespace="shop", alertname="Down")


@pytest.mark.parametrize("state", ["Proposed", "Rejected", "Retired"])
def test_only_what_is_confirmed_is_known(state: str) -> None:
    known = Known.of([memory(state=state, claim=cause("A"))], LATER)
    assert (known.memories, known.idle) == ((), ())


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"verify_by": WRITTEN}, "stale: it was to be verified by 2026-11-01T00:00:00Z"),
        ({"valid_until": WRITTEN}, "it was valid until 2026-11-01T00:00:00Z"),
        ({"valid_from": LATER + timedelta(days=1)}, "it is valid from 2026-11-03T00:00:00Z"),
        ({"stale": "Deployment/web is gone"}, "stale: Deployment/web is gone"),
    ],
)
def test_what_is_stale_or_not_valid_has_no_force(spec: dict[str, object], why: str) -> None:
    known = Known.of([memory(**spec)], LATER)
    assert known.memories == ()
    assert known.powerless == {"shop/m": why}


def test_what_is_replaced_has_no_force_while_its_successor_has() -> None:
    old, new = memory("old"), memory("new", supersedes=["old"])
    assert Known.of([old, new], LATER).powerless == {"shop/old": "new replaces it"}
    assert Known.of([old, memory("new", supersedes=["old"], state="Proposed")], LATER).memories == (old,)
    elsewhere = memory("new", supersedes=["old"], namespace="pay")
    assert old in Known.of([old, elsewhere], LATER).memories


def test_of_two_causes_the_one_that_supersedes_wins_where_both_apply_and_nowhere_else() -> None:
    narrow = memory("narrow", claim=cause("A"), scope=HERE)
    broad = memory("broad", claim=cause("B"), scope=labelled(namespace="shop"), supersedes=["narrow"])
    known = Known.of([narrow, broad], LATER)
    assert known.memories == (narrow, broad), "out of the scope of its successor it has its force"
    assert outranked(known.memories) == {"shop/narrow": broad}
    said = "not used: memory broad says otherwise and wins, because it supersedes the other one"
    assert lost(broad, narrow) == said
    assert outranked([narrow]) == {}


def test_a_cause_on_another_object_is_superseded_though_it_contradicts_nothing() -> None:
    old = memory("old", claim=cause("A", "Deployment/web"))
    new = memory("new", claim=cause("B", "Deployment/api"), namespace="pay", supersedes=["shop/old"])
    assert outranked([old, new]) == {"shop/old": new}
    assert outranked([old, new.replace(spec=new.spec.replace(supersedes=["old"]))]) == {}


def test_nothing_of_a_tenant_is_superseded_by_the_platform() -> None:
    own = memory("own", claim=cause("A"))
    theirs = memory("p", claim=cause("B"), namespace="sys", platform=True, supersedes=["shop/own"])
    assert outranked(sorted([own, theirs], key=rank)) == {"sys/p": own}


def test_two_that_replace_each_other_both_stay() -> None:
    one, other = memory("one", supersedes=["other"]), memory("other", supersedes=["one"])
    assert len(Known.of([one, other], LATER).memories) == 2


def test_the_later_version_of_one_memory_counts() -> None:
    found = Known.of([memory(version=2, state="Retired"), memory(version=1)], LATER)
    assert found.memories == ()


def test_order_of_precedence() -> None:
    platform = memory("platform", platform=True, scope=labelled(namespace="shop", alertname="A", severity="Warning"))
    narrow = memory("narrow", scope=labelled(namespace="shop", alertname="A"))
    newer = memory("newer", scope=labelled(namespace="shop"), written_at=LATER)
    older = memory("older", scope=labelled(namespace="shop"))
    prefix = memory(
        "prefix", scope={"matchExpressions": [{"key": "namespace", "operator": "Prefix", "values": ["sh"]}]}
    )
    assert sorted([platform, older, prefix, newer, narrow], key=rank) == [narrow, newer, older, prefix, platform]


def test_contradictions_are_decided_and_explained() -> None:
    narrow = memory("narrow", claim=cause("A", effect="RulesOut"), scope=labelled(namespace="shop"))
    wide = memory("wide", claim=cause("A"))
    assert outranked(sorted([wide, narrow], key=rank)) == {"shop/wide": narrow}
    assert lost(narrow, wide) == "not used: memory narrow says otherwise and wins, because its scope is narrower"
    assert lost(narrow, memory("same", claim=cause("A", effect="RulesOut"))) == "says what memory narrow says as well"


def test_of_several_people_the_newest_wins_within_the_narrower_scope() -> None:
    """Alice first, Bob later, Carol last but for more: Bob's word stands, and each of the others is told why."""
    said = {"alice": (HERE, 1), "bob": (HERE, 2), "carol": (labelled(namespace="shop"), 3)}
    memories = [
        memory(who, claim=cause(f"C{days}", "Deployment/web"), scope=scope, written_at=WRITTEN + timedelta(days=days))
        for who, (scope, days) in said.items()
    ]
    losers = outranked(sorted(memories, key=rank))
    assert {name: winner.name for name, winner in losers.items()} == {"shop/alice": "bob", "shop/carol": "bob"}
    alice, bob, carol = memories
    assert lost(bob, alice).endswith("because it is newer")
    assert lost(bob, carol).endswith("because its scope is narrower")


def test_what_would_win_over_a_recalled_memory_is_recalled_with_it() -> None:
    """Exceptions travel with what they qualify: where not all fit, it is the rule that is left out."""
    rules = [memory(f"rule{n}", claim=cause("A", f"Deployment/d{n}")) for n in range(MAX_RECALLED)]
    exception = memory("exception", claim=cause("A", "Deployment/d1", "RulesOut"), scope=labelled(namespace="shop"))
    found, left = recalled([*rules, exception], run())
    assert (found[0].name, left) == ("exception", 1)


def test_what_has_lost_takes_nothing_down_and_different_objects_do_not_contradict() -> None:
    memories = [
        memory("a", claim=cause("A", "Deployment/web"), scope=labelled(namespace="shop", alertname="X")),
        memory("b", claim=cause("B", "Deployment/web"), scope=labelled(namespace="shop")),
        memory("c", claim=cause("B", "Deployment/api")),
        memory("d", claim=cause("B", "Deployment/web", "RulesOut")),
    ]
    assert set(outranked(sorted(memories, key=rank))) == {"shop/b"}
