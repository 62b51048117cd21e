"""How much the controller asks of the API server over the life of one Investigation."""

import re
from collections import Counter

import aiohttp

from support.ports import free_port
from support.rig import Rig
from support.waiting import until

RECONCILES = 20
WRITES = 12


async def reconciles(port: int) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        text = await answer.text()
    found = re.findall(r'casebook_reconcile_total{kind="case",result="\w+"} (\d+)', text)
    return sum(map(int, found))


def writes(rig: Rig, team: str, uid: str) -> Counter[str]:
    """Writes about this Investigation: to it, to its Jobs and to its Events."""
    mine = (f"/namespaces/{team}/investigations/", f"run-{uid.replace('-', '')[:12]}", f"/namespaces/{team}/events")
    jobs = f"/namespaces/{rig.runs}/jobs"
    return Counter(
        f"{call.method} {call.path}"
        for call in rig.proxy.calls
        if call.writing and (any(part in call.path for part in mine) or call.path.endswith(jobs))
    )


async def test_a_plain_life(rig: Rig) -> None:
    team = await rig.namespace()
    port = free_port()
    async with rig.controller(listen=f"127.0.0.1:{port}"):
        asked = await rig.ask(team, ttlSecondsAfterFinished=0)
        job = await rig.job(asked)
        await rig.claims(asked, 1)
        await rig.job_runs(job)
        await rig.reports(asked)
        await rig.job_completes(job)
        await rig.gone(asked)
        spent = writes(rig, team, asked["metadata"]["uid"])
        assert spent.total() <= 8, spent
        assert await reconciles(port) <= RECONCILES


async def test_a_hard_life(rig: Rig) -> None:
    """Waited for a slot, and every attempt was lost."""
    team = await rig.namespace()
    port = free_port()
    async with rig.controller(listen=f"127.0.0.1:{port}", maxRunning=1):
        first = await rig.ask(team, "first")
        await rig.job(first)
        asked = await rig.ask(team, ttlSecondsAfterFinished=0)
        await rig.condition(asked, "Queued")
        await rig.reports(first)
        await rig.condition(first, "Finished")
        others = await reconciles(port)
        for attempt in (1, 2, 3):
            job = await rig.job(asked, attempt)
            await rig.claims(asked, attempt)
            await rig.job_runs(job)
            await rig.job_fails(job, "PodFailurePolicy", "has condition DisruptionTarget matching FailJob rule")
        await rig.gone(asked)
        spent = writes(rig, team, asked["metadata"]["uid"])
        about_first = Counter({key: n for key, n in spent.items() if key.endswith("/first/status")})
        # The other one's Job and its two Events go to the same collections.
        assert (spent - about_first).total() - 3 <= WRITES, spent
        assert await reconciles(port) - others <= RECONCILES


async def test_waiting_costs_nothing(rig: Rig) -> None:
    team = await rig.namespace()
    port = free_port()
    async with rig.controller(listen=f"127.0.0.1:{port}", maxRunning=1, resyncSeconds=1):
        await rig.job(await rig.ask(team, "first"))
        waits = await rig.ask(team, "waits")
        await rig.condition(waits, "Queued")
        before, rounds = await reconciles(port), len(rig.proxy.calls)
        rig.proxy.calls.clear()

        async def resynced() -> bool:
            lists = [c for c in rig.proxy.calls if c.method == "GET" and c.path.endswith("/v1/namespaces")]
            return len(lists) >= 5

        await until("five resyncs", resynced, 180)
        assert await reconciles(port) == before, rounds
        assert not any(call.writing for call in rig.proxy.calls)
