"""`kubectl casebook why`: one hypothesis of a report, with its tests, its evidence and its sum."""

from collections.abc import Iterator

import click

from casebook.api.investigation import Investigation
from casebook.api.report import Hypothesis, Report
from casebook.cli import feedback
from casebook.cli.people import Access, Place, in_cluster
from casebook.cli.show import report_of


@click.command(short_help="Show why a hypothesis was held or dropped.")
@click.argument("name", metavar="INVESTIGATION")
@click.argument("hypothesis", metavar="[HYPOTHESIS]", required=False)
@in_cluster
def why(name: str, hypothesis: str | None, namespace: str | None, kubeconfig: str | None, context: str | None) -> None:
    """Show why a hypothesis was held or dropped: its predictions, its evidence, its sum term by term.

    HYPOTHESIS is its id (h1), or the code of its cause; without it, the first one.
    """

    async def work(place: Place) -> Investigation:
        return await feedback.read(place, name)

    report = report_of(Access(namespace, kubeconfig, context).run(work))
    for line in _lines(report, pick(report, hypothesis or "")):
        click.echo(line)


def pick(report: Report, named: str) -> Hypothesis:
    """The hypothesis of this id or cause. Raises `click.UsageError` with those that there are."""
    fitting = [item for item in report.hypotheses if named.lower() in ("", item.id.lower(), item.cause.lower())]
    if not fitting:
        known = ", ".join(f"{item.id} ({item.cause} on {item.object})" for item in report.hypotheses) or "none"
        raise click.UsageError(f"there is no hypothesis {named}; there are: {known}")
    return fitting[0]


def _lines(report: Report, item: Hypothesis) -> Iterator[str]:
    yield f"{item.id}  {item.cause} on {item.object}: {item.verdict.value}, {item.confidence_percent} %"
    yield f"    {item.statement}"
    yield "\nPredictions"
    for prediction in item.predictions:
        cited = f" [{' '.join(prediction.evidence)}]" if prediction.evidence else ""
        yield f"  {prediction.outcome.value:<9} {prediction.statement}{cited}"
    yield "\nThe sum, in hundredths of a nat"
    for term in item.terms:
        yield f"  {term.centinats:>+6}  {term.name}"
    yield f"  {sum(term.centinats for term in item.terms):>+6}  = {item.confidence_percent} %"
    yield from _evidence(report, item)


def _evidence(report: Report, item: Hypothesis) -> Iterator[str]:
    cited = {*item.evidence_for, *item.evidence_against, *(one for test in item.predictions for one in test.evidence)}
    shown = [one for one in report.evidence if one.id in cited]
    if shown:
        yield "\nEvidence"
    for one in shown:
        yield f"  {one.id}  {one.query}"
        yield from (f"      {line}" for line in one.excerpt.splitlines()[:6])
