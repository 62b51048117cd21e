"""`casebook db history`: what a memory said, version by version, though it was edited or deleted since."""

import asyncio
import os
from collections.abc import Iterator

import click

from casebook.api.base import API_VERSION, timestamp
from casebook.api.names import tenant_id
from casebook.api.run import Recalled
from casebook.cli.memories import claim_words
from casebook.knowledge.matching import scope_words
from casebook.store.database import DATABASE_URL, BadAddress, Database
from casebook.store.errors import StoreUnavailable
from casebook.store.versions import Versions


@click.command()
@click.argument("memory", metavar="NAMESPACE/NAME")
@click.option("--tenant", metavar="TENANT", help="label:VALUE where namespaces carry the tenant's label, or platform.")
@click.option("--version", type=click.IntRange(1), help="Print this version as YAML, to apply it again.")
def history(memory: str, tenant: str | None, version: int | None) -> None:
    """Show every version of a memory that was seen, from $CASEBOOK_DATABASE_URL. Versions outlive the memory."""
    namespace, slash, name = memory.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise click.UsageError(f"{memory!r} is not NAMESPACE/NAME, for example shop/web-quota")
    address = os.environ.get(DATABASE_URL, "")
    if not address:
        raise click.UsageError(f"${DATABASE_URL} is not set: give postgresql://user:password@host/database")
    whose = tenant or tenant_id(namespace, None)
    try:
        found = asyncio.run(_versions(address, whose, namespace, name))
    except BadAddress as error:
        raise click.UsageError(f"${DATABASE_URL}: {error}") from error
    except StoreUnavailable as error:
        raise click.ClickException(f"the database cannot be used: {error}") from error
    if not found:
        raise click.ClickException(f"tenant {whose} has no version of a memory {memory}")
    if version is None:
        click.echo("\n".join(line for one in found for line in _lines(one)))
    else:
        click.echo(_manifest(found, version), nl=False)


async def _versions(address: str, tenant: str, namespace: str, name: str) -> list[Recalled]:
    async with Database.open(address) as database:
        return await Versions(database).of(tenant, namespace, name)


def _lines(one: Recalled) -> Iterator[str]:
    by = f"  by {one.spec.last_editor}" if one.spec.last_editor else ""
    yield f"version {one.version}  {timestamp(one.written_at)}{by}  {one.spec.state.value}"
    yield f"    {claim_words(one.spec.claim)}  {one.spec.statement}"
    yield f"    where {scope_words(one.spec.scope)}"


def _manifest(found: list[Recalled], version: int) -> str:
    """The newest of this number, without who wrote it: whoever applies it does."""
    import yaml

    held = [one for one in found if one.version == version]
    if not held:
        raise click.ClickException(
            f"there is no version {version}; there are {', '.join(str(o.version) for o in found)}"
        )
    metadata = {"name": held[-1].name, "namespace": held[-1].namespace}
    spec = held[-1].spec.replace(last_editor="").model_dump(mode="json", by_alias=True, exclude_defaults=True)
    made = {"apiVersion": API_VERSION, "kind": "Memory", "metadata": metadata, "spec": spec}
    return yaml.safe_dump(made, sort_keys=False, allow_unicode=True)
