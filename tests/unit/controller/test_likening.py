"""Which earlier cases are like a finished one: said once, and of its own tenant."""

from datetime import UTC, datetime
from typing import Any

import pytest

from casebook.api.base import INVESTIGATIONS
from casebook.api.case import Asked
from casebook.api.texts import TextKind
from casebook.cluster.errors import Unavailable
from casebook.controller.index import Index
from casebook.controller.likening import Likening
from casebook.controller.parsing import case_of
from support.memorycluster import MemoryCluster, MemoryReader, MemoryWriter
from support.memorytexts import MemoryTexts
from support.pastcases import MemoryCases, past

TENANT = "ns:shop"
REPORT = {"verdict": "NoFault", "summary": "checkout ran out of memory"}


class Desk:
    """A cluster with finished investigations, and the stores beside it."""

    def __init__(self) -> None:
        self.cluster = MemoryCluster(lambda: datetime(2026, 11, 22, tzinfo=UTC))
        self.cluster.namespace("shop")
        self.texts = MemoryTexts()
        self.cases = MemoryCases(past(1, asked=Asked(alertname="Slow")).replace(uid="old"), tenant=TENANT)
        ports: Any = MemoryReader(self.cluster), MemoryWriter(self.cluster, "likening")
        self.likening = Likening(*ports, Index(self.texts), self.cases)

    def put(self, name: str, report: dict[str, Any] | None, **status: Any) -> dict[str, Any]:
        manifest = {"metadata": {"name": name, "namespace": "shop"}, "spec": {"question": "why is checkout down?"}}
        made = self.cluster.put(INVESTIGATIONS, manifest)
        finished = [{"type": "Finished", "status": "True", "reason": "r", "lastTransitionTime": "2026-11-22T00:00:00Z"}]
        made["status"] = {"conditions": finished, **({"report": report} if report else {}), **status}
        return made

    async def compare(self, name: str) -> dict[str, Any] | None:
        await self.likening.compare(TENANT, "shop", name)
        return self.cluster.find(INVESTIGATIONS, "shop", name)["status"].get("similar")


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_it_says_which_are_alike_and_by_what(desk: Desk) -> None:
    old = desk.put("old", REPORT)
    desk.cases.kept[TENANT, old["metadata"]["uid"]] = desk.cases.kept.pop((TENANT, "old")).replace(
        uid=old["metadata"]["uid"]
    )
    assert await desk.compare("old") == {"by": "words; no embeddings are configured", "cases": []}
    desk.put("new", REPORT)
    told = await desk.compare("new")
    assert told is not None
    assert [(one["name"], one["percent"]) for one in told["cases"]] == [("inv-1", 100)]


async def test_it_is_said_once(desk: Desk) -> None:
    made = desk.put("new", REPORT)
    assert case_of(made).unlikened
    await desk.compare("new")
    assert not case_of(desk.cluster.find(INVESTIGATIONS, "shop", "new")).unlikened
    desk.texts.away = True
    await desk.compare("new")


@pytest.mark.parametrize(
    ("report", "status"),
    [(None, {}), (REPORT, {"explainedBy": "head"}), (REPORT | {"explainedBy": "head"}, {})],
)
async def test_what_has_no_report_or_is_explained_by_another_is_left_alone(
    desk: Desk, report: dict[str, Any] | None, status: dict[str, Any]
) -> None:
    made = desk.put("new", report, **status)
    assert not case_of(made).unlikened
    assert await desk.compare("new") is None
    assert desk.texts.kept == {}
    await desk.likening.compare(TENANT, "shop", "not-there")


async def test_while_the_store_is_away_it_is_tried_again(desk: Desk) -> None:
    made = desk.put("new", REPORT)
    desk.texts.away = True
    with pytest.raises(Unavailable, match="the store cannot be used now"):
        await desk.compare("new")
    desk.texts.away = False
    assert await desk.compare("new") is not None
    assert list(desk.texts.kept) == [(TENANT, TextKind.CASE, made["metadata"]["uid"])]
