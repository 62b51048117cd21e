"""`kubectl casebook learned`: what was taught lately, by whom, how often it helped, and what was saved."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from pydantic import ValidationError

from casebook.analysis.access import moment
from casebook.api.base import INVESTIGATIONS, MEMORIES, timestamp
from casebook.api.investigation import Investigation, Recurrence
from casebook.api.memory import MemoryStatus
from casebook.api.run import Recalled
from casebook.cli import arguments
from casebook.cli.memories import claim_words
from casebook.cli.people import Access, Place, in_cluster
from casebook.knowledge.recall import read

PAGE = 100


@click.command(short_help="Show what was taught lately, how often it helped, and what was saved.")
@click.option("--since", metavar="SPAN", default="7d", show_default=True, help="How far back: 30m, 12h, 7d.")
@in_cluster
def learned(since: str, namespace: str | None, kubeconfig: str | None, context: str | None) -> None:
    """Show what was taught in a namespace, by whom, how often it helped, and what repeated problems cost less."""
    begin = datetime.now(UTC) - timedelta(seconds=arguments.seconds(since))

    async def work(place: Place) -> list[str]:
        memories = (await place.reader.list(MEMORIES, place.namespace)).items
        pages = place.reader.pages(INVESTIGATIONS, place.namespace, page=PAGE)
        found = [one async for page in pages for one in recurrences(page.items, begin)]
        return [*taught(memories, begin), *saved(found)]

    for line in Access(namespace, kubeconfig, context).run(work):
        click.echo(line)


def taught(raws: Sequence[Mapping[str, Any]], begin: datetime) -> Iterator[str]:
    """What was written since then, the newest first, each with what became of it."""
    lately = sorted((at, str(raw["metadata"]["name"]), raw) for raw in raws if (at := _at(raw)) and at >= begin)
    yield f"Taught since {timestamp(begin)}" if lately else f"Nothing was taught since {timestamp(begin)}."
    for at, name, raw in reversed(lately):
        try:
            memory, status = read(raw), MemoryStatus.model_validate(raw.get("status") or {})
        except ValidationError:
            yield f"  {name}  was not understood; it is of another version of Casebook"
            continue
        yield f"  {name}  {memory.spec.state.value}  {claim_words(memory.spec.claim)}{_by(memory)}, {timestamp(at)}"
        yield f"      {_worth(memory, status)}"


def _at(raw: Mapping[str, Any]) -> datetime | None:
    return moment(raw, "metadata", "creationTimestamp")


def _by(memory: Recalled) -> str:
    origin = memory.spec.origin
    who = (origin.author if origin else "") or memory.spec.last_editor
    return f", by {who}" if who else ""


def _worth(memory: Recalled, status: MemoryStatus) -> str:
    uses = status.uses
    if uses is None or not uses.shown:
        return "not used yet"
    stale = f"; stale: {memory.stale}" if memory.stale else ""
    trust = f", trusted {status.trust_percent} %" if status.trust_percent is not None else ""
    last = f", last in inv/{status.last_used_by}" if status.last_used_by else ""
    hinted = f", acted on without a word {uses.hinted}" if uses.hinted else ""
    cited = "once" if uses.cited == 1 else f"{uses.cited} times"
    return f"cited {cited}, accepted {uses.accepted}, rejected {uses.rejected}{hinted}{trust}{last}{stale}"


def recurrences(raws: Sequence[Mapping[str, Any]], begin: datetime) -> Iterator[Recurrence | None]:
    """Of every investigation that was finished since then: which occurrence it was, as far as that is known."""
    for raw in raws:
        found = Investigation.model_validate({**raw, "spec": {"question": "-"}})
        if found.status.finished_at and found.status.finished_at >= begin:
            yield found.status.recurrence


def saved(found: Sequence[Recurrence | None]) -> Iterator[str]:
    """How many were repetitions, and what it saved that they had been seen before."""
    again = [one for one in found if one is not None and one.occurrence > 1]
    reads = sum(one.cost.observations for one in again)
    full = sum(round(one.cost.observations * 100 / (100 - min(one.saved_percent, 99))) for one in again)
    yield f"\n{len(found)} investigations, {len(again)} of them of a problem that was seen before"
    if full > reads:
        percent = 100 - 100 * reads // full
        yield f"  these took {reads} reads, where looking at everything takes {full}: {percent} % saved"
