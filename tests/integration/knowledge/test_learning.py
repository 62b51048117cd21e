"""What a memory has earned and what a proposal would have done, on a real API server and a real Postgres."""

from datetime import UTC, datetime
from typing import Any

from casebook.api.case import Use
from casebook.api.enums import Role
from casebook.handlers.service import Stores
from support.memories import cause
from support.rig import Rig
from support.waiting import until

from .test_corrections import ALICE, MEMORIES, correct, finished, lessons


async def teach(rig: Rig, namespace: str, **spec: Any) -> None:
    """Create memory `m`."""
    manifest = {"apiVersion": "casebook.dev/v1alpha1", "kind": "Memory"}
    metadata = {"name": "m", "namespace": namespace}
    await rig.writer.create(MEMORIES, {**manifest, "metadata": metadata, "spec": {"statement": "m", **spec}})


async def test_a_word_on_a_report_is_credit_for_the_memory_that_led_it(rig: Rig, stores: Stores) -> None:
    async with rig.controller(stores):
        made = await finished(rig, stores.traces)
        metadata = made["metadata"]
        place, tenant = metadata["namespace"], f"ns:{metadata['namespace']}"
        await teach(rig, place, state="Confirmed", claim=cause("ImageNotFound", "Deployment/api"))
        use = Use(
            namespace=place,
            name="m",
            version=1,
            uid=metadata["uid"],
            investigation=metadata["name"],
            at=datetime.now(UTC),
            role=Role.LED,
        )
        await stores.ledger.note(tenant, [use])
        await correct(rig, made, {"id": "f1", "author": ALICE, "rating": "Up"})
        await lessons(rig, made)

        async def accepted() -> dict[str, Any] | None:
            status = (await rig.reader.get(MEMORIES, "m", place)).get("status", {})
            return status if status.get("uses", {}).get("accepted") else None

        status = await until("the use is accepted", accepted, 60)
        assert status["uses"] == {"shown": 1, "cited": 1, "accepted": 1, "rejected": 0, "hinted": 0}
        assert (status["trustPercent"], status["lastUsedBy"]) == (75, metadata["name"])
        assert {one["type"]: one["status"] for one in status["conditions"]}["Fresh"] == "True"


async def test_a_proposal_is_tested_on_the_past_before_anybody_confirms_it(rig: Rig, stores: Stores) -> None:
    async with rig.controller(stores):
        made = await finished(rig, stores.traces)
        place = made["metadata"]["namespace"]
        await teach(rig, place, claim=cause("ImageNotFound", "Deployment/api", "RulesOut"))

        async def tested() -> dict[str, Any] | None:
            found: dict[str, Any] | None = (
                (await rig.reader.get(MEMORIES, "m", place)).get("status", {}).get("backtest")
            )
            return found

        assert await until("it is tested", tested, 120) == {
            "version": 1,
            "wouldApply": 1,
            "of": 1,
            "wouldChange": 1,
            "examples": [made["metadata"]["name"]],
        }
        told = (await rig.reader.get(MEMORIES, "m", place))["status"]["conditions"]
        assert {one["reason"] for one in told} == {"NotConfirmed", "Alone"}
