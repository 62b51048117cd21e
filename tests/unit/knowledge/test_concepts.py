"""Derived labels: what they reach, in whatever order they are taught, and circles that are refused."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from casebook.api.run import Recalled
from casebook.knowledge.concepts import MAX_ROUNDS, Concepts
from casebook.knowledge.context import Context
from casebook.knowledge.known import Known
from casebook.knowledge.matching import Answer, match
from support.memories import WRITTEN, concept, labelled, memory

CUSTOMER = Context({"label:customer": frozenset(["int-new-42"])})
INTERNAL = {"matchExpressions": [{"key": "label:customer", "operator": "Prefix", "values": ["int-"]}]}


def deriving(name: str, source: str, target: str, **more: Any) -> Recalled:
    """From label `source` (any value) to label `target`."""
    when = {"matchExpressions": [{"key": f"label:{source}", "operator": "Exists"}]}
    return memory(name, claim=concept({target: "yes"}, when=when), **more)


def test_what_is_taught_of_a_class_applies_to_a_new_member() -> None:
    known = Known.of(
        [
            memory("internal", claim=concept({"class": "internal"}, when=INTERNAL)),
            memory("calm", scope={"matchLabels": {"label:class": "internal"}}),
        ],
        WRITTEN,
    )
    scope = known.notes[0].spec.scope
    assert match(scope, known.derive(CUSTOMER).context).answer is Answer.MATCH
    other = Context({"label:customer": frozenset(["acme"])}, closed=True)
    assert match(scope, known.derive(other).context).answer is Answer.CONFLICT


def test_circles_are_refused_and_the_rest_applies() -> None:
    found = Concepts.of([deriving("ab", "a", "b"), deriving("ba", "b", "a"), deriving("cd", "c", "d")])
    assert set(found.refused) == {"shop/ab", "shop/ba"}
    assert found.derive(Context({"label:c": frozenset(["x"])})).context.at("label:d") == {"yes"}


def test_a_concept_that_needs_itself_is_refused() -> None:
    assert set(Concepts.of([deriving("aa", "a", "a")]).refused) == {"shop/aa"}


def test_rounds_end() -> None:
    chain = [deriving(f"c{i}", f"l{i}", f"l{i + 1}") for i in range(MAX_ROUNDS + 1)]
    found = Concepts.of(chain)
    derived = found.derive(Context({"label:l0": frozenset(["x"])})).context
    assert derived.at(f"label:l{MAX_ROUNDS}") == {"yes"}
    assert derived.at(f"label:l{MAX_ROUNDS + 1}") is None
    assert set(found.refused) == {f"shop/c{MAX_ROUNDS}"}


def test_what_was_seen_goes_before_what_is_derived() -> None:
    known = Known.of([memory("internal", claim=concept({"class": "internal"}, when=INTERNAL))], WRITTEN)
    seen = CUSTOMER.having("label:class", "partner")
    derived = known.derive(seen)
    assert derived.context.at("label:class") == {"partner"}
    assert "was seen to be partner" in derived.outranked["shop/internal"]


def test_of_two_that_disagree_the_narrower_wins() -> None:
    wide = memory("wide", claim=concept({"class": "b"}))
    narrow = memory("narrow", claim=concept({"class": "a"}), scope=labelled(namespace="shop"))
    derived = Known.of([wide, narrow], WRITTEN).derive(Context({"namespace": frozenset(["shop"])}))
    assert derived.context.at("label:class") == {"a"}
    assert "narrower" in derived.outranked["shop/wide"]


NAMES = ["a", "b", "c", "d", "e"]
TAUGHT = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), unique=True, max_size=8)


@given(TAUGHT, st.randoms(use_true_random=False), st.sets(st.sampled_from(NAMES)))
def test_the_order_of_teaching_changes_nothing(pairs: list[tuple[str, str]], random: Any, seen: set[str]) -> None:
    taught = [deriving(f"{one}-{other}", one, other) for one, other in pairs]
    context = Context({f"label:{name}": frozenset(["yes"]) for name in seen})
    mixed = list(taught)
    random.shuffle(mixed)
    once, again = (Known.of(given, WRITTEN).derive(context) for given in (taught, mixed))
    assert once.context == again.context
    assert once.applied == again.applied


@given(TAUGHT, st.sets(st.sampled_from(NAMES)))
def test_deriving_twice_adds_nothing(pairs: list[tuple[str, str]], seen: set[str]) -> None:
    known = Known.of([deriving(f"{one}-{other}", one, other) for one, other in pairs], WRITTEN)
    once = known.derive(Context({f"label:{name}": frozenset(["yes"]) for name in seen})).context
    assert known.derive(once).context == once
