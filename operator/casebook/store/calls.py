"""Calls of models: what each tenant and run has spent, and a row for every call."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from casebook.api.spending import RESERVED, Check, ModelCall, Settled, Spent
from casebook.store.database import Database
from casebook.store.tables import model_calls

_OF = model_calls.c
_COLUMNS = ("tenant", "outcome", *ModelCall.model_fields)
_HELD = insert(model_calls).values({name: bindparam(f"new_{name}", type_=_OF[name].type) for name in _COLUMNS})
_KINDS = (_OF.uid == bindparam("new_uid"), _OF.at >= bindparam("since"))
_SUMS = (func.count(), func.sum(_OF.tokens), func.sum(_OF.money))
_HOLD = (
    select(*(one.filter(kind) for kind in _KINDS for one in _SUMS))
    .where(_OF.tenant == bindparam("new_tenant"), or_(*_KINDS))
    .add_cte(_HELD.cte("held"))
)
"""Holds a call, and sums up what its run has spent before it and its tenant since then: one round trip for both."""
_SPENT = select(*_SUMS, func.count().filter(_OF.outcome == RESERVED)).where(
    _OF.tenant == bindparam("tenant"), _OF.uid == bindparam("uid")
)


class Calls:
    """The ledger of spending, shared by all gateways. Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, tenant: str, call: ModelCall, since: datetime, check: Check) -> str:
        """Hold a call if `check(spent by its run, spent by its tenant since then)` says nothing; else what it says.

        One at a time for a tenant, whichever gateway asks: what is checked is what is spent.
        """
        row = call.model_dump() | {"tenant": tenant, "outcome": RESERVED}
        given = {"since": since, **{f"new_{name}": value for name, value in row.items()}}
        async with self._database.transaction(tenant, alone=f"calls {tenant}") as connection:
            calls, tokens, money, *of_tenant = (await connection.execute(_HOLD, given)).one()
            refusal = check(_sum(calls, tokens, money), _sum(*of_tenant))
            if refusal:
                await connection.rollback()
            return refusal

    async def settle(self, tenant: str, id_: str, settled: Settled) -> None:
        """Put what became of a call in the place of what was reserved for it."""
        row = settled.model_dump(exclude_none=True)
        if settled.tokens is not None:
            row["tokens"] = settled.tokens
        async with self._database.transaction(tenant) as connection:
            await connection.execute(update(model_calls).where(_OF.tenant == tenant, _OF.id == id_).values(row))

    async def spent(self, tenant: str, uid: str) -> tuple[Spent, int]:
        """What a run has spent in all of its attempts, and how many of its calls are not settled."""
        async with self._database.transaction(tenant) as connection:
            *sums, unsettled = (await connection.execute(_SPENT, {"tenant": tenant, "uid": uid})).one()
        return _sum(*sums), unsettled

    async def forget(self, tenant: str, before: datetime) -> None:
        """Delete the rows of calls that were made before then."""
        async with self._database.transaction(tenant) as connection:
            await connection.execute(delete(model_calls).where(_OF.tenant == tenant, _OF.at < before))


def _sum(calls: int, tokens: Decimal | None, money: Decimal | None) -> Spent:
    return Spent(calls=calls, tokens=int(tokens or 0), money=int(money or 0))
