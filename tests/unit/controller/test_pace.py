"""What may wait is spread out, and nothing is lost by it."""

import pytest

from casebook.controller.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    pace = Pace(10.0, 3, Clock())
    assert [round(pace.delay(), 3) for _ in range(6)] == [0.0, 0.0, 0.0, 0.1, 0.2, 0.3]


def test_who_waited_is_not_put_off_again() -> None:
    clock = Clock()
    pace = Pace(10.0, 1, clock)
    waits = [pace.delay() for _ in range(10)]
    clock.now += 1.0
    assert waits[-1] == pytest.approx(0.9)
    assert pace.delay() == pytest.approx(0.0, abs=1e-9)


def test_a_pause_gives_no_more_than_one_burst() -> None:
    clock = Clock()
    pace = Pace(10.0, 2, clock)
    clock.now += 3600.0
    assert [round(pace.delay(), 3) for _ in range(5)] == [0.0, 0.0, 0.1, 0.2, 0.3]
