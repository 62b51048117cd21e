"""`kubectl casebook proposals`: what waits for somebody to confirm or reject it, and what it would have done."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from pydantic import ValidationError

from casebook.api.base import MEMORIES
from casebook.api.enums import Source, State
from casebook.api.memory import MemoryStatus
from casebook.api.run import Recalled
from casebook.cli.memories import claim_words
from casebook.cli.people import Access, Place, in_cluster
from casebook.knowledge.matching import scope_words
from casebook.knowledge.recall import read


@click.command(short_help="List what waits to be confirmed or rejected, and what it would have done.")
@in_cluster
def proposals(namespace: str | None, kubeconfig: str | None, context: str | None) -> None:
    """List what waits in a namespace to be confirmed or rejected, and what it would have done to the past."""

    async def work(place: Place) -> list[str]:
        return list(waiting((await place.reader.list(MEMORIES, place.namespace)).items))

    for line in Access(namespace, kubeconfig, context).run(work) or ["nothing waits to be confirmed here"]:
        click.echo(line)


def waiting(raws: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each proposal in four lines, by name."""
    for raw in sorted(raws, key=lambda one: str(one["metadata"]["name"])):
        try:
            memory, status = read(raw), MemoryStatus.model_validate(raw.get("status") or {})
        except ValidationError:
            continue
        if memory.spec.state is State.PROPOSED:
            yield f"{memory.name}  {claim_words(memory.spec.claim)}, {_by(memory)}"
            yield f"    {memory.spec.statement}"
            yield f"    where {scope_words(memory.spec.scope)}"
            yield f"    {_tested(memory, status)}"


def _by(memory: Recalled) -> str:
    origin = memory.spec.origin
    if origin is not None and origin.type is not Source.PERSON:
        return "proposed by Casebook"
    return f"proposed by {(origin.author if origin else '') or memory.spec.last_editor or 'somebody'}"


def _tested(memory: Recalled, status: MemoryStatus) -> str:
    found = status.backtest
    if found is None or found.version != memory.version:
        return "not tested yet"
    told = f"would have applied to {found.would_apply} of the last {found.of}, would have changed {found.would_change}"
    examples = ", ".join(found.examples)
    return f"{told}: {examples}" if examples else told
