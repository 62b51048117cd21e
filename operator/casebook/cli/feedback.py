"""A person's word on an investigation, added to it without losing anybody else's."""

from typing import Any

from casebook.api.base import INVESTIGATIONS
from casebook.api.investigation import Investigation
from casebook.cli.people import Place
from casebook.cluster.errors import Conflict, Denied

_TURNS = 5
_MAY_NOT = "add it with standing: Proposed"
"""How the policies end what they say to somebody who may propose, but not confirm."""


async def read(place: Place, name: str) -> Investigation:
    """The investigation. Raises `ClusterError`."""
    return Investigation.model_validate(await place.reader.get(INVESTIGATIONS, name, place.namespace))


async def add(place: Place, name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Add an entry under the caller's own name; the entry as it stands. Raises `ClusterError`.

    Who may not confirm proposes: an entry that was to be Confirmed is then added as Proposed.
    """
    signed = {**entry, "author": await place.me()}
    try:
        return await _append(place, name, signed)
    except Denied as error:
        if signed.get("standing") != "Confirmed" or _MAY_NOT not in error.message:
            raise
        return await _append(place, name, {**signed, "standing": "Proposed"})


async def _append(place: Place, name: str, entry: dict[str, Any]) -> dict[str, Any]:
    for turn in range(_TURNS):
        raw = await place.reader.get(INVESTIGATIONS, name, place.namespace)
        there = (raw.get("spec") or {}).get("feedback") or []
        added = {"id": _free({one["id"] for one in there}), **entry}
        # The version makes it a compare-and-set: a merge patch replaces the whole list.
        patch = {
            "metadata": {"resourceVersion": raw["metadata"]["resourceVersion"]},
            "spec": {"feedback": [*there, added]},
        }
        try:
            await place.writer.patch(INVESTIGATIONS, name, place.namespace, patch)
        except Conflict:
            if turn + 1 == _TURNS:
                raise
            continue
        return added
    raise AssertionError("unreachable")


def _free(taken: set[str]) -> str:
    return next(f"f{number}" for number in range(1, len(taken) + 2) if f"f{number}" not in taken)
