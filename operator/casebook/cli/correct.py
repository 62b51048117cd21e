"""`kubectl casebook correct`: say what the cause really was, and where that holds."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from casebook.analysis.access import text
from casebook.api.base import INVESTIGATIONS
from casebook.api.enums import ReplayStanding
from casebook.api.investigation import Investigation
from casebook.api.scope import Scope
from casebook.cli import feedback
from casebook.cli.people import Access, Place, in_cluster
from casebook.cli.show import replay_lines
from casebook.knowledge.context import of_question
from casebook.knowledge.corrections import scopes
from casebook.knowledge.matching import Answer, match, scope_words
from casebook.reasoning.registry import REGISTRY

HISTORY, SHOWN = 200, 3
"""Investigations that are looked back at, and names of them that are given."""
_POLL = 0.5


@dataclass(frozen=True)
class Word:
    """What a person says the cause was."""

    cause: str
    object: str = ""
    statement: str = ""


@click.command(short_help="Say what the cause really was; investigations in scope obey it from then on.")
@click.argument("name", metavar="INVESTIGATION")
@click.option("--cause", metavar="CODE", default="", help="The true cause: a code of the registry, or one of your own.")
@click.option("--object", "object_", metavar="KIND/NAME", default="", help="Where it would be mended.")
@click.option("--statement", metavar="TEXT", default="", help="The cause in a sentence.")
@click.option(
    "--scope", "terms", metavar="KEY=VALUE", multiple=True, help="Where it holds; may be given several times."
)
@click.option("--reach", type=click.Choice(["namespace", "tenant", "platform"]), default="namespace", show_default=True)
@click.option("--not", "ruled_out", is_flag=True, help="Only say that the reported cause is wrong.")
@click.option("--propose", is_flag=True, help="Leave it to somebody else to confirm it.")
@click.option("--note", metavar="TEXT", default="", help="Anything else.")
@click.option(
    "--wait", metavar="SECONDS", type=click.IntRange(0, 600), default=60, show_default=True, help="For the replay."
)
@in_cluster
def correct(
    name: str,
    cause: str,
    object_: str,
    statement: str,
    terms: tuple[str, ...],
    reach: str,
    ruled_out: bool,
    propose: bool,
    note: str,
    wait: int,
    namespace: str | None,
    kubeconfig: str | None,
    context: str | None,
) -> None:
    """Say what the cause really was. Without --cause you are asked, and shown where it could hold.

    \b
    kubectl casebook correct inv-1 --cause QuotaExceeded --object ResourceQuota/team --scope namespace=shop
    kubectl casebook correct inv-1 --not      # the reported cause is wrong; which one is right nobody knows
    """
    if cause and ruled_out:
        raise click.UsageError("give --cause or --not, not both")
    if not (cause or ruled_out or sys.stdin.isatty()):
        raise click.UsageError("say what the cause was with --cause, or that the reported one is wrong with --not")
    asked = Word(cause, object_, statement)
    chosen = _scope(terms)

    async def work(place: Place) -> list[str]:
        found = await feedback.read(place, name)
        word = asked if cause or ruled_out else _ask(found)
        where = chosen or (await _choose(place, found, word) if not (cause or ruled_out) else None)
        entry = _entry(found, word, where, reach=reach, propose=propose, note=note)
        added = await feedback.add(place, name, entry)
        return [_added(added), *await _outcome(place, name, str(added["id"]), wait)]

    for line in Access(namespace, kubeconfig, context).run(work):
        click.echo(line)


def _scope(terms: Sequence[str]) -> Scope | None:
    pairs = [term.partition("=") for term in terms]
    wrong = next((key for key, sign, value in pairs if not (key and sign and value)), None)
    if wrong is not None:
        raise click.UsageError(f"--scope {wrong!r} is not KEY=VALUE, for example namespace=shop or label:app=web")
    return Scope(match_labels={key: value for key, _, value in pairs}) if pairs else None


def _entry(
    found: Investigation, word: Word, where: Scope | None, *, reach: str, propose: bool, note: str
) -> dict[str, Any]:
    if not word.cause and (found.status.report is None or not found.status.report.root_causes):
        raise click.UsageError("the report names no root cause that could be wrong; say which is right with --cause")
    scope = where or scopes(found, word.object)[0]
    root = {name: value for name, value in vars(word).items() if value}
    return {
        "verdict": "Wrong",
        **({"rootCause": root} if root else {}),
        "scope": scope.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "reach": reach.capitalize(),
        "standing": "Proposed" if propose else "Confirmed",
        **({"note": note} if note else {}),
    }


def _ask(found: Investigation) -> Word:
    """The true cause, picked from the hypotheses or typed."""
    hypotheses = found.status.report.hypotheses if found.status.report else []
    for number, item in enumerate(hypotheses, start=1):
        click.echo(f"  {number}  {item.cause} on {item.object} ({item.confidence_percent} %): {item.statement}")
    answer = click.prompt("What was it? A number, or CAUSE [KIND/NAME]", type=str).split()
    if answer[0].isdigit() and 1 <= int(answer[0]) <= len(hypotheses):
        picked = hypotheses[int(answer[0]) - 1]
        return Word(picked.cause, picked.object)
    if answer[0] not in REGISTRY:
        click.echo(f"{answer[0]} is no code of the registry: it is remembered, and nothing can test it.")
    statement = click.prompt("In a sentence", default="", show_default=False)
    return Word(answer[0], answer[1] if len(answer) > 1 else "", statement)


async def _choose(place: Place, found: Investigation, word: Word) -> Scope:
    """One of the scopes that fit, each with what it would have met among the investigations of the past."""
    offered = scopes(found, word.object)
    page = await place.reader.list(INVESTIGATIONS, place.namespace)
    newest = sorted(page.items, key=lambda item: text(item, "metadata", "creationTimestamp"), reverse=True)[:HISTORY]
    past = [Investigation.model_validate(item) for item in newest]
    for number, scope in enumerate(offered, start=1):
        click.echo(f"  {number}  {scope_words(scope)}   ({_looking_back(scope, past, word)})")
    number = click.prompt("Where does it hold?", type=click.IntRange(1, len(offered)), default=1)
    return offered[number - 1]


def _looking_back(scope: Scope, past: Sequence[Investigation], word: Word) -> str:
    """To how many it could have applied, and which of those found something else."""
    contexts = [(one, of_question(one.spec, one.metadata.namespace)) for one in past]
    hits = [one for one, context in contexts if match(scope, context).answer is not Answer.CONFLICT]
    others = [one.metadata.name for one in hits if _found_another(one, word)]
    told = f"could have applied to {len(hits)} of the last {len(past)} here"
    return f"{told}; {len(others)} found another cause: {', '.join(others[:SHOWN])}" if others else told


def _found_another(one: Investigation, word: Word) -> bool:
    roots = one.status.report.root_causes if one.status.report else []
    return bool(roots) and all((root.cause, root.object) != (word.cause, word.object or root.object) for root in roots)


def _added(entry: dict[str, Any]) -> str:
    if entry["standing"] == "Confirmed":
        return f"feedback {entry['id']}: confirmed"
    return f"feedback {entry['id']}: proposed; it has no force until somebody confirms it"


async def _outcome(place: Place, name: str, id_: str, wait: int) -> list[str]:
    """What became of it, once it was acted on; or that this takes longer than the caller waits."""
    for _ in range(int(wait / _POLL)):
        found = await feedback.read(place, name)
        lesson = next((one for one in found.status.lessons if one.feedback_id == id_), None)
        if lesson is not None and lesson.replay is not ReplayStanding.PENDING:
            replay = found.status.replay
            return [lesson.message, *(replay_lines(replay) if replay and replay.feedback_id == id_ else ())]
        await asyncio.sleep(_POLL)
    return [f"not acted on yet; look again with: kubectl casebook show {name} -n {place.namespace}"] if wait else []
