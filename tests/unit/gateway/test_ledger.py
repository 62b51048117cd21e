"""The ledger: what meets a limit exactly is within, what goes over it is refused, and nothing is spent uncounted."""

import asyncio

import pytest

from casebook.api.spending import BILLIONTHS, Settled, Spent
from casebook.gateway.config import ModelEndpoint, Models, Price
from casebook.gateway.errors import Problem
from casebook.gateway.ledger import Ledger, MemoryCalls
from casebook.gateway.model_api import price
from casebook.model.wire import Usage
from casebook.store.errors import StoreUnavailable
from support import spending
from support.spending import NOW, answered, call, spend

TENANT = "ns:shop"


def ledger(**limits: float) -> Ledger:
    return Ledger(Models.model_validate({"calls_per_run": 50, **limits}), MemoryCalls(), lambda: NOW)


async def refused(book: Ledger, **held: int) -> str:
    return await spending.refused(book, TENANT, call(**held), 10_000)


@pytest.mark.parametrize(
    ("limits", "within", "over", "said"),
    [
        ({}, {"tokens": 10_000}, {"tokens": 10_001}, "10000 tokens of this run (spec.budget.tokens)"),
        ({"tokens_per_tenant_and_day": 500}, {"tokens": 500}, {"tokens": 501}, "500 tokens a day"),
        ({"money_per_tenant_and_day": 0.5}, {"money": BILLIONTHS // 2}, {"money": BILLIONTHS // 2 + 1}, "0.5 a day"),
        ({"money_per_run": 0.5}, {"money": BILLIONTHS // 2}, {"money": BILLIONTHS // 2 + 1}, "0.5 a run"),
    ],
)
async def test_what_meets_a_limit_is_within_and_one_more_is_not(
    limits: dict, within: dict, over: dict, said: str
) -> None:
    assert said in await refused(ledger(**limits), **over)
    book = ledger(**limits)
    assert await refused(book, **within) == ""
    assert said in await refused(book, **({"tokens": 1} | dict.fromkeys(within, 1)))


async def test_calls_and_money_count_for_each_run_and_for_the_tenant_over_all_of_its_runs() -> None:
    book = ledger(money_per_run=1.0, calls_per_tenant_and_day=3)
    first = [call("uid-1", money=BILLIONTHS // 2) for _ in range(3)]
    assert [await spending.refused(book, TENANT, one, 10_000) for one in first[:2]] == ["", ""]
    assert "1.0 a run (gateway.models.moneyPerRun)" in await spending.refused(book, TENANT, first[2], 10_000)
    second = [call("uid-2", money=BILLIONTHS) for _ in range(2)]
    assert await spending.refused(book, TENANT, second[0], 10_000) == ""
    of_tenant = await spending.refused(book, TENANT, call("uid-3"), 10_000)
    assert "3 calls a day (gateway.models.callsPerTenantAndDay)" in of_tenant
    assert await spending.refused(book, "ns:other", call("uid-4"), 10_000) == ""


async def test_a_call_that_failed_stays_counted_as_reserved() -> None:
    book = ledger()
    held = call(tokens=9_000)
    await book.reserve(TENANT, held, 10_000)
    book.settle(TENANT, held.id, answered(0).replace(outcome="failed", prompt_tokens=None))
    assert "10000 tokens of this run" in await refused(book, tokens=2_000)


async def test_what_was_not_used_is_given_back() -> None:
    book = ledger()
    held = call(tokens=10_000)
    await book.reserve(TENANT, held, 10_000)
    book.settle(TENANT, held.id, answered(100))
    assert await refused(book, tokens=9_900) == ""


async def test_the_spender_stops_at_the_budget() -> None:
    book = ledger()
    assert await spend(book, TENANT, 1_000, tokens=100, cost=100) == 10
    assert await spend(ledger(calls_per_run=3), TENANT, 1_000, tokens=100, cost=0) == 3


class Away(MemoryCalls):
    """A store that does not answer."""

    async def reserve(self, *_: object) -> str:
        raise StoreUnavailable("the database is restarting")

    async def settle(self, *_: object) -> None:
        raise StoreUnavailable("the database is restarting")

    async def spent(self, *_: object) -> None:
        raise StoreUnavailable("the database is restarting")


async def test_where_it_cannot_be_counted_nothing_is_spent() -> None:
    book = Ledger(Models(), Away(), lambda: NOW)
    with pytest.raises(Problem, match="cannot be counted now: the database is restarting") as caught:
        await book.reserve(TENANT, call(), 10_000)
    assert caught.value.status == 503


async def test_an_answer_is_not_lost_because_its_cost_cannot_be_written() -> None:
    book = Ledger(Models(), Away(), lambda: NOW)
    book.settle(TENANT, "id", answered(1))
    assert await book.close(1)


class Slow(MemoryCalls):
    """A store that writes what became of a call only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def settle(self, tenant: str, id_: str, settled: Settled) -> None:
        await self.let.wait()
        await super().settle(tenant, id_, settled)


async def test_until_it_is_written_a_call_counts_as_reserved_and_nobody_is_refused_for_that() -> None:
    slow = Slow()
    book = Ledger(Models(calls_per_run=50), slow, lambda: NOW)
    held = call(tokens=9_000)
    await book.reserve(TENANT, held, 10_000)
    book.settle(TENANT, held.id, answered(100))
    assert await refused(book, tokens=1_000) == "", "there is room beside what is reserved"
    waiting = asyncio.create_task(refused(book, tokens=8_900))
    assert not (await asyncio.wait([waiting], timeout=0.05))[0], "it is not said before what is left over is known"
    slow.let.set()
    assert await waiting == ""


async def test_a_gateway_that_ends_waits_so_long_for_what_is_to_be_written() -> None:
    slow = Slow()
    book = Ledger(Models(), slow, lambda: NOW)
    held = call()
    await book.reserve(TENANT, held, 10_000)
    book.settle(TENANT, held.id, answered(1))
    assert not await book.close(0.05)
    slow.let.set()
    assert await book.close(5)


class Shared(MemoryCalls):
    """A store in which another gateway settles a call after so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    async def spent(self, *_: object) -> tuple[Spent, int]:
        self.looks -= 1
        return Spent(calls=2, tokens=900 if self.looks >= 0 else 30), int(self.looks >= 0)


async def test_what_another_gateway_is_about_to_write_is_waited_for_but_not_for_ever() -> None:
    for looks, tokens in ((0, 30), (2, 30), (99, 900)):
        book = Ledger(Models(), Shared(looks), lambda: NOW)
        assert await book.spent(TENANT, "uid-1") == Spent(calls=2, tokens=tokens), looks


async def test_what_was_spent_is_not_told_where_it_is_not_known() -> None:
    for calls in (MemoryCalls(), Away()):
        book = Ledger(Models(), calls, lambda: NOW)
        assert await book.spent(TENANT, "uid-1") is None


@pytest.mark.parametrize(
    ("prompt", "completion", "tokens", "billionths"),
    [(0.25, 2, (1000, 100), 450_000), (0.0375, 0, (1, 0), 38), (0.1, 0.2, (3, 3), 900), (0, 0, (5, 5), 0)],
)
def test_money_is_whole_and_rounded_up(
    prompt: float, completion: float, tokens: tuple[int, int], billionths: int
) -> None:
    there = ModelEndpoint(name="e", url="http://x/v1", model="m", price=Price(prompt=prompt, completion=completion))
    assert price(there, Usage(prompt_tokens=tokens[0], completion_tokens=tokens[1])) == billionths
