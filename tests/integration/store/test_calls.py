"""The ledger of spending on a real Postgres: several gateways together never go over a limit; a row for every call."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from casebook.api.spending import Settled, Spent
from casebook.gateway.config import Models
from casebook.gateway.ledger import Ledger
from casebook.store.calls import Calls
from casebook.store.database import Database
from support.postgres import Postgres
from support.spending import NOW, answered, call, refused, spend

GATEWAYS = 3


@pytest.fixture
async def gateways(postgres: Postgres) -> AsyncIterator[Callable[..., list[Ledger]]]:
    """Makes ledgers of gateways, each with a pool of its own."""
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(Database.open(postgres.app)) for _ in range(GATEWAYS)]

        def made(**limits: float) -> list[Ledger]:
            settings = Models.model_validate({"calls_per_run": 1000, **limits})
            return [Ledger(settings, Calls(one), lambda: NOW) for one in databases]

        yield made


def rows(postgres: Postgres, tenant: str) -> list[dict]:
    with psycopg.connect(postgres.app, row_factory=dict_row) as connection:
        connection.execute("select set_config('casebook.tenant', %s, true)", [tenant])
        return connection.execute("select * from casebook.model_calls order by id").fetchall()


async def test_spenders_at_several_gateways_spend_the_budget_and_not_a_token_more(
    postgres: Postgres, gateways: Callable[..., list[Ledger]], tenant: str
) -> None:
    spenders = [spend(one, tenant, 2_000, tokens=100, cost=100) for one in gateways() for _ in range(2)]
    assert sum(await asyncio.gather(*spenders)) == 20
    assert sum(row["tokens"] for row in rows(postgres, tenant)) == 2_000


async def test_the_limit_of_a_tenant_holds_over_all_runs_and_gateways(
    postgres: Postgres, gateways: Callable[..., list[Ledger]], tenant: str
) -> None:
    async def one(ledger: Ledger, number: int) -> str:
        return await refused(ledger, tenant, call(f"uid-{number}", tokens=10, money=300_000_000), 1_000)

    ledgers = gateways(money_per_tenant_and_day=1.0)
    said = await asyncio.gather(*(one(ledgers[number % GATEWAYS], number) for number in range(24)))
    assert said.count("") == 3
    assert len([one for one in said if "1.0 a day" in one]) == 21
    assert sum(row["money"] for row in rows(postgres, tenant)) == 900_000_000


async def test_another_tenant_and_another_day_have_limits_of_their_own(
    gateways: Callable[..., list[Ledger]], tenant: str
) -> None:
    ledger = gateways(tokens_per_tenant_and_day=100)[0]
    await ledger.reserve(tenant, call("a", tokens=100, at=NOW - timedelta(days=1)), 1_000)
    await ledger.reserve(tenant, call("b", tokens=100), 1_000)
    await ledger.reserve(f"{tenant}-b", call("c", tokens=100), 1_000)


async def test_a_row_tells_who_asked_which_model_what_and_what_came_of_it(
    postgres: Postgres, gateways: Callable[..., list[Ledger]], tenant: str
) -> None:
    ledger, held = gateways()[0], call(tokens=900, money=7)
    await ledger.reserve(tenant, held, 1_000)
    (row,) = rows(postgres, tenant)
    assert (row["outcome"], row["tokens"], row["model"]) == ("reserved", 900, None)
    ledger.settle(tenant, held.id, answered(120, 3))
    assert await ledger.close(10)
    (row,) = rows(postgres, tenant)
    told = ("tenant", "uid", "investigation", "digest", "endpoint", "model", "outcome", "tokens", "money", "question")
    assert [row[name] for name in told] == [tenant, "uid-1", "inv-1", "d", "e", "m", "answered", 120, 3, None]


async def test_what_a_run_has_spent_is_the_sum_of_its_rows_whichever_gateway_settled_them(
    postgres: Postgres, gateways: Callable[..., list[Ledger]], tenant: str
) -> None:
    first, second, third = gateways()
    assert await first.spent(tenant, "uid-1") == Spent()
    held = [call(tokens=900, money=5_000_000_000) for _ in range(3)]
    for one in (*held, call("uid-2", tokens=50, money=1)):
        await first.reserve(tenant, one, 10_000)
    third.settle(tenant, held[0].id, answered(120, 3))
    second.settle(tenant, held[1].id, Settled(outcome="failed", problem="504"))
    assert await second.close(10)
    assert await third.close(10)
    mine = [row for row in rows(postgres, tenant) if row["uid"] == "uid-1"]
    found = await first.spent(tenant, "uid-1")
    assert found == Spent(calls=3, tokens=120 + 900 + 900, money=10_000_000_003)
    assert found == Spent(calls=len(mine), **{name: sum(row[name] for row in mine) for name in ("tokens", "money")})
    assert await first.spent(f"{tenant}-b", "uid-1") == Spent()


async def test_rows_are_kept_for_so_many_days(
    postgres: Postgres, gateways: Callable[..., list[Ledger]], tenant: str
) -> None:
    old, recent = call("a", at=NOW - timedelta(days=40)), call("b", at=NOW - timedelta(days=20))
    await gateways()[0].reserve(tenant, old, 1_000)
    assert len(rows(postgres, tenant)) == 1
    await gateways(audit_days=30)[0].reserve(tenant, recent, 1_000)
    assert [row["uid"] for row in rows(postgres, tenant)] == ["b"]


class Dying(Calls):
    """The store of a gateway that is killed before it wrote what a call did cost."""

    async def settle(self, *_: object) -> None:
        await asyncio.Event().wait()


async def test_a_call_whose_gateway_died_counts_as_reserved_at_the_others(postgres: Postgres, tenant: str) -> None:
    async with Database.open(postgres.app) as database:
        settings = Models(calls_per_run=1000)
        dead, other = (Ledger(settings, one(database), lambda: NOW) for one in (Dying, Calls))
        held = call(tokens=900)
        await dead.reserve(tenant, held, 1_000)
        dead.settle(tenant, held.id, answered(10))
        assert not await dead.close(0.1)
        assert "1000 tokens of this run" in await refused(other, tenant, call(tokens=101), 1_000)
        assert await refused(other, tenant, call(tokens=100), 1_000) == ""
