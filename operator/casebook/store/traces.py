"""Traces of investigations: what was asked, seen and concluded, kept by tenant so that it can be replayed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from casebook.api.consultation import Consultation
from casebook.api.observation import Observation
from casebook.api.report import Report
from casebook.api.run import Checkpoint, ReportEnvelope, Run, Stop, Trace
from casebook.store.database import Database
from casebook.store.tables import observations, reports, runs


class Traces:
    """The store of traces. Every method raises `StoreUnavailable`; every write may be repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, tenant: str, run: Run) -> Run:
        """Keep the run of this attempt; the one that is kept, which is the first that was given."""
        of = runs.c
        kept = select(of.run).where(of.tenant == tenant, of.uid == run.uid, of.attempt == run.attempt)
        async with self._database.transaction(tenant) as connection:
            await connection.execute(upsert(runs).values(_run_row(tenant, run)).on_conflict_do_nothing())
            return Run.model_validate((await connection.execute(kept)).scalar_one())

    async def append(self, tenant: str, run: Run, first: int, made: Sequence[Observation]) -> None:
        """Keep observations, numbered from `first`; a number that is there already stays as it is."""
        rows = [
            {**_key(tenant, run), "seq": first + index, "digest": item.digest(), "observation": item.wire()}
            for index, item in enumerate(made)
        ]
        async with self._database.transaction(tenant) as connection:
            await connection.execute(upsert(runs).values(_run_row(tenant, run)).on_conflict_do_nothing())
            if rows:
                await connection.execute(upsert(observations).on_conflict_do_nothing(), rows)

    async def resume(self, tenant: str, uid: str, attempt: int) -> Checkpoint:
        """The observations of this attempt; while it has none, those of the latest earlier one become its own."""
        of = observations.c
        async with self._database.transaction(tenant) as connection:
            latest = select(func.max(of.attempt)).where(of.tenant == tenant, of.uid == uid, of.attempt <= attempt)
            source = (await connection.execute(latest)).scalar()
            if source is not None and source < attempt:
                copied = select(of.tenant, of.uid, literal(attempt), of.seq, of.digest, of.observation).where(
                    of.tenant == tenant, of.uid == uid, of.attempt == source
                )
                names = ["tenant", "uid", "attempt", "seq", "digest", "observation"]
                await connection.execute(insert(observations).from_select(names, copied))
            return Checkpoint(observations=await self._observations(connection, tenant, uid, attempt))

    async def digests(self, tenant: str, uid: str, attempt: int) -> Sequence[str]:
        """Digests of the attempt's observations, in order, up to the first gap."""
        of = observations.c
        query = select(of.seq, of.digest).where(of.tenant == tenant, of.uid == uid, of.attempt == attempt)
        async with self._database.transaction(tenant) as connection:
            rows = (await connection.execute(query.order_by(of.seq))).all()
        return [digest for index, (seq, digest) in enumerate(rows) if index == seq]

    async def finish(self, tenant: str, run: Run, envelope: ReportEnvelope) -> None:
        """Keep the report. That of a later attempt replaces an earlier one's; nothing else does."""
        row = {
            **_key(tenant, run),
            "engine": envelope.engine,
            "stop": envelope.stop.wire(),
            "report": envelope.report.wire(),
            "observations": envelope.observations,
            "milliseconds": envelope.milliseconds,
            "consultation": envelope.consultation.wire() if envelope.consultation else None,
        }
        statement = upsert(reports).values(row)
        later = statement.on_conflict_do_update(
            index_elements=["tenant", "uid"], set_=row, where=reports.c.attempt < statement.excluded.attempt
        )
        async with self._database.transaction(tenant) as connection:
            await connection.execute(upsert(runs).values(_run_row(tenant, run)).on_conflict_do_nothing())
            await connection.execute(later)

    async def trace(self, tenant: str, uid: str) -> Trace | None:
        """Everything that a replay needs; None where no report was stored."""
        query = (
            select(reports, runs.c.run)
            .join(runs, (runs.c.uid == reports.c.uid) & (runs.c.attempt == reports.c.attempt))
            .where(reports.c.tenant == tenant, runs.c.tenant == tenant, reports.c.uid == uid)
        )
        async with self._database.transaction(tenant) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                return None
            return Trace(
                engine=row["engine"],
                run=Run.model_validate(row["run"]),
                stop=Stop.model_validate(row["stop"]),
                milliseconds=row["milliseconds"],
                consultation=Consultation.model_validate(row["consultation"]) if row["consultation"] else None,
                observations=await self._observations(connection, tenant, uid, row["attempt"]),
            )

    async def concluded(self, tenant: str, limit: int) -> list[Run]:
        """The runs whose report was stored last, the newest first, without those that another one explains."""
        query = (
            select(runs.c.run)
            .join(reports, (runs.c.uid == reports.c.uid) & (runs.c.attempt == reports.c.attempt))
            .where(reports.c.tenant == tenant, runs.c.tenant == tenant)
            .where(reports.c.report["explainedBy"].as_string().is_(None))
            .order_by(reports.c.stored_at.desc(), reports.c.uid)
            .limit(limit)
        )
        async with self._database.transaction(tenant) as connection:
            return [Run.model_validate(row.run) for row in await connection.execute(query)]

    async def reported(self, tenant: str, after: str, limit: int) -> list[tuple[Run, Report]]:
        """Runs with their reports, by uid, from the one after `after`."""
        query = (
            select(runs.c.run, reports.c.report)
            .join(reports, (runs.c.uid == reports.c.uid) & (runs.c.attempt == reports.c.attempt))
            .where(reports.c.tenant == tenant, runs.c.tenant == tenant, reports.c.uid > after)
            .order_by(reports.c.uid)
            .limit(limit)
        )
        async with self._database.transaction(tenant) as connection:
            rows = (await connection.execute(query)).all()
        return [(Run.model_validate(row.run), Report.model_validate(row.report)) for row in rows]

    async def forget(self, tenant: str, uid: str) -> None:
        """Delete all that is kept of an investigation."""
        async with self._database.transaction(tenant) as connection:
            await connection.execute(delete(runs).where(runs.c.tenant == tenant, runs.c.uid == uid))

    async def ping(self) -> None:
        """Return if the store answers."""
        async with self._database.transaction("ping") as connection:
            await connection.execute(select(literal(1)))

    async def _observations(self, connection: Any, tenant: str, uid: str, attempt: int) -> list[Observation]:
        of = observations.c
        query = select(of.observation).where(of.tenant == tenant, of.uid == uid, of.attempt == attempt)
        rows = await connection.execute(query.order_by(of.seq))
        return [Observation.model_validate(row.observation) for row in rows]


def _key(tenant: str, run: Run) -> dict[str, Any]:
    return {"tenant": tenant, "uid": run.uid, "attempt": run.attempt}


def _run_row(tenant: str, run: Run) -> Mapping[str, Any]:
    return {**_key(tenant, run), "namespace": run.namespace, "name": run.name, "run": run.wire()}
