"""Events on a memory: each use and each word on it once, and nothing of what changed nothing."""

import pytest

from casebook.api.case import Use
from casebook.knowledge.announcing import news
from support.pastcases import use


@pytest.mark.parametrize(
    ("before", "now", "notes"),
    [
        ([], [], []),
        ([], [use(1)], ["used in inv/inv-1: its cause is the finding"]),
        ([], [use(1, "Shown"), use(2, "Gone")], []),
        ([use(1)], [use(1)], []),
        ([use(1)], [use(1, said="Correct")], ["used in inv/inv-1, accepted by bob"]),
        ([use(1, said="Correct")], [use(1, said="Wrong")], ["used in inv/inv-1, rejected by bob"]),
        ([use(1)], [use(1, "Shown", "Correct")], []),
        (
            [use(2)],
            [use(1, "Alone", "Partial"), use(2)],
            ["used in inv/inv-1: its cause is the finding, unproven", "used in inv/inv-1, accepted in part by bob"],
        ),
    ],
)
def test_what_is_new(before: list[Use], now: list[Use], notes: list[str]) -> None:
    assert [one.note for one in news(before, now)] == notes


def test_each_has_an_identity_of_its_own() -> None:
    found = [*news([], [use(1, said="Correct"), use(2)]), *news([use(1)], [use(1, said="Wrong")])]
    assert len({one.identity for one in found}) == len(found) == 4
