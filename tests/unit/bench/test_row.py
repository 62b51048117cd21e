import pytest
from bench.row import Bound, Floor, Result, Row, broken
from bench.spread import Spread


def row(values: list[float], bound: Bound | None, floor: list[float] | None = None) -> Row:
    beside = Floor(Spread.of(floor), "a floor") if floor else None
    return Row("group", "what", "s", Spread.of(values), bound, beside)


@pytest.mark.parametrize(
    ("values", "bound", "result"),
    [
        ([1.0, 1.9, 9.0], Bound("<", 2.0), Result.OK),
        ([2.0], Bound("<", 2.0), Result.OVER),
        ([2.0], Bound("<=", 2.0), Result.OK),
        ([1.0, 1.0, 9.0], Bound("<", 2.0, judged="max"), Result.OVER),
        ([1.0] * 19 + [9.0], Bound("<", 2.0, judged="p95"), Result.OK),
        ([1.0] * 18 + [9.0], Bound("<", 2.0, judged="p95"), Result.OVER),
        ([1.0], Bound(">=", 2.0), Result.OVER),
        ([2.0], Bound(">=", 2.0), Result.OK),
        ([1e9], None, Result.FREE),
    ],
)
def test_a_bound_judges_the_median_unless_it_says_another_value(
    values: list[float], bound: Bound, result: Result
) -> None:
    assert row(values, bound).result is result


def test_a_bound_over_the_floor_counts_from_its_median() -> None:
    bound = Bound("<=", 2.0, over_floor=True)
    assert row([3.0], bound, [0.9, 1.0, 8.0]).result is Result.OK
    assert row([3.1], bound, [0.9, 1.0, 8.0]).result is Result.OVER


def test_a_bound_over_a_floor_that_is_missing_does_not_hold() -> None:
    without = row([0.1], Bound("<=", 2.0, over_floor=True))
    assert without.result is Result.MISSING
    assert without.wire()["bound"] == {"relation": "<=", "judged": "median", "limit": None}


def test_broken_are_those_over_and_those_not_measured() -> None:
    kept, over = row([1.0], Bound("<", 2.0)), row([3.0], Bound("<", 2.0))
    missing, free = Row("group", "what", note="no cluster"), row([3.0], None)
    assert broken([kept, over, missing, free]) == [over, missing]


def test_wire_holds_what_is_needed_to_judge_again() -> None:
    wire = row([3.0], Bound("<=", 2.0, over_floor=True), [1.0]).wire()
    assert wire["result"] == "ok"
    assert wire["bound"] == {"relation": "<=", "judged": "median", "limit": 3.0}
    assert wire["floor"] == {"what": "a floor", "median": 1.0, "p95": 1.0, "min": 1.0, "max": 1.0, "values": [1.0]}
