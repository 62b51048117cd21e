"""When a finished Investigation may be deleted. Pure."""

from datetime import datetime, timedelta

from casebook.controller.views import Case

EPISODE = timedelta(hours=24)
"""An alert episode without a word from Alertmanager closes after this; a closed one is kept as long again, because a
late repeat of its alerts must still meet it and not open another."""


def expires_at(case: Case, default_ttl: int) -> datetime | None:
    """The moment from which it may be deleted; None while that cannot be told."""
    if case.finished_at is None:
        return None
    ttl = default_ttl if case.ttl is None else case.ttl
    return max(case.finished_at + timedelta(seconds=ttl), episode_kept_until(case) or case.finished_at)


def episode_kept_until(case: Case) -> datetime | None:
    """Until when the alert episode needs its Investigation; None where no alert asked.

    An open episode is one that has not resolved and was last heard of within the span of an episode.
    """
    if case.alert is None:
        return None
    closed = case.alert.resolved or (case.alert.last_seen or case.created) + EPISODE
    return closed + EPISODE
