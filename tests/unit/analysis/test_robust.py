"""Robust statistics: what must hold of any series, and the cases that a chart's reader would tell at a glance."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from casebook.analysis.robust import base_of, climbs, known, level, share, shift, teeth

numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))
gappy = st.lists(st.one_of(st.none(), numbers), max_size=60)
BASE = [10.0, 10.2, 9.9, 10.1] * 5


def test_a_step_is_found_where_it_is() -> None:
    found = shift(BASE + [20.0] * 5, len(BASE))
    assert found is not None
    assert (found.step, found.after) == (20, 20.0)
    assert found.ratio == pytest.approx(2, abs=0.02)
    assert found.score > 10


@pytest.mark.parametrize(
    "values",
    [
        BASE + BASE,
        [*BASE, 20.0, *BASE],
        BASE + [20.0] * 5 + BASE,
        BASE + [20.0] * 2,
        BASE + [20.0, 1.0] * 3,
        [10.0] * 20 + [10.4] * 10,
        [None] * 40,
        [1.0, 2.0, 3.0],
        [],
    ],
    ids=["even", "one peak", "over again", "too short", "both sides", "a ripple", "no value", "too few", "nothing"],
)
def test_what_is_no_lasting_change_is_none(values) -> None:
    assert shift(values, 20) is None


def test_gaps_neither_make_nor_hide_a_change() -> None:
    found = shift([*BASE, None, 20.0, None, 20.0, 20.0, None], 20)
    assert found is not None
    assert found.step == 21


def test_a_young_series_is_compared_with_its_own_first_half() -> None:
    young = [None] * 40 + [0.0] * 12 + [4.0, 8.0, 12.0, 16.0] * 3
    assert base_of(young, 20) == 52
    found = shift(young, 20)
    assert found is not None
    assert found.before == 0.0
    assert base_of([None] * 40 + [1.0] * 12, 20) is None


@given(st.lists(numbers, min_size=12, max_size=40), numbers)
def test_a_change_does_not_depend_on_where_zero_is_but_for_the_least_spread(values, offset) -> None:
    """The median and the deviation move with the values."""
    middle, spread = level(values)
    moved, same = level([value + offset for value in values])
    assert moved == pytest.approx(middle + offset, abs=1e-3)
    assert same == pytest.approx(spread, abs=1e-2)


@given(st.lists(numbers, min_size=12, max_size=40), st.floats(0.1, 1000))
def test_a_change_does_not_depend_on_the_unit(values, factor) -> None:
    found, scaled = shift(values, 10), shift([value * factor for value in values], 10)
    assume(not _borderline(values))
    assert (found is None) == (scaled is None)
    assert found is None or scaled is None or found.step == scaled.step


def _borderline(values) -> bool:
    """Whether a value lies so near to the limit that rounding decides."""
    middle, spread = level(values[:10])
    limit = 3.5 * max(spread, 0.05 * abs(middle))
    return any(abs(abs(value - middle) - limit) <= 1e-6 * max(1.0, abs(value), limit) for value in values)


@given(gappy, st.integers(-5, 80))
def test_no_series_whatever_breaks_it(values, begin) -> None:
    found = shift(values, begin)
    assert found is None or (values[found.step] is not None and 0 <= found.step < len(values))
    teeth(values)
    climbs(values)


@given(gappy, st.floats(0.001, 1e6))
def test_the_highest_share_of_a_limit_is_never_below_the_last(values, limit) -> None:
    found = share(values, limit)
    assert (found is None) == (not known(values))
    assert found is None or found[1] >= found[0]


def test_without_a_limit_there_is_no_share() -> None:
    assert share([1.0], 0.0) is None
    assert share([50.0, 90.0, 80.0], 100.0) == (0.8, 0.9)


def test_a_saw_tooth_is_cut_where_it_falls() -> None:
    tooth = [10.0, 20.0, 30.0, 40.0, 50.0]
    assert teeth([*tooth, *tooth, None, *tooth]) == [(0, 5), (5, 11), (11, 16)]
    assert teeth([]) == []
    assert climbs(tooth)


@pytest.mark.parametrize(
    "values", [[10.0] * 6, [10.0, 10.0, 10.0, 10.0, 50.0], [50.0, 40.0, 30.0, 20.0, 10.0], [10.0, 20.0], [0.0] * 8]
)
def test_an_even_line_a_jump_and_a_fall_do_not_climb(values) -> None:
    assert not climbs(values)
