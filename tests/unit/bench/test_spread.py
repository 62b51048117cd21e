import pytest
from bench.spread import Spread


def test_median_of_an_even_number_is_the_mean_of_the_middle_two() -> None:
    spread = Spread.of([4, 1, 3, 100])
    assert (spread.median, spread.least, spread.most) == (3.5, 1.0, 100.0)


def test_keeps_the_order_measured() -> None:
    assert Spread.of([3, 1, 2]).wire() == {"median": 2.0, "p95": 3.0, "min": 1.0, "max": 3.0, "values": [3.0, 1.0, 2.0]}


def test_of_a_hundred_values_five_may_exceed_the_95th_percentile() -> None:
    assert Spread.of(range(100, 0, -1)).p95 == 95
    assert Spread.of([7.0]).p95 == 7.0
    assert Spread.of([1.0] * 19 + [9.0]).p95 == 1.0
    assert Spread.of([1.0] * 18 + [9.0]).p95 == 9.0


def test_nothing_measured_is_no_spread() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Spread.of([])
