"""Who may decide what: every verb for every reach, each taken away alone, with all others held; and those alone."""

from typing import NamedTuple

import pytest

from support.release import OPERATOR
from support.written import CONFIRM, EDIT, MEMORIES, NARROW, QUARANTINE, memory, skill

VERBS = frozenset({"confirm", "confirmbroad", "publish", "quarantine"})
HERE, TENANT = "here", "tenant"


class Cell(NamedTuple):
    """What is decided, how far it reaches, and the verbs that it takes, with where they are held."""

    what: str
    reach: str
    needs: frozenset[tuple[str, str]]


MATRIX = [
    Cell("narrow", "Namespace", frozenset({(HERE, "confirm")})),
    Cell("narrow", "Tenant", frozenset({(TENANT, "confirm")})),
    Cell("narrow", "Platform", frozenset({(HERE, "publish")})),
    Cell("broad", "Namespace", frozenset({(HERE, "confirm"), (HERE, "confirmbroad")})),
    Cell("broad", "Tenant", frozenset({(TENANT, "confirm"), (TENANT, "confirmbroad")})),
    Cell("broad", "Platform", frozenset({(HERE, "publish"), (HERE, "confirmbroad")})),
    Cell("quarantine", "Namespace", frozenset({(HERE, "quarantine")})),
    Cell("quarantine", "Tenant", frozenset({(TENANT, "quarantine")})),
    Cell("quarantine", "Platform", frozenset({(HERE, "quarantine"), (HERE, "publish")})),
]
KINDS = [
    (cell, kind) for cell in MATRIX for kind in ("memories", "skills") if (cell.what, kind) != ("quarantine", "skills")
]
NAMES = [f"{cell.what}-{cell.reach}-{kind}" for cell, kind in KINDS]


def written(cell: Cell, kind: str, place: str, editor: str, state: str) -> dict:
    scope = {} if cell.what == "broad" else NARROW
    if kind == "skills":
        return skill(place, editor, state=state, when=scope, reach=cell.reach)
    spec = QUARANTINE if cell.what == "quarantine" else {"scope": scope}
    return memory(place, editor, state, reach=cell.reach, **spec)


async def holds(someone, held: frozenset[tuple[str, str]], kind: str, place: str, namespace: str) -> None:
    here = ",".join(sorted(verb for where, verb in held if where == HERE))
    broader = ",".join(sorted(verb for where, verb in held if where == TENANT))
    await someone.may(*EDIT, *([("casebook.dev", kind, here)] if here else []), namespace=place)
    if broader:
        await someone.may(("casebook.dev", f"tenants=ns:{namespace}", broader))


def tried(someone, cell: Cell, kind: str, place: str, state: str):
    return someone.create(f"{kind}.casebook.dev", written(cell, kind, place, someone.name, state))


@pytest.mark.parametrize(("cell", "kind"), KINDS, ids=NAMES)
async def test_each_verb_is_needed_and_no_other(person, namespace, cell, kind):
    place = OPERATOR if cell.reach == "Platform" else namespace
    everything = frozenset((where, verb) for where in (HERE, TENANT) for verb in VERBS)
    for number, missing in enumerate(sorted(cell.needs)):
        where, verb = missing
        on = f"tenants.casebook.dev/ns:{namespace}" if where == TENANT else f"{kind}.casebook.dev in namespace {place}"
        almost = await person(f"almost{number}")
        await holds(almost, everything - {missing}, kind, place, namespace)
        for state in ("Confirmed", "Rejected"):
            await tried(almost, cell, kind, place, state).denied_by(CONFIRM, f"needs verb {verb} on {on}")
    able = await person("able")
    await holds(able, cell.needs, kind, place, namespace)
    for state in ("Confirmed", "Rejected"):
        await tried(able, cell, kind, place, state).admitted()


@pytest.mark.parametrize(("cell", "kind"), KINDS, ids=NAMES)
async def test_who_holds_none_of_them_may_propose_and_no_more(person, namespace, cell, kind):
    place = OPERATOR if cell.reach == "Platform" else namespace
    nobody = await person("nobody")
    await holds(nobody, frozenset(), kind, place, namespace)
    await tried(nobody, cell, kind, place, "Proposed").admitted()
    await tried(nobody, cell, kind, place, "Confirmed").denied_by(CONFIRM)


async def test_the_verbs_of_one_tenant_are_worth_nothing_in_another(person, namespace):
    wide = Cell("narrow", "Tenant", frozenset({(TENANT, "confirm")}))
    stranger = await person("stranger")
    await holds(stranger, frozenset((HERE, verb) for verb in VERBS), "memories", namespace, namespace)
    await stranger.may(("casebook.dev", "tenants=ns:somewhere-else", ",".join(sorted(VERBS))))
    await stranger.create(MEMORIES, memory(namespace, stranger.name)).admitted()
    await tried(stranger, wide, "memories", namespace, "Confirmed").denied_by(CONFIRM, f"ns:{namespace}")
