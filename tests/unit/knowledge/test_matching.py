"""Scopes against contexts: the algebra that must hold for all of them, and what each operator means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.api.scope import Operator, Requirement, Scope, Terms
from casebook.knowledge.context import Context
from casebook.knowledge.matching import Answer, answer, compiled, match, match_terms, scope_words

KEYS = st.sampled_from(["namespace", "workload.name", "label:app", "label:class"])
VALUES = st.sampled_from(["", "a", "ab", "b", "int-x"])
BARE = (Operator.EXISTS, Operator.DOES_NOT_EXIST)


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    operator = draw(st.sampled_from(list(Operator)))
    values = [] if operator in BARE else draw(st.lists(VALUES, min_size=1, max_size=2))
    return Requirement(key=draw(KEYS), operator=operator, values=values)


TERMS = st.builds(
    Terms,
    match_labels=st.dictionaries(KEYS, VALUES, max_size=2),
    match_expressions=st.lists(requirements(), max_size=2),
)
SCOPES = st.builds(
    lambda terms, any_of, except_: Scope(
        match_labels=terms.match_labels, match_expressions=terms.match_expressions, any_of=any_of, except_=except_
    ),
    TERMS,
    st.lists(TERMS, max_size=2),
    st.lists(TERMS, max_size=2),
)
CONTEXTS = st.builds(
    Context, st.dictionaries(KEYS, st.frozensets(VALUES.filter(bool), max_size=2)), closed=st.booleans()
)


def exactly(**values: str) -> Context:
    return Context({key.replace("__", "."): frozenset([value]) for key, value in values.items()})


@given(SCOPES, CONTEXTS)
def test_a_compiled_scope_gives_the_same_answer(scope: Scope, context: Context) -> None:
    assert answer(compiled(scope), context) is match(scope, context).answer


@given(SCOPES, CONTEXTS)
def test_a_compiled_scope_tells_at_a_glance_what_the_whole_answer_says(scope: Scope, context: Context) -> None:
    told = match(scope, context).answer
    assert compiled(scope).conflicts(context) is (told is Answer.CONFLICT)
    assert compiled(scope).matches(context) is (told is Answer.MATCH)


@given(SCOPES, CONTEXTS, KEYS, st.frozensets(VALUES.filter(bool), max_size=2))
def test_learning_an_unknown_key_never_turns_an_answer_round(
    scope: Scope, context: Context, key: str, values: frozenset[str]
) -> None:
    before = match(scope, context).answer
    if context.at(key) is None and before is not Answer.UNKNOWN:
        assert match(scope, Context({**context.values, key: values}, context.closed)).answer is before


@given(TERMS, CONTEXTS)
def test_an_exception_is_the_opposite_of_its_terms(terms: Terms, context: Context) -> None:
    inside = match_terms(terms, context).answer
    assert match(Scope(except_=[terms]), context).answer.value == 2 - inside.value


@given(SCOPES, CONTEXTS)
def test_every_answer_says_what_it_rests_on(scope: Scope, context: Context) -> None:
    found = match(scope, context)
    assert found.said
    assert found.because or found.answer is Answer.MATCH


@given(SCOPES, TERMS, CONTEXTS)
def test_an_exception_never_widens(scope: Scope, more: Terms, context: Context) -> None:
    narrower = Scope(
        match_labels=scope.match_labels,
        match_expressions=scope.match_expressions,
        any_of=scope.any_of,
        except_=[*scope.except_, more],
    )
    assert match(narrower, context).answer.value <= match(scope, context).answer.value


@given(SCOPES, CONTEXTS)
def test_the_order_in_which_terms_are_written_changes_nothing(scope: Scope, context: Context) -> None:
    turned = Scope(
        match_labels=dict(reversed(scope.match_labels.items())),
        match_expressions=scope.match_expressions[::-1],
        any_of=scope.any_of[::-1],
        except_=scope.except_[::-1],
    )
    assert match(turned, context).answer is match(scope, context).answer


def test_an_empty_scope_applies_everywhere() -> None:
    assert match(Scope(), Context()).answer is Answer.MATCH


@pytest.mark.parametrize(
    ("operator", "values", "value", "holds"),
    [
        ("In", ["web", "api"], "api", True),
        ("In", ["web"], "webs", False),
        ("NotIn", ["web"], "api", True),
        ("NotIn", ["web"], "web", False),
        ("Prefix", ["int-"], "int-42", True),
        ("Prefix", ["int-"], "ext-int-", False),
        ("Suffix", ["-canary"], "api-canary", True),
        ("Glob", ["a*c?e"], "abbbcde", True),
        ("Glob", ["a*c?e"], "abbbce", False),
        ("Glob", ["*[a]*"], "x[a]y", True),
        ("Glob", ["*[a]*"], "xay", False),
        ("Exists", [], "anything", True),
        ("DoesNotExist", [], "anything", False),
    ],
)
def test_operators(operator: str, values: list[str], value: str, holds: bool) -> None:
    one = Requirement(key="workload.name", operator=Operator(operator), values=values)
    found = match_terms(Terms(match_expressions=[one]), exactly(workload__name=value)).answer
    assert found is (Answer.MATCH if holds else Answer.CONFLICT)


def test_a_key_that_is_not_known_cannot_be_told_unless_all_labels_were_seen() -> None:
    scope = Scope(match_expressions=[Requirement(key="label:team", operator=Operator.DOES_NOT_EXIST)])
    assert match(scope, Context()).answer is Answer.UNKNOWN
    assert match(scope, Context(closed=True)).answer is Answer.MATCH


def test_a_long_glob_takes_no_time() -> None:
    one = Requirement(key="image", operator=Operator.GLOB, values=["*a" * 60 + "b"])
    assert match_terms(Terms(match_expressions=[one]), exactly(image="a" * 250)).answer is Answer.CONFLICT


def test_a_scope_in_words() -> None:
    scope = Scope(
        match_labels={"namespace": "shop"},
        any_of=[Terms(match_labels={"node": "a"}), Terms(match_labels={"node": "b"})],
        except_=[Terms(match_expressions=[Requirement(key="image", operator=Operator.PREFIX, values=["x", "y"])])],
    )
    said = "namespace is shop and (node is a or node is b) and not (image begins with x or y)"
    assert scope_words(scope) == said
    assert scope_words(Scope()) == "everywhere"


def test_what_is_not_known_is_named() -> None:
    scope = Scope(match_labels={"namespace": "shop", "node": "n1"})
    found = match(scope, exactly(namespace="shop"))
    assert (found.answer, found.said) == (Answer.UNKNOWN, "node is n1")
