"""`kubectl casebook draft`: what an investigation has taught, worded by a model, for people to confirm."""

import os

import click
import yaml

from casebook.api.base import API_VERSION
from casebook.api.investigation import Investigation
from casebook.api.memory import MemorySpec
from casebook.api.names import digest
from casebook.api.skill import SkillSpec
from casebook.cli import feedback
from casebook.cli.asked import asked
from casebook.cli.people import Access, Place, in_cluster
from casebook.evidence.redaction import redact_text
from casebook.knowledge.lineage import MEMORY, SKILL
from casebook.model.adviser import NoAnswer
from casebook.model.drafting import Draft, NothingToTeach
from casebook.model.drafting import draft as made


@click.command(short_help="Word what an investigation has taught by a model, for people to confirm.")
@click.argument("name", metavar="INVESTIGATION")
@click.option("--model", metavar="NAME", required=True, help="Model to ask, at $OPENAI_BASE_URL or OpenAI's.")
@in_cluster
def draft(name: str, model: str, namespace: str | None, kubeconfig: str | None, context: str | None) -> None:
    """Write a Memory and a Skill, both Proposed, of the cause that an investigation has found; nothing is applied.

    The claim is the report's. A model words the statement, the scope and what the skill is for; a scope that does not
    match the investigation, and a text with a name or number that nothing shows, is left out: standard error says so.
    """

    async def work(place: Place) -> tuple[Investigation, Draft]:
        of = await feedback.read(place, name)
        async with asked(model, os.environ) as endpoint:
            return of, await made(endpoint, redact_text, of)

    try:
        of, found = Access(namespace, kubeconfig, context).run(work)
    except NothingToTeach as error:
        raise click.UsageError(str(error)) from error
    except NoAnswer as error:
        raise click.ClickException(f"the model gave no draft: {error}") from error
    for line in found.refused:
        click.echo(line, err=True)
    click.echo(documents(of, found), nl=False)


def documents(of: Investigation, found: Draft) -> str:
    """Both resources as YAML, beside the investigation that they come from."""
    parts = ((MEMORY, found.memory), (SKILL, found.skill))
    return "---\n".join(
        yaml.safe_dump(_manifest(of, kind, spec), sort_keys=False, allow_unicode=True, width=120)
        for kind, spec in parts
    )


def _manifest(of: Investigation, kind: str, spec: MemorySpec | SkillSpec) -> dict[str, object]:
    metadata = {"name": f"draft-{digest(of.metadata.uid, 16)}", "namespace": of.metadata.namespace}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec.wire()}
