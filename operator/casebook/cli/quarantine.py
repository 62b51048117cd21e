"""`kubectl casebook quarantine`: take the force from all that comes from a hostile source."""

from typing import Any

import click

from casebook.api.base import API_VERSION, MEMORIES, SKILLS
from casebook.api.enums import KnowledgeReach, State
from casebook.api.memory import Claim, MemorySpec, Quarantine
from casebook.api.names import digest
from casebook.cli.judging import rewrite
from casebook.cli.people import Access, Place, in_cluster
from casebook.knowledge import skills
from casebook.knowledge.quarantine import marked, source_words
from casebook.knowledge.recall import read, read_all

_MEMBERS = {"memory": "memory", "skill": "skill", "inv": "investigation", "user": "person", "signature": "signature"}
_FORMS = "memory/NAME, skill/NAME, inv/NAME, inv/NAME/FEEDBACK, user/NAME or signature/TEXT"


@click.command(short_help="Take the force from all that comes from a hostile source.")
@click.argument("origin", metavar="ORIGIN")
@click.option("--because", metavar="TEXT", required=True, help="Why; it is shown wherever something lost its force.")
@click.option("--reach", type=click.Choice(["namespace", "tenant", "platform"]), default="namespace", show_default=True)
@in_cluster
def quarantine(
    origin: str, because: str, reach: str, namespace: str | None, kubeconfig: str | None, context: str | None
) -> None:
    """Take the force from a source, and from all that was made of it, at once and until it is lifted.

    ORIGIN is memory/NAME, skill/NAME, inv/NAME, inv/NAME/FEEDBACK, user/NAME or signature/TEXT. What a person wrote,
    taught or confirmed last counts as theirs, and their ratings count no more. Needs the verb quarantine.

    \b
    kubectl casebook quarantine user/mallory@example.com --because "the account was stolen"
    kubectl casebook retire quarantine-0c6a1e2d9b7f4a35      # lifts it again
    """
    source = parse(origin)

    async def work(place: Place) -> list[str]:
        return await _quarantine(place, source, because, KnowledgeReach(reach.capitalize()))

    for line in Access(namespace, kubeconfig, context).run(work):
        click.echo(line)


def parse(origin: str) -> Quarantine:
    """The source that an ORIGIN names. Raises `click.UsageError`."""
    kind, _, name = origin.partition("/")
    is_object = kind not in ("user", "signature")
    if kind not in _MEMBERS or not name or (is_object and name.count("/") > 1):
        raise click.UsageError(f"ORIGIN {origin!r} is none; write {_FORMS}")
    if kind != "inv":
        return Quarantine.model_validate({_MEMBERS[kind]: name})
    investigation, _, entry = name.partition("/")
    return Quarantine(investigation=investigation, feedback_id=entry)


async def _quarantine(place: Place, source: Quarantine, because: str, reach: KnowledgeReach) -> list[str]:
    """Write it; one that was lifted before is confirmed anew, with the reason that holds now."""
    spec = MemorySpec(
        statement=because,
        claim=Claim(quarantine=source),
        reach=reach,
        state=State.CONFIRMED,
        last_editor=await place.me(),
    )
    name = f"quarantine-{digest(source_words(source), 16)}"
    made, created = await place.writer.create(MEMORIES, _manifest(name, place.namespace, spec))
    if not created:
        made = await rewrite(place, made, spec.wire())
    memories, _ = read_all((await place.reader.list(MEMORIES, place.namespace)).items)
    practices, _ = skills.read_all((await place.reader.list(SKILLS, place.namespace)).items)
    against = [read(made)]
    struck = sorted(one.name for one in marked(memories, against, practices) if one.quarantined)
    struck += sorted(f"skill/{one.name}" for one in marked(practices, against, memories) if one.quarantined)
    told = ", ".join(struck) or "none"
    return [f"memory/{name}: {source_words(source)} is quarantined; without force in this namespace: {told}"]


def _manifest(name: str, namespace: str, spec: MemorySpec) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": "Memory",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec.wire(),
    }
