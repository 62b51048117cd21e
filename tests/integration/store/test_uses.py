"""The ledger on a real Postgres: a use an investigation, the newest first, the latest word, one tenant's alone."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from casebook.api.case import Hint, Said
from casebook.api.enums import HintKind, Judgement, Role
from casebook.store import uses as stored
from casebook.store.cases import Cases
from casebook.store.database import Database
from casebook.store.uses import Ledger
from support.pastcases import NOW, past, use
from support.postgres import Postgres


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    async with Database.open(postgres.app) as opened:
        yield opened


async def test_uses_come_back_the_newest_first_with_the_latest_word(database: Database, tenant: str) -> None:
    ledger, cases = Ledger(database), Cases(database)
    await ledger.note(tenant, [use(2), use(3, "Shown", name="n")])
    await ledger.note(tenant, [use(1, "Acted")])
    await ledger.note(tenant, [])
    for id_, judgement in (("f1", Judgement.CORRECT), ("f2", Judgement.WRONG)):
        await cases.say(tenant, "uid-2", {id_: Said(judgement=judgement, author="bob")})
    assert await ledger.used(tenant) == [use(1, "Acted"), use(2, "Led", "Wrong"), use(3, "Shown", name="n")]


async def test_a_use_knows_what_was_seen_of_its_investigation(database: Database, tenant: str) -> None:
    ledger, cases = Ledger(database), Cases(database)
    await ledger.note(tenant, [use(1), use(2)])
    hint = Hint(kind=HintKind.ROLLED_BACK, at=NOW, seen_in="inv-9")
    for one in (past(1, hint=hint), past(2)):
        await cases.keep(tenant, one)
    assert [one.hint for one in await ledger.used(tenant)] == [HintKind.ROLLED_BACK, None]
    assert [one.hint for one in await cases.recent(tenant, NOW)] == [hint, None]
    assert await cases.recent(tenant, NOW + timedelta(seconds=1)) == []
    assert await cases.recent(f"{tenant}-b", NOW) == []


async def test_a_later_attempt_takes_the_place_of_an_earlier_one(database: Database, tenant: str) -> None:
    ledger = Ledger(database)
    await ledger.note(tenant, [use(1, "Shown")])
    await ledger.note(tenant, [use(1, "Led", version=2)])
    assert [(one.role, one.version) for one in await ledger.used(tenant)] == [(Role.LED, 2)]


async def test_what_is_long_ago_is_forgotten(database: Database, tenant: str) -> None:
    ledger = Ledger(database)
    await ledger.note(tenant, [use(number) for number in range(stored.MAX_USES + 5)])
    found = await ledger.used(tenant)
    assert [one.investigation for one in found] == [f"inv-{number}" for number in range(stored.MAX_USES)]


async def test_another_tenant_sees_none_of_them(database: Database, tenant: str) -> None:
    """I8, of words as well: the other has an investigation with the same uid."""
    ledger, other = Ledger(database), f"{tenant}-b"
    await ledger.note(tenant, [use(1)])
    await Cases(database).say(tenant, "uid-1", {"f1": Said(judgement=Judgement.WRONG, author="alice")})
    assert await ledger.used(other) == []
    await ledger.note(other, [use(1)])
    assert await ledger.used(other) == [use(1)]
