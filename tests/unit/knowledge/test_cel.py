"""Expectations in CEL: what may be said, what it comes to, and that nothing it says costs more than its share."""

import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebook.knowledge import cel
from casebook.knowledge.cel import BadExpression, Expectation, Undecided, compiled

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PODS = [
    {"metadata": {"name": f"p{number}"}, "status": {"phase": "Running", "restarts": number, "ready": number < 2}}
    for number in range(3)
]
NAMES = frozenset({"items", "params"})


def told(text: str, items: list[Any] | None = None) -> bool:
    return compiled(text, NAMES).holds({"items": PODS if items is None else items, "params": {"name": "p1"}}, NOW)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('items.all(p, p.status.phase == "Running")', True),
        ("items.exists(p, !p.status.ready && p.status.restarts > 1)", True),
        ("items.filter(p, p.status.ready).size() == 3", False),
        ("items.exists_one(p, p.metadata.name == params.name)", True),
        ("items.map(p, p.status.restarts)[2] == 2 && size(items) == 3", True),
        ('items.exists(p, has(p.spec) && p.spec.x == "y")', False),
        ('"p1" in items.map(p, p.metadata.name)', True),
        ('items[0].metadata.name.matches(r"^p\\d$") && items[0].metadata.name.startsWith("p")', True),
        ('now - timestamp("2026-11-22T11:00:00Z") > duration("59m")', True),
        ('int("4") * 2 % 3 == 2 && double("1.5") > 1.0 && string(3) == "3"', True),
        ("size(items) > 9 ? items[9].status.ready : true", True),
    ],
)
def test_what_an_expression_comes_to(text: str, holds: bool) -> None:
    assert told(text) is holds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("items.exists(p, p", "it is not CEL: at character 17 something else was expected"),
        ("pods.size() > 1", "pods is not known here; known are items, now, params"),
        ('open("/etc/passwd") == ""', "there is no function open; there are double, duration, has, int"),
        ("items.reduce(a, b, 0, a + b) == 1", "there is no function reduce of a value"),
        ("items.all(p)", r"all takes a name and an expression: items.all\(item, item.ready\)"),
        ("google.protobuf.Int32Value{value: 1} == 1", "messages are not built here"),
        (".items == items", "names do not begin with a dot here"),
        (".size(items) == 1", "names do not begin with a dot here"),
        ("(" * 20 + "true" + ")" * 20, "it is nested too deeply; make steps of its parts"),
        ("+".join(["1"] * 200) + " == 200", "it is nested too deeply"),
    ],
)
def test_what_may_not_be_said(text: str, why: str) -> None:
    with pytest.raises(BadExpression, match=why):
        compiled(text, NAMES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("items[0].spec.x == 1", "no such member in mapping: 'spec'; ask with has\\(\\) first"),
        ("items[7].status.ready", "an index is outside of its list"),
        ("1 / 0 == 1", "something is divided by zero"),
        ('items[0].status.restarts < "a"', "values of different types"),
        ('int("many") == 1', "a value cannot be converted"),
        ('"a".matches("(")', "a value cannot be converted"),
        ("items", "it is neither true nor false"),
        ('"%999999999d" % 5 == ""', "values of different types"),
        ('"a" * 999999999 == ""', "values of different types"),
    ],
)
def test_what_cannot_be_told(text: str, why: str) -> None:
    with pytest.raises(Undecided, match=why):
        told(text)


COSTLY = [
    "items.all(a, items.all(b, items.all(c, items.all(d, true))))",
    "items.all(a, items.all(b, items == items))",
    "items.all(a, items.all(b, items.exists(c, c == a && c != a)))",
    "items.all(a, items.all(b, a in items && b in items))",
    '["aaaaaaaaaaaaaaaa"]' + ".map(s, s + s + s + s + s + s)" * 9 + " == []",
    "items" + ".map(x, [x, x, x, x, x, x, x, x])" * 9 + ".size() == 1",
]


@pytest.mark.parametrize("text", COSTLY)
def test_what_would_take_too_long_ends(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cel, "MAX_COST", 5_000)
    many = PODS * 30
    with pytest.raises(Undecided, match="it takes more than 5000 steps; narrow the query"):
        told(text, many)


@pytest.mark.parametrize("text", ["items == items", "items != items", "items[0] in items"])
def test_comparing_whole_objects_costs_as_much_as_there_is_to_compare(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(text, PODS * 30) is ("!=" not in text)
    monkeypatch.setattr(cel, "MAX_COST", 300)
    assert told(text) is ("!=" not in text)
    with pytest.raises(Undecided, match="it takes more than 300 steps"):
        told(text, PODS * 30)


def test_it_ends_at_the_same_step_wherever_it_runs() -> None:
    expectation = compiled("items.all(a, items.all(b, b.status.restarts >= 0))", NAMES)

    def ends(limit: int) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cel, "MAX_COST", limit)
            try:
                return expectation.holds({"items": PODS, "params": {}}, NOW)
            except Undecided:
                return False

    least = next(limit for limit in range(50, 2_000) if ends(limit))
    assert [ends(least), ends(least - 1), ends(least)] == [True, False, True]


def test_more_data_than_an_expectation_may_look_at_is_not_looked_at() -> None:
    with pytest.raises(Undecided, match="more was there than an expectation may look at"):
        told("true", [{"n": [0] * 1_000}] * 250)
    with pytest.raises(Undecided, match="more was there"):
        told("true", ["x" * (cel.MAX_DATA * cel.CHARS)])


def test_the_limit_of_recursion_of_the_process_stays_as_it_was() -> None:
    before = sys.getrecursionlimit()
    assert told("true && " * 60 + "true")
    assert sys.getrecursionlimit() == before


ATOMS = [
    "items",
    "params",
    "now",
    "1",
    '"a"',
    "null",
    "[]",
    "{}",
    "true",
    "items[0]",
    "x",
    "items[0].status",
    "1.5",
    "-1",
]
SHAPES = [
    "({0} + {1})", "({0} == {1})", "({0} && {1})", "({0} % {1})", "{0}.all(x, {1})", "{0}.map(x, {1})", "{0}[{1}]",
    "{0}.contains({1})", "size({0})", "has({0}.a)", "int({0})", "timestamp({0})", "duration({0})", "({0} in {1})",
    "{0}.matches({1})", "({0} ? {1} : 1)", "!{0}", "string({0})", "({0} < {1})", "double({0})", "{0}.filter(x, {1})",
]  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    if not depth or draw(st.booleans()):
        return draw(st.sampled_from(ATOMS))
    return draw(st.sampled_from(SHAPES)).format(draw(expressions(depth - 1)), draw(expressions(depth - 1)))


@given(expressions())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_said_is_told_or_refused_in_words(text: str) -> None:
    try:
        said = str(told(text))
    except (BadExpression, Undecided) as error:
        said = str(error)
    assert 0 < len(said) < 300


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_whatever_is_no_expression_is_refused(text: str) -> None:
    try:
        said = type(compiled(text, NAMES)).__name__
    except BadExpression as error:
        said = str(error)
    assert said == Expectation.__name__ or len(said) > 10


def test_values_of_any_json_are_taken() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    for value in (2**70, -(2**70), 1.5, None, deep, {"a": {"b": None}}, "\ud800", "\x00"):
        try:
            said = str(told("items[0] == items[0]", [value]))
        except Undecided as error:
            said = str(error)
        assert said in ("True", "a value cannot be converted, or is too large", "it cannot be computed")
