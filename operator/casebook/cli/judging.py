"""Changing the state of a memory, as the three commands that do so share it."""

from datetime import UTC, datetime
from typing import Any

import click

from casebook.api.base import MEMORIES, timestamp
from casebook.api.enums import State
from casebook.cli.people import Access, Place, in_cluster
from casebook.cluster.errors import Conflict


def judge(word: str, state: State, help_: str) -> click.Command:
    """The command that brings a memory into a state, under the caller's own name."""

    @click.command(word, help=help_)
    @click.argument("memory", metavar="MEMORY")
    @in_cluster
    def command(memory: str, namespace: str | None, kubeconfig: str | None, context: str | None) -> None:
        async def work(place: Place) -> str:
            return await _judge(place, memory, state)

        before = Access(namespace, kubeconfig, context).run(work)
        click.echo(f"memory/{memory}: {before} -> {state.value}")

    return command


async def _judge(place: Place, name: str, state: State) -> str:
    """Write the state of what was read, and nothing that changed meanwhile; the state before.

    What is confirmed already is confirmed anew: it is valid from now on, which makes a new version of it.
    """
    raw = await place.reader.get(MEMORIES, name, place.namespace)
    before = raw["spec"].get("state", State.PROPOSED.value)
    spec = {"state": state.value, "lastEditor": await place.me()}
    if before == state.value == State.CONFIRMED.value:
        spec["validFrom"] = timestamp(datetime.now(UTC))
    await rewrite(place, raw, spec)
    return str(before)


async def rewrite(place: Place, raw: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """Change members of the spec of the memory that was read. Raises `Conflict` where it has changed since."""
    metadata = raw["metadata"]
    patch = {"metadata": {"resourceVersion": metadata["resourceVersion"]}, "spec": spec}
    try:
        return await place.writer.patch(MEMORIES, metadata["name"], place.namespace, patch)
    except Conflict as error:
        name = metadata["name"]
        raise Conflict(f"memory {name} has changed; read it again: kubectl get memory {name} -o yaml") from error
