"""`kubectl casebook memories`: what was taught, and what of it applies to an object."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from casebook.analysis.things import thing_of
from casebook.analysis.workloads import Workload
from casebook.api.base import MEMORIES
from casebook.api.memory import Claim
from casebook.api.run import Recalled
from casebook.cli import arguments
from casebook.cli.people import Access, Place, in_cluster
from casebook.cluster.resources import Resource
from casebook.knowledge.concepts import key
from casebook.knowledge.context import WORKLOAD_KINDS, Context, of_thing, of_workload
from casebook.knowledge.known import Known
from casebook.knowledge.matching import Answer, match
from casebook.knowledge.quarantine import heeding, is_quarantine, source_words
from casebook.knowledge.recall import read_all

_WORDS = {Answer.MATCH: "applies", Answer.UNKNOWN: "applies only if"}


@click.command(short_help="List what was taught, or what of it applies to an object.")
@click.option("--for", "subject", metavar="KIND/NAME", help="Only what applies, or may apply, to this object.")
@in_cluster
def memories(subject: str | None, namespace: str | None, kubeconfig: str | None, context: str | None) -> None:
    """List what was taught in a namespace, what wins first. With --for, why each applies to an object."""

    wanted = arguments.subject(subject) if subject else None

    async def work(place: Place) -> list[str]:
        page = await place.reader.list(MEMORIES, place.namespace)
        found, odd = read_all(page.items)
        held = heeding(found, datetime.now(UTC))
        if wanted is None:
            return [*_listed(held), *odd]
        return [*_applying(held, await _context(place, *wanted)), *odd]

    lines = Access(namespace, kubeconfig, context).run(work)
    nothing = f"nothing that was taught applies to {subject}" if subject else "nothing was taught here"
    for line in lines or [nothing]:
        click.echo(line)


async def _context(place: Place, resource: Resource, name: str) -> Context:
    raw = await place.reader.get(resource.name, name, place.namespace if resource.namespaced else "")
    thing = thing_of({"kind": resource.kind, **raw}, resource.name, "")
    if thing is None:
        return Context()
    return of_workload(Workload(thing)) if resource.kind in WORKLOAD_KINDS else of_thing(thing)


def _listed(found: list[Recalled]) -> Iterator[str]:
    for memory in sorted(found, key=lambda one: one.name):
        yield _line(memory)
        if memory.quarantined:
            yield f"    without force: quarantined: {memory.quarantined}"


def _applying(found: list[Recalled], context: Context) -> Iterator[str]:
    known = Known.of(found, datetime.now(UTC))
    seen = known.derive(context).context
    for memory in (one for one in (*known.memories, *known.idle) if not is_quarantine(one)):
        fits = match(memory.spec.scope, seen)
        if fits.answer is not Answer.CONFLICT:
            powerless = known.powerless.get(key(memory), "")
            yield _line(memory)
            yield f"    {_WORDS[fits.answer]}: {fits.said}{f'; without force: {powerless}' if powerless else ''}"


def _line(memory: Recalled) -> str:
    return f"{memory.name}  {memory.spec.state.value}  {claim_words(memory.spec.claim)}  {memory.spec.statement}"


def claim_words(claim: Claim | None) -> str:
    """A claim in a few words."""
    if claim is None:
        return "note"
    if claim.cause:
        return (
            f"{claim.cause.effect.value} {claim.cause.cause}{f' on {claim.cause.object}' if claim.cause.object else ''}"
        )
    if claim.concept:
        return "derives " + ", ".join(f"{name}={value}" for name, value in sorted(claim.concept.label.items()))
    if claim.dependency:
        return f"{claim.dependency.from_} needs {claim.dependency.to}"
    if claim.expectation:
        return f"{claim.expectation.object} {claim.expectation.field} is {claim.expectation.value}"
    if claim.quarantine:
        return f"quarantines {source_words(claim.quarantine)}"
    return "noise"
