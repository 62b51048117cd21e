"""Times in plain words, read with a clock that is passed in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook.analysis.times import since

NOW = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)  # a Friday


def moment(day: int, hour: int = 0, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("checkout is slow since noon", moment(20, 12)),
        ("why does it fail since midnight?", moment(20)),
        ("api restarts for 20 minutes", NOW - timedelta(minutes=20)),
        ("api restarts since 20 min", NOW - timedelta(minutes=20)),
        ("it broke 2 hours ago", NOW - timedelta(hours=2)),
        ("it broke two hours ago", NOW - timedelta(hours=2)),
        ("what happened in the last hour?", NOW - timedelta(hours=1)),
        ("errors over the past 3 days", NOW - timedelta(days=3)),
        ("down for half an hour", NOW - timedelta(minutes=30)),
        ("down for an hour and a half", NOW - timedelta(hours=1)),
        ("slow for a couple of hours", NOW - timedelta(hours=2)),
        ("slow since yesterday 14:00", moment(19, 14)),
        ("slow since yesterday at 2pm", moment(19, 14)),
        ("slow since 14:00 yesterday", moment(19, 14)),
        ("slow since yesterday", moment(19)),
        ("slow since Wednesday", moment(18)),
        ("slow since last Monday, 9 am", moment(16, 9)),
        ("an error at around 09:30", moment(20, 9, 30)),
        ("an error at 23:15", moment(19, 23, 15)),
        ("an error at 9:30 pm", moment(19, 21, 30)),
        ("errors since 12 am", moment(20)),
        ("errors since 12pm", moment(20, 12)),
        ("since this morning", moment(20, 6)),
        ("since this afternoon", moment(20, 12)),
        ("since last night", moment(19, 20)),
        ("not working today", moment(20)),
        ("since 2026-11-18 it fails", moment(18)),
        ("since 2026-11-18T10:15:00Z it fails", moment(18, 10, 15)),
        ("since 2026-11-18 10:15 it fails", moment(18, 10, 15)),
        ("since 14:00+02:00", moment(20, 12)),
        ("since 14:00 UTC", moment(20, 14)),
        ("between 09:30 and 10:00 it was slow", moment(20, 9, 30)),
        ("warum ist es seit 14:00 so langsam?", moment(20, 14)),
        ("seit 14 Uhr langsam", moment(20, 14)),
    ],
)
def test_times(said: str, at: datetime) -> None:
    found = since(said, NOW)
    assert found is not None
    assert found.at == at
    assert found.said in said.lower()


@pytest.mark.parametrize(
    "said",
    [
        "",
        "why is checkout slow?",
        "checkout fails since a few minutes",
        "why is db:5432 refused?",
        "image web:12:30x cannot be pulled",
        "this evening it fails",  # has not come yet
        "requests hang for 30 seconds",
        "since 25:99",
        "since 2026-13-45",
        "for 99999999999999999999 days",
        "pods of 3 nodes",
        "since 2031-01-01",
        "since 25:99 0001-0",
        "なぜ遅いのですか",
    ],
)
def test_no_time(said: str) -> None:
    assert since(said, NOW) is None


@pytest.mark.parametrize(
    ("said", "onset"),
    [
        ("slow since noon", True),
        ("slow for 20 minutes", True),
        ("it broke 2 hours ago", True),
        ("slow since yesterday 14:00", True),
        ("errors around 09:30", True),
        ("slow since yesterday", False),
        ("slow since this afternoon", False),
        ("slow since this morning", False),
        ("what happened in the last hour?", False),
        ("errors over the past 3 days", False),
        ("the orders of this morning", False),
        ("the job of 02:00", False),
    ],
)
def test_which_times_tell_when_it_began(said: str, onset: bool) -> None:
    found = since(said, NOW)
    assert found is not None
    assert found.is_onset is onset


def test_a_date_at_the_begin_of_the_calendar_is_a_week_ago() -> None:
    found = since("since 0001-01-01 00:00+02:00", NOW)
    assert found is None or found.at == NOW - timedelta(days=7)


def test_never_further_back_than_a_week() -> None:
    found = since("broken for 3 weeks", NOW)
    assert found is not None
    assert found.at == NOW - timedelta(days=7)


@given(st.text(max_size=200) | st.from_regex(r"(since|for|at) [0-9:apm ]{1,12}(yesterday|ago|h|min)?"))
def test_any_text_is_read_without_an_error_and_never_into_the_future(said: str) -> None:
    found = since(said, NOW)
    assert found is None or NOW - timedelta(days=7) <= found.at <= NOW
