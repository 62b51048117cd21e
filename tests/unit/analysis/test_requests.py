"""Requests as logs tell them: durations in the units that lines name, rates and waits, and since when they differ."""

from datetime import UTC, datetime, timedelta

import pytest

from casebook.analysis.lines import parse
from casebook.analysis.logs import Entry, Log
from casebook.analysis.requests import FEWEST, compared, parted, stretch, took

BEGIN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def entry(line: str, at: float = 0) -> Entry:
    return Entry(BEGIN + timedelta(seconds=at), parse(line, timed=True))


def log(*entries: Entry) -> Log:
    return Log("shop", "web-p0", "app", False, "o1", BEGIN, True, tuple(entries))


def served(begin: float, end: float, each: float, ms: int = 10) -> list[Entry]:
    """Requests from one second until another, one each so many seconds."""
    line = f'{{"level":"INFO","msg":"GET / 200","status":200,"ms":{ms}}}'
    return [entry(line, begin + step * each) for step in range(round((end - begin) / each))]


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ('{"msg":"GET / 200","status":200,"ms":250}', 0.25),
        ('{"msg":"done","status":200,"duration_ms":12.5}', 0.0125),
        ('{"msg":"done","status":200,"durationMs":12}', 0.012),
        ("level=info msg=done status=200 duration=1.5s", 1.5),
        ("level=info msg=done status=200 latency=40ms", 0.04),
        ("level=info msg=done status=200 request_duration_seconds=0.2", 0.2),
        ("2026 INFO [web] GET / 200 (path=/ status=200 ms=7)", 0.007),
        ('{"msg":"done","status":200,"duration":12}', None),
        ('{"msg":"done","status":200,"items":12}', None),
    ],
)
def test_how_long_a_request_took(line: str, seconds: float | None) -> None:
    assert took(entry(line)) == (pytest.approx(seconds) if seconds is not None else None)


def test_only_what_tells_a_status_is_a_request() -> None:
    lines = [
        '{"msg":"ready","ms":3}',
        '{"msg":"GET / 200","status":200}',
        '10.0.0.1 "GET / HTTP/1.1" 404 12',
        "a status",
    ]
    assert len(stretch(entry(line) for line in lines).requests) == 2


def test_a_rate_and_a_wait_need_enough_requests() -> None:
    assert stretch(served(0, FEWEST - 1, 1)).rate is None
    assert stretch(served(0, FEWEST - 1, 1)).wait is None
    assert stretch(served(0, FEWEST, 0.5)).rate == pytest.approx(2)
    assert stretch([*served(0, 17, 1), *served(17, 20, 1, ms=900)]).wait == pytest.approx(0.9)
    assert stretch([*served(0, 19, 1), *served(19, 20, 1, ms=900)]).wait == pytest.approx(0.01)


def test_more_requests_since_a_moment_between_what_was_read() -> None:
    found = compared(log(*served(0, 60, 1), *served(60, 70, 0.1)), log(*served(100, 110, 0.1)), [BEGIN])
    assert (found.before.rate, found.now.rate) == (pytest.approx(1.86, abs=0.5), pytest.approx(10))
    cut = compared(
        log(*served(0, 60, 1), *served(60, 70, 0.1)), log(*served(100, 110, 0.1)), [BEGIN + timedelta(seconds=50)]
    )
    assert cut.before.rate == pytest.approx(1)
    assert abs((cut.faster_since() - BEGIN).total_seconds() - 60) <= 10


def test_slower_since_the_first_that_took_long() -> None:
    early = [*served(0, 60, 1), *served(60, 70, 1, ms=400)]
    found = compared(log(*early), log(*served(100, 130, 1, ms=500)), [BEGIN + timedelta(seconds=55)])
    assert (found.before.wait, found.now.wait) == (pytest.approx(0.01), pytest.approx(0.5))
    assert found.slower_since() == BEGIN + timedelta(seconds=60)


def test_a_change_that_too_few_requests_came_before_parts_nothing() -> None:
    found = compared(log(*served(0, 60, 1)), log(*served(100, 130, 1)), [BEGIN + timedelta(seconds=5)])
    assert len(found.before.requests) == 60


def test_a_whole_log_is_parted_at_the_first_change_that_enough_requests_came_before() -> None:
    whole = log(*served(0, 60, 1), *served(60, 120, 1, ms=500))
    found = parted(whole, [BEGIN + timedelta(seconds=at) for at in (5, 60, 100)])
    assert [len(part.requests) for part in (found.before, found.between, found.now)] == [60, 30, 30]
    assert (found.before.wait, found.now.wait) == (pytest.approx(0.01), pytest.approx(0.5))
    assert found.slower_since() == BEGIN + timedelta(seconds=60)


def test_a_log_without_a_change_is_not_compared_with_itself() -> None:
    assert parted(log(*served(0, 60, 1)), []).now.wait is None
