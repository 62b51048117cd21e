"""Traces on a real Postgres: kept as sent, safe to repeat, back after an outage."""

import asyncio
import time

import psycopg
import pytest

from casebook.api.consultation import Consultation, Proposal
from casebook.api.investigation import InvestigationSpec
from casebook.api.run import Run, Scene
from casebook.store.database import Database
from casebook.store.errors import StoreUnavailable
from casebook.store.migrate import migrate
from casebook.store.traces import Traces
from support.memories import cause, memory
from support.postgres import Postgres, running
from support.reports import NOW, envelope, observation, report


def run(attempt: int = 1, uid: str = "uid-1", name: str = "inv-1") -> Run:
    scene = Scene(tenant="t", namespaces=["shop"])
    return Run(uid=uid, name=name, namespace="shop", attempt=attempt, now=NOW, spec=InvestigationSpec(), scene=scene)


async def test_a_run_stays_as_it_was_first_given(traces: Traces, tenant: str) -> None:
    knowing = run().replace(recalled=[memory(claim=cause("DnsFailing"))])
    assert await traces.begin(tenant, knowing) == knowing
    assert await traces.begin(tenant, run()) == knowing
    assert await traces.begin(f"{tenant}-other", run()) == run()


async def test_a_trace_comes_back_as_it_was_sent(traces: Traces, tenant: str) -> None:
    odd = observation(3, text="nul \x00, half \ud83d, whole 😀", large=1e5, tiny=0.1, deep=[[[{}]]])
    seen = [observation(1), observation(2), odd]
    await traces.begin(tenant, run())
    await traces.append(tenant, run(), 0, seen)
    found = report(*seen)
    await traces.finish(tenant, run(), envelope(found, 3))
    trace = await traces.trace(tenant, "uid-1")
    assert trace is not None
    assert trace.observations == seen
    assert [item.digest() for item in trace.observations] == [item.digest() for item in seen]
    assert trace.run == run()
    assert (trace.engine, trace.stop.reason, trace.milliseconds) == ("1", "Clear", 5)


async def test_what_a_model_proposed_comes_back(traces: Traces, tenant: str) -> None:
    asked = Consultation(
        model="m", proposals=[Proposal(object="ConfigMap/web", statement="it is wrong")], refused=["x"]
    )
    await traces.finish(tenant, run(), envelope(report(), 0).replace(consultation=asked))
    await traces.finish(tenant, run(uid="uid-2"), envelope(report(), 0))
    kept = [await traces.trace(tenant, uid) for uid in ("uid-1", "uid-2")]
    assert [one and one.consultation for one in kept] == [asked, None]


async def test_without_a_report_there_is_no_trace(traces: Traces, tenant: str) -> None:
    await traces.append(tenant, run(), 0, [observation(1)])
    assert await traces.trace(tenant, "uid-1") is None
    assert await traces.trace(tenant, "never") is None


async def test_what_is_there_stays(traces: Traces, tenant: str) -> None:
    first, other = observation(1), observation(2)
    await traces.append(tenant, run(), 0, [first])
    await traces.append(tenant, run(), 0, [other, other])
    assert await traces.digests(tenant, "uid-1", 1) == [first.digest(), other.digest()]
    await traces.begin(tenant, run(name="another name"))
    await traces.finish(tenant, run(), envelope(report(first), 2))
    trace = await traces.trace(tenant, "uid-1")
    assert trace is not None
    assert trace.run.name == "inv-1"


async def test_many_senders_of_the_same_leave_one_copy(traces: Traces, tenant: str) -> None:
    seen = [observation(number) for number in range(20)]
    await asyncio.gather(*(traces.append(tenant, run(), 0, seen) for _ in range(10)))
    assert await traces.digests(tenant, "uid-1", 1) == [item.digest() for item in seen]


async def test_digests_end_at_a_gap(traces: Traces, tenant: str) -> None:
    await traces.append(tenant, run(), 0, [observation(1)])
    await traces.append(tenant, run(), 2, [observation(3)])
    assert len(await traces.digests(tenant, "uid-1", 1)) == 1
    await traces.append(tenant, run(), 1, [observation(2)])
    assert len(await traces.digests(tenant, "uid-1", 1)) == 3


async def test_a_later_attempt_takes_over_what_was_seen(traces: Traces, tenant: str) -> None:
    await traces.append(tenant, run(1), 0, [observation(1), observation(2)])
    await traces.begin(tenant, run(3))
    checkpoint = await traces.resume(tenant, "uid-1", 3)
    assert checkpoint.observations == [observation(1), observation(2)]
    await traces.append(tenant, run(3), 2, [observation(5)])
    assert len((await traces.resume(tenant, "uid-1", 3)).observations) == 3
    assert len(await traces.digests(tenant, "uid-1", 1)) == 2


async def test_nothing_to_resume(traces: Traces, tenant: str) -> None:
    await traces.begin(tenant, run())
    assert (await traces.resume(tenant, "uid-1", 1)).observations == []


async def test_a_report_is_replaced_by_a_later_attempts_only(traces: Traces, tenant: str) -> None:
    for attempt, engine in ((2, "second"), (1, "first"), (2, "again")):
        await traces.begin(tenant, run(attempt))
        sent = envelope(report(observation(1)), 0).replace(engine=engine)
        await traces.finish(tenant, run(attempt), sent)
    trace = await traces.trace(tenant, "uid-1")
    assert trace is not None
    assert (trace.engine, trace.run.attempt) == ("second", 2)
    await traces.finish(tenant, run(3), envelope(report(observation(1)), 0).replace(engine="third"))
    later = await traces.trace(tenant, "uid-1")
    assert later is not None
    assert later.engine == "third"


async def test_forgetting_leaves_nothing(traces: Traces, tenant: str) -> None:
    for uid in ("uid-1", "uid-2"):
        await traces.append(tenant, run(uid=uid), 0, [observation(1)])
        await traces.finish(tenant, run(uid=uid), envelope(report(observation(1)), 1))
    await traces.forget(tenant, "uid-1")
    assert await traces.trace(tenant, "uid-1") is None
    assert await traces.digests(tenant, "uid-1", 1) == []
    assert await traces.trace(tenant, "uid-2") is not None


async def test_tenants_do_not_meet(traces: Traces, tenant: str) -> None:
    """The same identity under two tenants is two investigations, on the same pooled connections (I8)."""
    other = f"{tenant}-other"
    await traces.append(tenant, run(), 0, [observation(1)])
    await traces.finish(tenant, run(), envelope(report(observation(1)), 1))
    assert await traces.trace(other, "uid-1") is None
    await traces.append(other, run(), 0, [observation(9)])
    mine, theirs = await asyncio.gather(traces.digests(tenant, "uid-1", 1), traces.digests(other, "uid-1", 1))
    assert (mine, theirs) == ([observation(1).digest()], [observation(9).digest()])
    await traces.forget(other, "uid-1")
    assert await traces.trace(tenant, "uid-1") is not None


async def test_no_tenant_is_a_mistake_of_ours(traces: Traces) -> None:
    with pytest.raises(ValueError, match="needs a tenant"):
        await traces.digests("", "uid-1", 1)


async def test_an_outage_is_said_soon_and_ends_by_itself() -> None:
    """I10: a crash in the middle of a pool's life; when the server is back, so are the writes."""
    with running() as server:
        migrate(server.admin, "for-tests-only")
        async with Database.open(server.app) as database:
            traces = Traces(database)
            await traces.append("t", run(), 0, [observation(1)])
            server.stop()
            begin = time.monotonic()
            with pytest.raises(StoreUnavailable) as caught:
                await traces.append("t", run(), 1, [observation(2)])
            assert time.monotonic() - begin < 20
            assert "for-tests-only" not in str(caught.value)
            server.start()
            await traces.append("t", run(), 1, [observation(2)])
            assert len(await traces.digests("t", "uid-1", 1)) == 2


async def test_a_slow_statement_is_cut(postgres: Postgres, traces: Traces, tenant: str) -> None:
    """A lock that somebody else holds is not waited for without end."""
    with psycopg.connect(postgres.admin) as blocker:
        blocker.execute("lock table casebook.runs in access exclusive mode")
        begin = time.monotonic()
        with pytest.raises(StoreUnavailable, match="timeout"):
            await traces.begin(tenant, run())
        assert time.monotonic() - begin < 14
    await traces.begin(tenant, run())


async def test_the_runs_that_were_concluded_the_newest_first(traces: Traces, tenant: str) -> None:
    for number in (1, 2, 3, 4):
        mine = run(uid=f"uid-{number}", name=f"inv-{number}")
        await traces.begin(tenant, mine)
        if number != 2:
            head = "inv-3" if number == 4 else None
            await traces.finish(tenant, mine, envelope(report().replace(explained_by=head), 0))
    assert [one.name for one in await traces.concluded(tenant, 5)] == ["inv-3", "inv-1"]
    assert [one.name for one in await traces.concluded(tenant, 1)] == ["inv-3"]
    assert await traces.concluded(f"{tenant}-b", 5) == []
