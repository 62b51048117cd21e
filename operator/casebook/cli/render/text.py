"""A report for somebody at a terminal at night: verdict and cause first, then why, then everything else, briefly."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from casebook.api.enums import Outcome, Standing, Verdict
from casebook.api.report import Evidence, Finding, Hypothesis, Prediction, Report, RootCause
from casebook.cli.render.heading import Heading
from casebook.cli.render.page import Page, Span, clean

MOST_EVIDENCE = 6
MOST_LINES = 3
MOST_OTHERS = 6
MOST_UNSEEN = 6

_TITLES = {
    Verdict.ROOT_CAUSE: ("ROOT CAUSE", "bold red"),
    Verdict.NO_FAULT: ("NO FAULT", "bold green"),
    Verdict.INCONCLUSIVE: ("INCONCLUSIVE", "bold yellow"),
}
_MARKS = {Outcome.HELD: ("✓", "green"), Outcome.FAILED: ("✗", "red"), Outcome.UNTESTED: ("?", "yellow")}
_STANDINGS = {Standing.SUPPORTED: "green", Standing.OPEN: "yellow", Standing.REFUTED: "red"}


def report_text(report: Report, heading: Heading, *, colour: bool) -> str:
    """The report on one page or little more."""
    page = Page(colour=colour)
    _top(page, report, heading)
    behind = _behind(report)
    _why(page, report, behind)
    _chains(page, report.root_causes)
    _others(page, [item for item in report.hypotheses if item not in behind])
    _knowledge(page, report)
    _findings(page, "Also affected", report.affected)
    _unseen(page, report)
    _steps(page, report)
    _foot(page, report)
    return str(page)


def _top(page: Page, report: Report, heading: Heading) -> None:
    title, style = _TITLES[report.verdict]
    if not report.root_causes:
        page.add([(title, style), ("  ", ""), (f"{heading.subject} in {heading.namespace}", "bold")])
    for cause in report.root_causes:
        page.add(
            [
                (title, style),
                ("  ", ""),
                (cause.object, "bold"),
                (f"  {cause.cause}  {cause.confidence_percent} %", ""),
                (_since(cause.since, heading.now), "dim"),
            ]
        )
        if not report.summary.startswith(cause.statement):
            page.text(cause.statement, "bold", indent=2)
    page.text(report.summary, indent=2)
    if heading.question:
        page.text(f"Asked: {heading.question}", "dim", indent=2)


def _since(since: datetime | None, now: datetime) -> str:
    if since is None:
        return ""
    minutes = max(0, round((now - since).total_seconds() / 60))
    ago = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} d"
    return f"  since {since:%Y-%m-%d %H:%M:%S}Z, {ago} ago"


def _behind(report: Report) -> list[Hypothesis]:
    """The hypotheses that the report stands behind; without any, the best one that is still open."""
    ids = [cause.hypothesis for cause in report.root_causes]
    chosen = [item for item in report.hypotheses if item.id in ids]
    still_open = [item for item in report.hypotheses if item.verdict is Standing.OPEN]
    return chosen or (still_open[:1] if report.verdict is Verdict.INCONCLUSIVE else [])


def _why(page: Page, report: Report, behind: Sequence[Hypothesis]) -> None:
    if not behind:
        return
    page.heading("Why" if report.root_causes else "Closest")
    for hypothesis in behind:
        if len(behind) > 1 or not report.root_causes:
            page.add(
                [(f"{hypothesis.object}  {hypothesis.cause}", "bold"), (f"  {hypothesis.confidence_percent} %", "")]
            )
            page.text(hypothesis.statement, indent=2)
        for prediction in hypothesis.predictions:
            _prediction(page, prediction)
    cited = [item for hypothesis in behind for item in hypothesis.evidence_for]
    _evidence(page, [item for item in report.evidence if item.id in cited])


def _prediction(page: Page, prediction: Prediction) -> None:
    mark, style = _MARKS[prediction.outcome]
    cited: list[Span] = [(f" [{' '.join(prediction.evidence)}]", "dim")] if prediction.evidence else []
    untested: list[Span] = [(" (not tested)", "dim")] if prediction.outcome is Outcome.UNTESTED else []
    page.add([(f"{mark} ", style), (prediction.statement, ""), *untested, *cited], indent=2, hang=4)


def _evidence(page: Page, evidence: Sequence[Evidence]) -> None:
    for item in evidence[:MOST_EVIDENCE]:
        page.line(f"{item.id}  {item.query}", "dim", indent=4)
        lines = [line for line in clean(item.excerpt).split("\n") if line.strip()]
        for line in lines[:MOST_LINES]:
            page.line(line, indent=8)
        if len(lines) > MOST_LINES:
            page.line(f"… {len(lines) - MOST_LINES} more lines", "dim", indent=8)


def _chains(page: Page, causes: Sequence[RootCause]) -> None:
    steps = [cause.chain for cause in causes if len(cause.chain) > 1]
    if not steps:
        return
    page.heading("How it leads to what was seen")
    for chain in steps:
        for depth, step in enumerate(chain):
            page.text(step if depth == 0 else f"→ {step}", indent=2, hang=4)


def _others(page: Page, others: Sequence[Hypothesis]) -> None:
    if not others:
        return
    page.heading("Also considered")
    for item in others[:MOST_OTHERS]:
        page.add(
            [
                (f"{item.object}  {item.cause}", ""),
                (f"  {item.confidence_percent} %  ", "dim"),
                (item.verdict.value.lower(), _STANDINGS[item.verdict]),
                (f": {_because(item)}", ""),
            ],
            indent=2,
            hang=4,
        )
    if len(others) > MOST_OTHERS:
        page.text(f"and {len(others) - MOST_OTHERS} more, in -o json", "dim", indent=2)


def _because(item: Hypothesis) -> str:
    """What speaks against it, or what would have to be known."""
    failed = [prediction.statement for prediction in item.predictions if prediction.outcome is Outcome.FAILED]
    if failed:
        return f"not so: {failed[0]}"
    untested = [prediction.statement for prediction in item.predictions if prediction.outcome is Outcome.UNTESTED]
    return f"not tested: {untested[0]}" if untested else "others explain more"


def _knowledge(page: Page, report: Report) -> None:
    if not report.knowledge:
        return
    page.heading("What was remembered")
    for use in report.knowledge:
        page.text(f"{use.kind}/{use.name}: {use.effect} ({use.why})", indent=2, hang=4)


def _findings(page: Page, title: str, findings: Sequence[Finding]) -> None:
    if not findings:
        return
    page.heading(title)
    for finding in findings[:MOST_OTHERS]:
        page.text(f"{finding.object}: {finding.note}", indent=2, hang=4)
    if len(findings) > MOST_OTHERS:
        page.text(f"and {len(findings) - MOST_OTHERS} more, in -o json", "dim", indent=2)


def _unseen(page: Page, report: Report) -> None:
    unseen = [*report.limitations, *(f"{finding.object}: {finding.note}" for finding in report.not_checked)]
    if not unseen:
        return
    page.heading("Not seen")
    _bullets(page, unseen[:MOST_UNSEEN])
    if len(unseen) > MOST_UNSEEN:
        page.text(f"and {len(unseen) - MOST_UNSEEN} more, in -o json", "dim", indent=2)


def _bullets(page: Page, lines: Iterable[str]) -> None:
    for line in lines:
        page.text(f"- {line}", indent=2, hang=4)


def _steps(page: Page, report: Report) -> None:
    if not report.next_steps:
        return
    page.heading("Next steps")
    for number, step in enumerate(report.next_steps, start=1):
        page.text(f"{number}. {step}", indent=2, hang=5)


def _foot(page: Page, report: Report) -> None:
    cost = report.cost
    page.blank()
    stopped = f"Stopped: {report.stopped}  " if report.stopped else ""
    reads = f"{cost.observations} reads, {cost.bytes / 1024:.0f} KiB, {cost.milliseconds / 1000:.1f} s"
    page.text(f"{stopped}{reads}", "dim")
