"""What cases and memories are found by, on a real API server and a real Postgres: kept up, and made anew when lost."""

from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from casebook.api.texts import TextKind
from casebook.cli.db import db
from casebook.controller.index import Index
from casebook.controller.reindexing import Done, Reindexing
from casebook.controller.tenancy import Domain
from casebook.handlers.service import Stores
from casebook.knowledge.asking import asked
from casebook.store.database import Database
from casebook.store.texts import Texts
from support.memories import cause
from support.memorytexts import Topics
from support.postgres import Postgres
from support.rig import Rig
from support.waiting import until

from .test_corrections import ALICE, MEMORIES, correct, keep

TENANT = "finding"
REPORTS = {
    "disk": "The volume of the database is full.",
    "full": "The volume of the queue is full, since nobody deletes from it.",
    "names": "Every resolver has lost its upstream.",
}


async def concluded(rig: Rig, place: str, name: str, **status: Any) -> dict[str, Any]:
    made = await rig.ask(place, name, question=f"what is wrong with {name}?")
    await rig.reports(made, summary=REPORTS[name], **status)
    return made


async def teach(rig: Rig, place: str) -> None:
    spec = {"statement": "Backups fill the volume at night", "state": "Confirmed", "claim": cause("VolumeFull")}
    manifest = {"apiVersion": "casebook.dev/v1alpha1", "kind": "Memory", "metadata": {"name": "m", "namespace": place}}
    await rig.writer.create(MEMORIES, {**manifest, "spec": spec})


async def answers(texts: Texts, tenant: str, *vectors: list[float]) -> list[dict[str, float]]:
    found = [
        await texts.by_words(tenant, kind, said, 10)
        for kind in TextKind
        for said in ("volume full", "resolver", "what is wrong with names?", "backups at night")
    ]
    return found + [await texts.by_meaning(tenant, kind, "topics", one, 10) for kind in TextKind for one in vectors]


async def reindexed(rig: Rig, stores: Stores, texts: Texts, topics: Topics) -> Done:
    steps: list[str] = []
    work: Any = Reindexing(
        rig.reader,
        Domain(rig.operator, rig.runs, frozenset()),
        Index(texts, topics),
        stores.cases,
        stores.traces,
        lambda step, _: steps.append(step),
    )
    done: Done = await work.run()
    assert {"reading memories", "reading investigations", "keeping texts"} <= set(steps)
    return done


async def test_a_finished_case_says_which_earlier_ones_are_like_it(rig: Rig, stores: Stores) -> None:
    place = await rig.namespace()
    async with rig.controller(stores):
        await teach(rig, place)
        told = {}
        for name in ("names", "disk", "full"):
            made = await rig.ask(place, name, question=f"what is wrong with {name}?")
            await rig.job(made)
            await rig.reports(made, summary=REPORTS[name])
            await keep(stores.traces, made)

            async def look(made: dict[str, Any] = made) -> dict[str, Any] | None:
                return (await rig.get(made)).get("status", {}).get("similar")

            told[name] = await until(f"what is like {name}", look)
            # As the gateway does with a report that it takes.
            await restored(rig, stores, place)
        assert told["names"] == {"by": "words; no embeddings are configured", "cases": []}
        assert [one["name"] for one in told["full"]["cases"]] == ["disk"]

        async def kept() -> dict[str, float]:
            return await stores.texts.by_words(f"ns:{place}", TextKind.MEMORY, "volume", 10)

        assert list(await until("the memory's text", kept)) == [f"{place}/m"]


async def restored(rig: Rig, stores: Stores, place: str) -> None:
    texts: Any = stores.texts
    await reindexed(rig, stores, texts, Topics())
    assert await stores.cases.named(f"ns:{place}", list(await texts.digests(f"ns:{place}", TextKind.CASE)))


async def test_what_is_lost_is_made_anew(rig: Rig, stores: Stores, postgres: Postgres) -> None:
    one = await rig.namespace(tenant=f"{TENANT}-{rig.suffix}")
    other, tenant = await rig.namespace(), f"label:{TENANT}-{rig.suffix}"
    await teach(rig, one)
    made = [await concluded(rig, one, name) for name in ("disk", "names")]
    await concluded(rig, other, "full")
    await correct(rig, made[0], {"id": "f1", "author": ALICE, "verdict": "Wrong"})
    topics = Topics()
    async with Database.open(postgres.app) as database:
        texts = Texts(database)
        first = await reindexed(rig, stores, texts, topics)
        assert first.embedded >= 4
        before = await answers(texts, tenant, [1.0, 0.0, 1.0])
        assert [list(found) for found in before[:2]] == [[made[0]["metadata"]["uid"]], [made[1]["metadata"]["uid"]]]
        again = await reindexed(rig, stores, texts, topics)
        assert (again.changed, again.embedded) == (0, 0)
        mine = f"where tenant in ('{tenant}', 'ns:{other}')"
        for table in ("texts", "cases", "words"):
            postgres.execute(f"delete from casebook.{table} {mine}")
        assert not any(await answers(texts, tenant, [1.0, 0.0, 1.0]))
        await reindexed(rig, stores, texts, topics)
        assert await answers(texts, tenant, [1.0, 0.0, 1.0]) == before
        assert list(await texts.by_words(f"ns:{other}", TextKind.CASE, "volume", 10)) != list(before[0])
        (case,) = await stores.cases.named(tenant, [made[0]["metadata"]["uid"]])
        assert case.said is not None
        assert case.said.author == ALICE


async def test_an_investigation_that_was_deleted_is_found_by_its_trace(rig: Rig, stores: Stores) -> None:
    place = await rig.namespace()
    ghost: dict[str, Any] = {"metadata": {"uid": f"ghost-{rig.suffix}", "name": "ghost", "namespace": place}}
    trace = await keep(stores.traces, ghost)
    texts: Any = stores.texts
    await reindexed(rig, stores, texts, Topics())
    assert list(await texts.digests(f"ns:{place}", TextKind.CASE)) == [f"ghost-{rig.suffix}"]
    (case,) = await stores.cases.named(f"ns:{place}", [f"ghost-{rig.suffix}"])
    assert case.cause == "ImageNotFound"
    assert case.asked == asked(trace.run.spec, place)
    await reindexed(rig, stores, texts, Topics())
    assert list(await texts.digests(f"ns:{place}", TextKind.CASE)) == [f"ghost-{rig.suffix}"]


async def test_the_command(
    rig: Rig, stores: Stores, postgres: Postgres, private_kubeconfig: str, tmp_path: Any
) -> None:
    place = await rig.namespace()
    await concluded(rig, place, "disk")
    settings = tmp_path / "controller.yaml"
    settings.write_text(yaml.safe_dump(rig.config().model_dump(mode="json", by_alias=True)))
    code, said = await rig.command("db", "reindex", "--config", str(settings), CASEBOOK_DATABASE_URL=postgres.app)
    assert code == 0, said
    assert "texts changed, 0 embeddings made" in said
    assert len(await stores.texts.digests(f"ns:{place}", TextKind.CASE)) == 1


@pytest.mark.parametrize(
    ("arguments", "address", "code", "says"),
    [
        ([], "postgresql://u@127.0.0.1:1/d", 2, "Missing option '--config'"),
        (["--config", "{folder}/none.yaml"], "postgresql://u@127.0.0.1:1/d", 2, "cannot read"),
        (["--config", "{folder}/bad.yaml"], "postgresql://u@127.0.0.1:1/d", 2, "embeddings"),
        (["--config", "{folder}/good.yaml"], "", 2, "CASEBOOK_DATABASE_URL is not set"),
        (["--config", "{folder}/good.yaml"], "mysql://u:hunter2@h/d", 2, "postgresql://"),
        (["--config", "{folder}/good.yaml", "--what"], "", 2, "No such option"),
        (["--config", "{folder}/good.yaml", "--kubeconfig", "/none"], "", 2, "does not exist"),
    ],
)
def test_bad_flags_are_said_in_a_line(
    tmp_path: Any, private_kubeconfig: str, arguments: list[str], address: str, code: int, says: str
) -> None:
    good = {"image": "i", "gatewayURL": "http://g:1"}
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(good))
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump({**good, "embeddings": "Some"}))
    given = [one.replace("{folder}", str(tmp_path)) for one in arguments]
    result = CliRunner().invoke(
        db, ["reindex", *given], env={"CASEBOOK_DATABASE_URL": address, "KUBECONFIG": private_kubeconfig}
    )
    assert result.exit_code == code, result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert says in line
    assert "hunter2" not in result.output
