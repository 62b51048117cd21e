"""A report for somebody at a terminal at night: verdict and cause first, then why, then everything else, briefly."""

from collections.abc import Sequence
from datetime import datetime

from casebook.api.enums import Origin, Outcome, Standing, Verdict
from casebook.api.report import Evidence, Finding, Hypothesis, Prediction, Report, RootCause, Statement
from casebook.api.spending import Spent, currency
from casebook.cli.render.heading import Heading
from casebook.cli.render.history import changes, logs
from casebook.cli.render.page import WIDTH, Page, Span, clean, clip, more

MOST_EVIDENCE = 6
MOST_LINES = 4
MOST_COLUMNS = 2 * WIDTH
MOST_OTHERS = 5
MOST_UNSEEN = 6

_TITLES = {
    Verdict.ROOT_CAUSE: ("ROOT CAUSE", "bold red"),
    Verdict.NO_FAULT: ("NO FAULT", "bold green"),
    Verdict.INCONCLUSIVE: ("INCONCLUSIVE", "bold yellow"),
}
_MARKS = {Outcome.HELD: ("✓", "green"), Outcome.FAILED: ("✗", "red"), Outcome.UNTESTED: ("?", "yellow")}
_SPANS = ((1, 120, "s"), (60, 7200, "min"), (3600, 172_800, "h"), (86_400, 10**12, "d"))
_STANDINGS = {Standing.SUPPORTED: "green", Standing.OPEN: "yellow", Standing.REFUTED: "red"}


def report_text(report: Report, heading: Heading, *, colour: bool) -> str:
    """The report on one page or little more."""
    page = Page(colour=colour)
    _top(page, report, heading)
    behind = _behind(report)
    _why(page, report, behind)
    _chains(page, report.root_causes)
    changes(page, report, heading)
    logs(page, report, heading)
    _affected(page, report)
    _others(page, [item for item in report.hypotheses if item not in behind])
    _knowledge(page, report)
    _unseen(page, report)
    _steps(page, report)
    _foot(page, report)
    return str(page)


def _top(page: Page, report: Report, heading: Heading) -> None:
    title, style = _TITLES[report.verdict]
    if not report.root_causes:
        page.add([(title, style), (" · ", ""), (heading.about, "bold")])
    for cause in report.root_causes:
        named = f" · {cause.object} · {cause.cause}"
        percent = f" · {cause.confidence_percent} %"
        page.add([(title, style), (named, "bold"), (percent, ""), (_since(cause.since, heading.now), "dim")])
        if cause.statement not in report.summary:
            page.text(cause.statement, "bold", indent=2)
    page.text(report.summary, indent=2)
    _of_model(page, "A model answers", report.answer)
    _of_model(page, "In a model's words", report.account)
    if heading.question:
        page.text(f"Asked: {heading.question}", "dim", indent=2)
    if report.meaning:
        page.text(f"Taken as: {report.meaning}", "dim", indent=2)


def _of_model(page: Page, title: str, said: Sequence[Statement]) -> None:
    if said:
        told = [f"{one.text} [{' '.join(one.evidence)}]" for one in said]
        page.text(f"{title}: {' '.join(told)}", indent=2)


def _since(since: datetime | None, now: datetime) -> str:
    if since is None:
        return ""
    seconds = max(0, round((now - since).total_seconds()))
    ago = next(f"{seconds // size} {unit}" for size, most, unit in _SPANS if seconds < most)
    return f" · since {since:%Y-%m-%d %H:%M:%S}Z, {ago} ago"


def _behind(report: Report) -> list[Hypothesis]:
    """The hypotheses that the report stands behind; without any, the best one that is still open."""
    chosen = [item for item in report.hypotheses if item.verdict is Standing.SUPPORTED]
    still_open = [item for item in report.hypotheses if item.verdict is Standing.OPEN]
    return chosen or (still_open[:1] if report.verdict is Verdict.INCONCLUSIVE else [])


def _why(page: Page, report: Report, behind: Sequence[Hypothesis]) -> None:
    if not behind:
        return
    page.heading("Closest" if report.verdict is Verdict.INCONCLUSIVE else "Why")
    for hypothesis in behind:
        told = "" if hypothesis.statement in report.summary else f": {hypothesis.statement}"
        if len(behind) > 1 or not report.root_causes:
            page.add([(_named(hypothesis), "bold"), (told, "")], indent=2)
        _predictions(page, hypothesis.predictions)
    cited = [item for hypothesis in behind for item in hypothesis.evidence_for]
    _evidence(page, [item for item in report.evidence if item.id in cited])


def _named(item: Hypothesis) -> str:
    return f"{item.object} · {item.cause} · {item.confidence_percent} %"


def _predictions(page: Page, predictions: Sequence[Prediction]) -> None:
    """What held and failed, a line each; what could not be tested in one."""
    for prediction in predictions:
        if prediction.outcome is not Outcome.UNTESTED:
            mark, style = _MARKS[prediction.outcome]
            cited: list[Span] = [(f" [{' '.join(prediction.evidence)}]", "dim")] if prediction.evidence else []
            page.add([(f"{mark} ", style), (prediction.statement, ""), *cited], indent=2, hang=4)
    untested = [prediction.statement for prediction in predictions if prediction.outcome is Outcome.UNTESTED]
    if untested:
        page.add([("? ", "yellow"), (f"not tested: {'; '.join(untested)}", "dim")], indent=2, hang=4)


def _evidence(page: Page, evidence: Sequence[Evidence]) -> None:
    for item in evidence[:MOST_EVIDENCE]:
        page.line(f"{item.id}  {item.query}", "dim", indent=4)
        lines = [line for line in clean(item.excerpt).split("\n") if line.strip()]
        for line in lines[:MOST_LINES]:
            page.text(clip(line, MOST_COLUMNS), indent=6, hang=8)
        if len(lines) > MOST_LINES:
            page.line(f"… {len(lines) - MOST_LINES} more lines", "dim", indent=6)


def _chains(page: Page, causes: Sequence[RootCause]) -> None:
    """The steps after the cause itself, which stands on top already."""
    chains = [cause.chain[1:] for cause in causes if len(cause.chain) > 1]
    if chains:
        page.heading("What follows from it")
    for chain in chains:
        for depth, step in enumerate(chain):
            page.text(f"→ {step}", indent=2 + 2 * min(depth, 4), hang=4 + 2 * min(depth, 4))


def _others(page: Page, others: Sequence[Hypothesis]) -> None:
    if not others:
        return
    page.heading("Also considered")
    for item in others[:MOST_OTHERS]:
        source = " · from a model" if item.origin is Origin.MODEL else ""
        standing: Span = (item.verdict.value.lower(), _STANDINGS[item.verdict])
        page.add([(_named(item), ""), (f"{source} · ", "dim"), standing, (": ", ""), *_because(item)], indent=2, hang=4)
    more(page, len(others) - MOST_OTHERS)


def _because(item: Hypothesis) -> list[Span]:
    """What speaks against it, or what would have to be known."""
    first = {test.outcome: test.statement for test in reversed(item.predictions)}
    decisive = next((outcome for outcome in (Outcome.FAILED, Outcome.UNTESTED) if outcome in first), None)
    if item.verdict is Standing.REFUTED and decisive is not Outcome.FAILED:
        return [(next((term.name for term in item.terms if term.name.startswith("memory ")), ""), "")]
    if decisive:
        mark, style = _MARKS[decisive]
        return [(f"{mark} ", style), (first[decisive], "")]
    return [("what it predicts would be seen anyway" if item.origin is Origin.MODEL else "others explain more", "")]


def _knowledge(page: Page, report: Report) -> None:
    if not report.knowledge:
        return
    page.heading("What was remembered")
    for use in report.knowledge:
        page.text(f"{use.kind}/{use.name}: {use.effect} ({use.why})", indent=2, hang=4)


def _affected(page: Page, report: Report) -> None:
    """What shows symptoms, but for what the cause itself names and what the chain has shown."""
    blamed = {cause.object for cause in report.root_causes}
    told = " ".join(step for cause in report.root_causes for step in cause.chain)
    others = [finding for finding in report.affected if finding.object not in blamed and not _is_told(finding, told)]
    if not others:
        return
    page.heading("Also affected" if blamed else "Affected")
    for finding in others[:MOST_OTHERS]:
        page.text(f"{finding.object}: {finding.note}", indent=2, hang=4)
    if not report.hypotheses:
        cited = {reference for finding in others for reference in finding.evidence}
        _evidence(page, [item for item in report.evidence if item.id in cited])
    more(page, len(others) - MOST_OTHERS)


def _is_told(finding: Finding, told: str) -> bool:
    """Whether the chain has shown it and the first that is seen on it."""
    return f"{finding.object} calls " in told or f"{finding.object}: " in told


def _unseen(page: Page, report: Report) -> None:
    unseen = [*report.limitations, *(f"{finding.object}: {finding.note}" for finding in report.not_checked)]
    if not unseen:
        return
    page.heading("Not seen")
    for line in unseen[:MOST_UNSEEN]:
        page.text(f"- {line}", indent=2, hang=4)
    more(page, len(unseen) - MOST_UNSEEN)


def _steps(page: Page, report: Report) -> None:
    if not report.next_steps:
        return
    page.heading("Next steps")
    for number, step in enumerate(report.next_steps, start=1):
        if step.startswith("kubectl "):
            # Never broken, so that it can be copied.
            page.whole(f"{number}. {step}", indent=2)
        else:
            page.text(f"{number}. {step}", indent=2, hang=5)


def _foot(page: Page, report: Report) -> None:
    cost = report.cost
    page.blank()
    stopped = f" · stopped: {report.stopped}" if report.stopped else ""
    reads = f"{cost.observations} reads · {cost.bytes / 1024:.0f} KiB · {cost.milliseconds / 1000:.1f} s"
    page.text(f"{reads}{_asked(cost.spent)}{stopped}", "dim")


def _asked(spent: Spent) -> str:
    """What asking a model did cost, if one was asked."""
    if not spent.calls:
        return ""
    money = f", {currency(spent.money)} by the price table" if spent.money else ""
    calls = f"{spent.calls} call{'' if spent.calls == 1 else 's'}"
    return f" · {spent.tokens} tokens in {calls} of a model{money}"
