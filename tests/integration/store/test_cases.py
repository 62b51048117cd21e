"""Cases on a real Postgres: kept once, found by what was asked, with the latest word, never another tenant's."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from casebook.api.case import Asked, Said
from casebook.api.enums import Judgement
from casebook.store.cases import MAX_CASES, Cases
from casebook.store.database import Database
from support.pastcases import NOW, past
from support.postgres import Postgres

QUESTION = past(1).asked


@pytest.fixture
async def cases(postgres: Postgres) -> AsyncIterator[Cases]:
    async with Database.open(postgres.app) as database:
        yield Cases(database)


async def test_a_case_comes_back_as_it_was_kept(cases: Cases, tenant: str) -> None:
    await cases.keep(tenant, past(1))
    assert await cases.asked(tenant, QUESTION) == [past(1)]


async def test_a_later_attempt_takes_the_place_of_an_earlier_one(cases: Cases, tenant: str) -> None:
    await cases.keep(tenant, past(1))
    await cases.keep(tenant, past(1, cause="EnvMissing"))
    assert [one.cause for one in await cases.asked(tenant, QUESTION)] == ["EnvMissing"]


async def test_only_the_same_question_the_newest_first(cases: Cases, tenant: str) -> None:
    for number, hours in ((1, 3.0), (2, 1.0), (3, 2.0)):
        await cases.keep(tenant, past(number, hours=hours))
    for field in ("alertname", "place", "kind", "entity"):
        await cases.keep(tenant, past(9, asked=QUESTION.replace(**{field: "other"})).replace(uid=f"uid-{field}"))
    assert [one.name for one in await cases.asked(tenant, QUESTION)] == ["inv-2", "inv-3", "inv-1"]


async def test_beside_are_those_of_the_same_alert_and_place_about_another_object(cases: Cases, tenant: str) -> None:
    await cases.keep(tenant, past(1))
    for number, field in enumerate(("alertname", "place", "kind", "entity"), 2):
        await cases.keep(tenant, past(number, hours=number, asked=QUESTION.replace(**{field: "other"})))
    assert [one.name for one in await cases.beside(tenant, QUESTION)] == ["inv-4", "inv-5"]
    assert await cases.beside(f"{tenant}-b", QUESTION) == []


async def test_the_latest_word_counts_and_an_entry_stays(cases: Cases, tenant: str) -> None:
    await cases.keep(tenant, past(1))
    wrong = Said(judgement=Judgement.WRONG, author="alice", truth="DnsFailing")
    await cases.say(tenant, "uid-1", {"f1": wrong})
    assert (await cases.asked(tenant, QUESTION))[0].said == wrong
    right = Said(judgement=Judgement.CORRECT, author="bob")
    await cases.say(tenant, "uid-1", {"f1": right})
    assert (await cases.asked(tenant, QUESTION))[0].said == wrong, "an entry is kept once"
    await cases.say(tenant, "uid-1", {"f1": right, "f2": right})
    await cases.say(tenant, "uid-1", {"f1": wrong})
    assert (await cases.asked(tenant, QUESTION))[0].said == right
    await cases.say(tenant, "uid-1", {})


async def test_no_more_than_the_newest_are_looked_at(cases: Cases, tenant: str) -> None:
    for number in range(MAX_CASES + 3):
        await cases.keep(tenant, past(number, hours=number / 60))
    found = await cases.asked(tenant, QUESTION)
    assert len(found) == MAX_CASES
    assert found[0].at == NOW
    assert found[-1].at == NOW - timedelta(minutes=MAX_CASES - 1)


async def test_cases_by_name_with_the_latest_word(cases: Cases, tenant: str) -> None:
    for number in (1, 2, 3):
        await cases.keep(tenant, past(number, hours=number))
    right = Said(judgement=Judgement.CORRECT, author="bob")
    await cases.say(tenant, "uid-3", {"f1": right})
    found = await cases.named(tenant, ["uid-3", "uid-1", "uid-9"])
    assert [(one.uid, one.said) for one in found] == [("uid-1", None), ("uid-3", right)]
    assert await cases.named(tenant, []) == []
    assert await cases.named(f"{tenant}-b", ["uid-1"]) == []


async def test_another_tenant_sees_nothing_of_it(cases: Cases, tenant: str) -> None:
    """I8, also for a name that tries to be more than a name."""
    await cases.keep(tenant, past(1))
    await cases.say(tenant, "uid-1", {"f1": Said(judgement=Judgement.WRONG, author="alice")})
    for other in (f"{tenant}-b", "' or tenant <> '", "%"):
        assert await cases.asked(other, QUESTION) == []
        await cases.keep(other, past(1))
        assert [one.said for one in await cases.asked(other, QUESTION)] == [None]
    nasty = Asked(alertname="' or '1'='1", place="shop", kind="Deployment", entity="web")
    assert await cases.asked(tenant, nasty) == []
