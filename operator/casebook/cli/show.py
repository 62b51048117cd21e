"""`kubectl casebook show`: the report of an investigation, what people said of it, and what that changed."""

import sys
from collections.abc import Iterator

import click

from casebook.api.base import EPOCH, timestamp
from casebook.api.investigation import Investigation, Occurrence, Recurrence, Replay, ReplaySide
from casebook.api.report import Cost, Report
from casebook.cli import feedback
from casebook.cli.people import Access, Place, in_cluster
from casebook.cli.render import FORMATS, Heading, colourful, render_report

OFTEN = 3
"""Alerts that went away by themselves are told of from so many on: once or twice is chance."""


@click.command(short_help="Show the report of an investigation and what people said of it.")
@click.argument("name", metavar="INVESTIGATION")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="text", show_default=True, help="Format.")
@in_cluster
def show(name: str, output: str, namespace: str | None, kubeconfig: str | None, context: str | None) -> None:
    """Show the report of an investigation, what people said of it, and what their corrections changed."""

    async def work(place: Place) -> Investigation:
        return await feedback.read(place, name)

    found = Access(namespace, kubeconfig, context).run(work)
    report = report_of(found)
    colour = colourful(sys.stdout)
    click.echo(render_report(report, heading(found), output, colour=colour), nl=False, color=colour)
    if output == "text":
        for line in (*incident(found), *seen_before(found.status.recurrence), *alike(found), *said(found)):
            click.echo(line)


def report_of(found: Investigation) -> Report:
    """Its report. Raises `click.ClickException` where there is none."""
    if found.status.report is None:
        phase = found.status.phase.value if found.status.phase else "Pending"
        raise click.ClickException(f"investigation {found.metadata.name} has no report; it is {phase}")
    return found.status.report


def heading(found: Investigation) -> Heading:
    """What it was about; times are told from its end."""
    metadata, status = found.metadata, found.status
    ended = status.finished_at or status.started_at or metadata.creation_timestamp or EPOCH
    return Heading.asked(found.spec, metadata.namespace, ended)


def incident(found: Investigation) -> Iterator[str]:
    """Which investigation explains it, and which ones it explains itself, a line each."""
    head, followers = found.status.explained_by, found.status.followers
    if head:
        yield f"\nOf the same incident as investigation {head}, which found its cause"
    if followers:
        more = f" and {followers.count - len(followers.names)} more" if followers.count > len(followers.names) else ""
        yield f"\nExplains {followers.count} more of this incident: {', '.join(followers.names)}{more}"


def said(found: Investigation) -> Iterator[str]:
    """What people said of it, what became of that, and the replay, a line each."""
    became = {lesson.feedback_id: lesson for lesson in found.status.lessons}
    if found.spec.feedback:
        yield "\nWhat people said"
    for entry in found.spec.feedback:
        root = entry.root_cause
        parts = [
            entry.rating.value if entry.rating else "",
            entry.verdict.value if entry.verdict else "",
            f"it was {root.cause}{f' on {root.object}' if root.object else ''}" if root else "",
            entry.note,
        ]
        yield f"  {entry.id}  {entry.author}: {'; '.join(part for part in parts if part)}"
        lesson = became.get(entry.id)
        yield f"      {lesson.message if lesson else 'not acted on yet'}"
    if found.status.replay:
        yield from replay_lines(found.status.replay)


def seen_before(recurrence: Recurrence | None) -> Iterator[str]:
    """Which occurrence it is, what earlier ones were, what was said of them, and what each cost."""
    if recurrence is None or not recurrence.previous:
        return
    saved = f", {recurrence.saved_percent} % fewer than a look at everything" if recurrence.saved_percent else ""
    yield "\nSeen before"
    yield f"  occurrence {recurrence.occurrence} of: {recurrence.signature}"
    yield f"  {_cost(recurrence.cost)} this time{saved}"
    if recurrence.resolved_alone >= OFTEN:
        times = f"{recurrence.resolved_alone} earlier alerts of it went away within ten minutes"
        yield f"  {times}, with nothing seen to be done: weak evidence that nobody is needed"
    for one in recurrence.previous:
        yield from _earlier(one)


def alike(found: Investigation) -> Iterator[str]:
    """Earlier investigations of other questions whose text is like this one's, a line each."""
    similar = found.status.similar
    if similar is None or not similar.cases:
        return
    yield f"\nAlike, by {similar.by}"
    for one in similar.cases:
        yield from _earlier(one, f"; {one.percent} % alike")


def _earlier(one: Occurrence, more: str = "") -> Iterator[str]:
    cause = f"{one.cause} on {one.object}" if one.cause else one.verdict.value
    judged = f"; {one.by}: {one.judgement.value}" if one.judgement else ""
    truth = f", it was {one.truth}" if one.truth else ""
    yield f"  {timestamp(one.at)}  {one.namespace}/{one.name}  {cause}, {_cost(one.cost)}{judged}{truth}{more}"
    if one.afterwards:
        yield f"      afterwards {one.afterwards}"


def _cost(cost: Cost) -> str:
    return f"{cost.observations} reads in {cost.milliseconds / 1000:.1f} s"


def replay_lines(replay: Replay) -> Iterator[str]:
    """Old and new conclusion."""
    yield f"\nReplayed on what was seen then, with {replay.feedback_id}"
    yield f"  before  {_side(replay.before)}"
    yield f"  after   {_side(replay.after)}"
    if replay.note:
        yield f"  {replay.note}"


def _side(side: ReplaySide) -> str:
    return f"{side.cause} on {side.object} ({side.confidence_percent} %)" if side.cause else side.verdict.value
