"""What memories said, version by version. Rows are added and never changed: the role that is used here cannot."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from casebook.api.run import Recalled
from casebook.store.database import Database
from casebook.store.tables import memory_versions

PAGE = 500


class Versions:
    """The store of versions. Every method raises `StoreUnavailable`; every write may be repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, tenant: str, memories: Sequence[Recalled]) -> None:
        """Keep what these say now; what is kept already stays as it is.

        A memory that was deleted and made anew begins again with version 1: its content tells the two apart.
        """
        statement = upsert(memory_versions).on_conflict_do_nothing()
        for begin in range(0, len(memories), PAGE):
            rows = [_row(tenant, memory) for memory in memories[begin : begin + PAGE]]
            async with self._database.transaction(tenant) as connection:
                await connection.execute(statement, rows)

    async def of(self, tenant: str, namespace: str, name: str) -> list[Recalled]:
        """All versions of a memory, in the order in which they were kept."""
        kept = memory_versions.c
        mine = (kept.tenant == tenant, kept.namespace == namespace, kept.name == name)
        query = select(kept.memory).where(*mine).order_by(kept.seq)
        async with self._database.transaction(tenant) as connection:
            return [Recalled.model_validate(row.memory) for row in await connection.execute(query)]


def _row(tenant: str, memory: Recalled) -> dict[str, Any]:
    # How it stood at that moment is not what it said.
    said = memory.replace(stale="", quarantined="")
    digest = sha256(memory.spec.model_dump_json().encode()).hexdigest()
    key = {"tenant": tenant, "namespace": memory.namespace, "name": memory.name, "version": memory.version}
    return {**key, "digest": digest, "memory": said.wire()}
