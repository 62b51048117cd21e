"""What cases and memories are found by, on a real API server and a real Postgres: kept up, and made anew when lost."""

from typing import Any

import yaml

from casebook.api.texts import TextKind
from casebook.controller.index import Index
from casebook.controller.reindexing import Done, Reindexing
from casebook.controller.tenancy import Domain
from casebook.handlers.service import Stores
from casebook.store.texts import Texts
from support.memories import cause
from support.memorytexts import Topics
from support.postgres import Postgres
from support.rig import Rig
from support.waiting import until

from .test_corrections import MEMORIES, keep

QUESTIONS = {"disk": "why does the import stop?", "full": "where do messages hang?", "names": "who is unreachable?"}
"""Each in words of its own: what is asked in the same words is an occurrence, and not alike."""
REPORTS = {
    "disk": "The volume is full: no space is left for writes of the database.",
    "full": "The volume is full: no space is left for writes of the queue.",
    "names": "Every resolver has lost its upstream.",
}


async def concluded(rig: Rig, place: str, name: str, **status: Any) -> dict[str, Any]:
    made = await rig.ask(place, name, question=QUESTIONS[name])
    await rig.reports(made, summary=REPORTS[name], **status)
    return made


async def teach(rig: Rig, place: str) -> None:
    spec = {"statement": "Backups fill the volume at night", "state": "Confirmed", "claim": cause("VolumeFull")}
    manifest = {"apiVersion": "casebook.dev/v1alpha1", "kind": "Memory", "metadata": {"name": "m", "namespace": place}}
    await rig.writer.create(MEMORIES, {**manifest, "spec": spec})


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
            made = await rig.ask(place, name, question=QUESTIONS[name])
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
