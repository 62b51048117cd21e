"""An index that was lost is made anew on a real Postgres, and answers as before."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from casebook.api.base import INVESTIGATIONS, MEMORIES
from casebook.api.run import ReportEnvelope
from casebook.api.texts import TextKind
from casebook.controller.index import Index
from casebook.controller.reindexing import Done, Reindexing
from casebook.controller.tenancy import Domain
from casebook.knowledge.asking import asked
from casebook.reasoning.replay import replay
from casebook.store.cases import Cases
from casebook.store.database import Database
from casebook.store.texts import Texts
from casebook.store.traces import Traces
from support.memories import cause
from support.memorycluster import MemoryCluster, MemoryReader
from support.memorytexts import Topics
from support.postgres import Postgres
from support.recorded import trace

CASE = TextKind.CASE
SAID = ("volume full", "resolver", "what is wrong with names?", "backups at night")


@dataclass
class Desk:
    """A cluster with a tenant of two namespaces and another one, and the stores beside it."""

    cluster: MemoryCluster
    texts: Texts
    cases: Cases
    traces: Traces
    tenant: str
    other: str

    def teach(self, place: str) -> None:
        spec = {"statement": "Backups fill the volume at night", "state": "Confirmed", "claim": cause("VolumeFull")}
        self.cluster.put(MEMORIES, {"metadata": {"name": "m", "namespace": place}, "spec": spec})

    def concluded(self, place: str, name: str, summary: str, **spec: Any) -> str:
        question = {"question": f"what is wrong with {name}?", **spec}
        made = self.cluster.put(INVESTIGATIONS, {"metadata": {"name": name, "namespace": place}, "spec": question})
        made["status"] = {"report": {"verdict": "NoFault", "summary": summary}}
        return str(made["metadata"]["uid"])

    async def reindex(self) -> Done:
        steps: list[str] = []
        reader: Any = MemoryReader(self.cluster)
        domain = Domain("casebook-system", "casebook-runs", frozenset())
        tell = lambda step, _: steps.append(step)  # noqa: E731
        work = Reindexing(reader, domain, Index(self.texts, Topics()), self.cases, self.traces, tell)
        done = await work.run()
        assert "keeping texts" in steps
        return done

    async def answers(self, tenant: str) -> list[dict[str, float]]:
        words = [await self.texts.by_words(tenant, kind, said, 10) for kind in TextKind for said in SAID]
        vector = [1.0, 0.0, 1.0]
        return words + [await self.texts.by_meaning(tenant, kind, "topics", vector, 10) for kind in TextKind]


@pytest.fixture
async def desk(postgres: Postgres) -> AsyncIterator[Desk]:
    cluster = MemoryCluster(lambda: datetime(2026, 11, 22, tzinfo=UTC))
    tenant, other = f"t{uuid4().hex[:10]}", f"o{uuid4().hex[:10]}"
    for name in ("casebook-system", "casebook-runs", other):
        cluster.namespace(name)
    for name in (f"{tenant}-a", f"{tenant}-b"):
        cluster.namespace(name, casebook_dev__tenant=tenant)
    async with Database.open(postgres.app) as database:
        yield Desk(cluster, Texts(database), Cases(database), Traces(database), tenant, other)


async def test_what_is_lost_is_made_anew(desk: Desk, postgres: Postgres) -> None:
    one, two, tenant = f"{desk.tenant}-a", f"{desk.tenant}-b", f"label:{desk.tenant}"
    desk.teach(two)
    word = {"id": "f1", "author": "alice", "verdict": "Wrong"}
    disk = desk.concluded(one, "disk", "The volume of the database is full.", feedback=[word])
    names = desk.concluded(two, "names", "Every resolver has lost its upstream.")
    full = desk.concluded(desk.other, "full", "The volume of the queue is full.")
    first = await desk.reindex()
    assert (first.memories, first.cases, first.changed, first.embedded) == (1, 3, 4, 4)
    before = await desk.answers(tenant)
    assert [list(found) for found in before[:2]] == [[disk], [names]]
    assert list((await desk.answers(f"ns:{desk.other}"))[0]) == [full]
    again = await desk.reindex()
    assert (again.changed, again.embedded) == (0, 0)
    for table in ("texts", "cases", "words"):
        postgres.execute(f"delete from casebook.{table} where tenant in ('{tenant}', 'ns:{desk.other}')")
    assert not any(await desk.answers(tenant))
    await desk.reindex()
    assert await desk.answers(tenant) == before
    (case,) = await desk.cases.named(tenant, [disk])
    assert case.said is not None
    assert (case.said.author, case.asked.words) == ("alice", ["disk", "is", "what", "with", "wrong"])


async def test_a_memory_that_is_gone_is_found_no_more(desk: Desk) -> None:
    one, tenant = f"{desk.tenant}-a", f"label:{desk.tenant}"
    desk.teach(one)
    await desk.reindex()
    assert (await desk.texts.digests(tenant, TextKind.MEMORY)).keys() == {f"{one}/m"}
    del desk.cluster.objects[desk.cluster.key(MEMORIES, one, "m")]
    await desk.reindex()
    assert await desk.texts.digests(tenant, TextKind.MEMORY) == {}


async def test_an_investigation_that_was_deleted_is_found_by_its_trace(desk: Desk) -> None:
    place, tenant = f"{desk.tenant}-a", f"label:{desk.tenant}"
    kept = trace("image-tag-typo")
    ghost = kept.replace(run=kept.run.replace(uid=f"ghost-{desk.tenant}", name="ghost", namespace=place))
    await desk.traces.append(tenant, ghost.run, 0, ghost.observations)
    made = ReportEnvelope(report=replay(ghost), engine="e", stop=ghost.stop, observations=len(ghost.observations))
    await desk.traces.finish(tenant, ghost.run, made)
    for _ in range(2):
        await desk.reindex()
        assert list(await desk.texts.digests(tenant, CASE)) == [ghost.run.uid]
    (case,) = await desk.cases.named(tenant, [ghost.run.uid])
    assert (case.cause, case.asked) == ("ImageNotFound", asked(ghost.run.spec, place))
