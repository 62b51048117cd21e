"""What memories said, on a real Postgres: every version once, one tenant's alone, and read by a command."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import yaml
from click.testing import CliRunner

from casebook.cli.db import db
from casebook.store import versions as stored
from casebook.store.database import Database
from casebook.store.versions import Versions
from support.memories import WRITTEN, cause, memory
from support.postgres import Postgres

FIRST = memory("m", statement="it is the quota", claim=cause("QuotaExceeded", "Deployment/web"), lastEditor="alice")
SECOND = memory(
    "m",
    version=2,
    written_at=WRITTEN + timedelta(days=1),
    statement="it is the proxy",
    state="Retired",
    lastEditor="bob",
)


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    async with Database.open(postgres.app) as opened:
        yield opened


async def test_each_version_is_kept_once_as_it_was_said(database: Database, tenant: str) -> None:
    versions = Versions(database)
    await versions.keep(tenant, [FIRST, memory("other")])
    await versions.keep(tenant, [])
    marked = FIRST.replace(stale="a year old", quarantined="by mallory", written_at=WRITTEN + timedelta(hours=1))
    await versions.keep(tenant, [marked, SECOND])
    assert await versions.of(tenant, "shop", "m") == [FIRST, SECOND]
    assert await versions.of(f"{tenant}-b", "shop", "m") == []
    assert await versions.of(tenant, "bank", "m") == []


async def test_what_was_made_anew_stands_beside_what_it_was(database: Database, tenant: str) -> None:
    versions = Versions(database)
    anew = memory("m", written_at=WRITTEN + timedelta(days=2), statement="other words")
    for said in (FIRST, anew):
        await versions.keep(tenant, [said])
    assert await versions.of(tenant, "shop", "m") == [FIRST, anew]


async def test_more_than_a_page_is_kept(database: Database, tenant: str) -> None:
    versions = Versions(database)
    await versions.keep(tenant, [memory("m", version=number) for number in range(1, stored.PAGE + 3)])
    assert len(await versions.of(tenant, "shop", "m")) == stored.PAGE + 2


def test_a_person_reads_the_versions_and_can_apply_one_again(postgres: Postgres, tenant: str) -> None:
    async def keep() -> None:
        async with Database.open(postgres.app) as opened:
            await Versions(opened).keep(tenant, [FIRST, SECOND])

    asyncio.run(keep())

    def asked(*arguments: str) -> tuple[int, str]:
        given = ["history", *arguments, "--tenant", tenant]
        done = CliRunner().invoke(db, given, env={"CASEBOOK_DATABASE_URL": postgres.app})
        return done.exit_code, done.output

    code, printed = asked("shop/m")
    assert (code, printed.splitlines()) == (
        0,
        [
            "version 1  2026-11-01T00:00:00Z  by alice  Confirmed",
            "    Confirms QuotaExceeded on Deployment/web  it is the quota",
            "    where everywhere",
            "version 2  2026-11-02T00:00:00Z  by bob  Retired",
            "    note  it is the proxy",
            "    where everywhere",
        ],
    )
    code, printed = asked("shop/m", "--version", "1")
    manifest = yaml.safe_load(printed)
    assert (code, manifest["kind"], manifest["metadata"]) == (0, "Memory", {"name": "m", "namespace": "shop"})
    assert manifest["spec"]["statement"] == "it is the quota"
    assert "lastEditor" not in manifest["spec"]
    assert asked("shop/m", "--version", "3") == (1, "Error: there is no version 3; there are 1, 2\n")
    assert asked("shop/none") == (1, f"Error: tenant {tenant} has no version of a memory shop/none\n")
    assert asked("m")[0] == 2
