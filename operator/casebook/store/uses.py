"""The ledger of memories: which investigations recalled them, and what people said of those."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from casebook.api.case import Said, Use
from casebook.store.database import Database
from casebook.store.tables import cases, uses, words

MAX_USES = 200
"""Uses of a memory that are looked at, the newest: what it was good for long ago is forgotten."""


class Ledger:
    """The store of uses. Every method raises `StoreUnavailable`; every write may be repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, tenant: str, made: Sequence[Use]) -> None:
        """Keep the uses that an investigation made; those of a later attempt take the place of an earlier one's."""
        rows = [{"tenant": tenant, **use.model_dump(exclude={"judgement", "by", "hint"})} for use in made]
        statement = upsert(uses)
        keys = [column.name for column in uses.primary_key]
        later = {column.name: statement.excluded[column.name] for column in uses.c if column.name not in keys}
        async with self._database.transaction(tenant) as connection:
            if rows:
                replaced = statement.on_conflict_do_update(index_elements=keys, set_=later)
                await connection.execute(replaced, rows)

    async def used(self, tenant: str) -> list[Use]:
        """The uses of each memory, the newest first, with the latest word on each investigation and what was seen."""
        async with self._database.transaction(tenant) as connection:
            return [_use(row) for row in await connection.execute(_query(tenant))]


def _query(tenant: str) -> Select[Any]:
    latest = (
        select(words.c.uid, words.c.said)
        .where(words.c.tenant == tenant)
        .ext(distinct_on(words.c.uid))
        .order_by(words.c.uid, words.c.seq.desc())
        .subquery()
    )
    of = uses.c
    newest = func.row_number().over(partition_by=[of.namespace, of.name], order_by=[of.at.desc(), of.uid])
    numbered = select(uses, newest.label("number")).where(of.tenant == tenant).subquery()
    return (
        select(numbered, latest.c.said, cases.c.record["hint"]["kind"].as_string().label("hint"))
        .outerjoin(latest, latest.c.uid == numbered.c.uid)
        .outerjoin(cases, (cases.c.tenant == tenant) & (cases.c.uid == numbered.c.uid))
        .where(numbered.c.number <= MAX_USES)
        .order_by(numbered.c.namespace, numbered.c.name, numbered.c.number)
    )


def _use(row: Row[Any]) -> Use:
    found = row._mapping
    said = Said.model_validate(found["said"]) if found["said"] else None
    judged = {"judgement": said.judgement, "by": said.author} if said else {}
    return Use.model_validate({**{name: found[name] for name in Use.model_fields if name in found}, **judged})
