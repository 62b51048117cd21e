"""What changed and what is new in the logs, in a few lines each."""

from datetime import datetime

from casebook.api.enums import Novelty
from casebook.api.report import Change, LogNews, Report
from casebook.cli.render.heading import Heading
from casebook.cli.render.page import WIDTH, Page, clip, more

MOST_CHANGES = 4
MOST_LOGS = 4


def changes(page: Page, report: Report, heading: Heading) -> None:
    """What changed, against the first symptom: those of the root causes, then the nearest before it."""
    if not report.changes:
        return
    onset = report.onset or heading.now
    order = sorted(report.changes, key=lambda one: (not one.root_cause, not one.before_onset, abs(one.at - onset)))
    kept = order[:MOST_CHANGES]
    page.heading("What changed")
    marked = report.onset is None
    for change in (change for change in report.changes if change in kept):
        if report.onset and not marked and change.at > report.onset:
            page.line(f"{_clock(report.onset, heading.now)} -- first symptom --", "red", indent=2)
            marked = True
        _change(page, change, heading.now)
    if report.onset and not marked:
        page.line(f"{_clock(report.onset, heading.now)} -- first symptom --", "red", indent=2)
    more(page, len(report.changes) - len(kept))


def _change(page: Page, change: Change, now: datetime) -> None:
    """One change on a line, on two where it is that of a root cause."""
    by = f", by {change.by}" if change.by else ""
    cause = " <- root cause" if change.root_cause else ""
    cited = f" [{' '.join(change.evidence)}]" if change.evidence else ""
    told = f"{_clock(change.at, now)} {change.object}: {by}{cause}{cited}"
    room = WIDTH * (2 if change.root_cause else 1) - len(told) - (30 if change.root_cause else 2)
    what = clip(change.what, max(room, 24))
    style = "bold" if change.root_cause else ""
    page.text(f"{_clock(change.at, now)} {change.object}: {what}{by}{cause}{cited}", style, indent=2, hang=12)


def logs(page: Page, report: Report, heading: Heading) -> None:
    """What is new in the logs, with whom a connection error blames."""
    if not report.logs:
        return
    page.heading("New in the logs")
    for item in report.logs[:MOST_LOGS]:
        page.add(
            [
                (f"{item.object}: {_novelty(item, heading.now)}: ", ""),
                (clip(item.message, WIDTH), "bold"),
                (f" {item.count}x" if item.count else "", ""),
                (f" -> {item.peers[0]}" if item.peers else "", ""),
                (f" [{' '.join(item.evidence)}]" if item.evidence else "", "dim"),
            ],
            indent=2,
            hang=4,
        )


def _novelty(item: LogNews, now: datetime) -> str:
    since = _clock(item.since, now)
    return {
        Novelty.NEW: f"new since {since}",
        Novelty.UNCOMPARED: f"since {since} (too little older to compare with)",
        Novelty.MORE: f"{item.per_hour_since} an hour since {since}, {item.per_hour_before} before",
        Novelty.GONE: f"no more since {since}, {item.per_hour_before} an hour before",
    }[item.novelty]


def _clock(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M:%S}Z" if at.date() == now.date() else f"{at:%m-%d %H:%M:%S}Z"
