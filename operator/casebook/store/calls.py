"""Calls of models: what each tenant and run has spent, and a row for every call."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from casebook.api.spending import ModelCall, Settled, Spent
from casebook.store.database import Database
from casebook.store.tables import model_calls

Check = Callable[[Spent, Spent], str]


class Calls:
    """The ledger of spending, shared by all gateways. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, tenant: str, call: ModelCall, since: datetime, check: Check) -> str:
        """Hold a call if `check(spent by its run, spent by its tenant since then)` says nothing; else what it says.

        One at a time for a tenant, whichever gateway asks: what is checked is what is spent.
        """
        of = model_calls.c
        row = call.model_dump() | {"tenant": tenant, "outcome": "reserved"}
        async with self._database.transaction(tenant) as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"calls {tenant}", 0))))
            by_run = await _spent(connection, of.tenant == tenant, of.uid == call.uid)
            by_tenant = await _spent(connection, of.tenant == tenant, of.at >= since)
            refusal = check(by_run, by_tenant)
            if not refusal:
                await connection.execute(insert(model_calls).values(row))
            return refusal

    async def settle(self, tenant: str, id_: str, settled: Settled) -> None:
        """Put what became of a call in the place of what was reserved for it."""
        of = model_calls.c
        row = settled.model_dump(exclude_none=True)
        if settled.prompt_tokens is not None and settled.completion_tokens is not None:
            row["tokens"] = settled.prompt_tokens + settled.completion_tokens
        async with self._database.transaction(tenant) as connection:
            await connection.execute(update(model_calls).where(of.tenant == tenant, of.id == id_).values(row))

    async def forget(self, tenant: str, before: datetime) -> None:
        """Delete the rows of calls that were made before then."""
        of = model_calls.c
        async with self._database.transaction(tenant) as connection:
            await connection.execute(delete(model_calls).where(of.tenant == tenant, of.at < before))


async def _spent(connection: Any, *where: ColumnElement[bool]) -> Spent:
    of = model_calls.c
    sums = select(func.count(), func.sum(of.tokens), func.sum(of.money)).where(*where)
    calls, tokens, money = (await connection.execute(sums)).one()
    return Spent(calls=calls, tokens=int(tokens or 0), money=int(money or 0))
