"""The casebook: concluded cases of a tenant and what people said of them, found again by what was asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.dialects.postgresql import insert as upsert

from casebook.api.case import Asked, PastCase, Said
from casebook.store.database import Database
from casebook.store.tables import cases, words

MAX_CASES = 100
"""Cases that are looked at, the newest, of one question or of all: enough to count the occurrences of a month of
alerts."""


class Cases:
    """The store of cases. Every method raises `StoreUnavailable`; every write may be repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, tenant: str, case: PastCase) -> None:
        """Keep a case; that of a later attempt at the same investigation takes the place of an earlier one's."""
        row = _row(tenant, case)
        statement = upsert(cases).values(row).on_conflict_do_update(index_elements=["tenant", "uid"], set_=row)
        async with self._database.transaction(tenant) as connection:
            await connection.execute(statement)

    async def restore(self, tenant: str, case: PastCase) -> None:
        """Keep a case if there is none of this investigation."""
        async with self._database.transaction(tenant) as connection:
            await connection.execute(upsert(cases).values(_row(tenant, case)).on_conflict_do_nothing())

    async def recent(self, tenant: str, since: datetime) -> list[PastCase]:
        """The cases that were concluded since then, the newest first, with the latest word on each."""
        return await self._found(tenant, cases.c.at >= since)

    async def say(self, tenant: str, uid: str, entries: Mapping[str, Said]) -> None:
        """Keep what people said of an investigation, by the entry's id; one that is there already stays as it is."""
        rows = [
            {"tenant": tenant, "uid": uid, "feedback_id": id_, "said": said.wire()} for id_, said in entries.items()
        ]
        async with self._database.transaction(tenant) as connection:
            if rows:
                await connection.execute(upsert(words).on_conflict_do_nothing(), rows)

    async def asked(self, tenant: str, asked: Asked) -> list[PastCase]:
        """Cases of questions with the same alert, place and target, the newest first, with the latest word on each."""
        return await self._found(tenant, *_is_asked(asked))

    async def beside(self, tenant: str, asked: Asked) -> list[PastCase]:
        """Cases of the same alert and place, but of another target, the newest first, with the latest word on each."""
        of = cases.c
        other = or_(of.kind != asked.kind, of.entity != asked.entity)
        return await self._found(tenant, of.alertname == asked.alertname, of.place == asked.place, other)

    async def named(self, tenant: str, uids: Sequence[str]) -> list[PastCase]:
        """The cases with these uids, the newest first, with the latest word on each."""
        return await self._found(tenant, cases.c.uid.in_(uids))

    async def _found(self, tenant: str, *where: ColumnElement[bool]) -> list[PastCase]:
        async with self._database.transaction(tenant) as connection:
            rows = (await connection.execute(_query(tenant).where(*where))).all()
        return [_case(row.record, row.said) for row in rows]


def _row(tenant: str, case: PastCase) -> dict[str, Any]:
    key = case.asked.model_dump(exclude={"words"})
    return key | {"tenant": tenant, "uid": case.uid, "at": case.at, "record": case.replace(said=None).wire()}


def _is_asked(asked: Asked) -> tuple[ColumnElement[bool], ...]:
    of = cases.c
    about = (of.alertname, asked.alertname), (of.place, asked.place), (of.kind, asked.kind), (of.entity, asked.entity)
    return tuple(column == value for column, value in about)


def _query(tenant: str) -> Select[Any]:
    """The newest cases, at most `MAX_CASES`."""
    of = cases.c
    latest = (
        select(words.c.said)
        .where(words.c.tenant == tenant, words.c.uid == of.uid)
        .order_by(words.c.seq.desc())
        .limit(1)
        .lateral()
    )
    return (
        select(of.record, latest.c.said)
        .outerjoin_from(cases, latest, true())
        .where(of.tenant == tenant)
        .order_by(of.at.desc(), of.uid)
        .limit(MAX_CASES)
    )


def _case(record: dict[str, Any], said: dict[str, Any] | None) -> PastCase:
    return PastCase.model_validate({**record, "said": said})
