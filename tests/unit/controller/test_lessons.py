"""What becomes of feedback: each entry once, whatever fails on the way, and nothing that a person did not say."""

from datetime import UTC, datetime
from typing import Any

import pytest

from casebook.api.base import INVESTIGATIONS, MEMORIES
from casebook.api.enums import ReplayStanding
from casebook.api.investigation import Lesson, Replay, ReplaySide
from casebook.api.run import Recalled
from casebook.cluster.errors import Denied, Unavailable
from casebook.controller.decide import decide
from casebook.controller.lessons import Lessons
from casebook.controller.parsing import case_of
from casebook.controller.plan import Learn
from casebook.controller.replaying import CannotReplay
from casebook.store.errors import StoreUnavailable
from support.cases import case, inputs
from support.memorycluster import MemoryCluster, MemoryReader, MemoryWriter
from support.pastcases import MemoryCases

WRONG = {"id": "f1", "author": "alice", "verdict": "Wrong", "standing": "Confirmed", "reach": "Namespace"}
ROOT = {"object": "Deployment/web", "cause": "QuotaExceeded"}
REPORT = {
    "verdict": "RootCause",
    "summary": "s",
    "rootCauses": [
        {
            "hypothesis": "h1",
            "object": "Deployment/web",
            "cause": "DnsFailing",
            "statement": "s",
            "confidencePercent": 90,
        }
    ],
}


class Shown:
    """Replays that answer as told, and remember what they were asked."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked: list[tuple[str, str, Recalled, str]] = []

    async def compare(self, tenant: str, uid: str, memory: Recalled, feedback_id: str) -> Replay:
        self.asked.append((tenant, uid, memory, feedback_id))
        if self.error:
            raise self.error
        side = ReplaySide(verdict="NoFault")
        return Replay(feedback_id=feedback_id, before=side, after=side, note="moved it")


class Desk:
    """One finished investigation, and what people say of it."""

    def __init__(self, *feedback: dict[str, Any]) -> None:
        self.cluster = MemoryCluster(lambda: datetime(2026, 11, 22, tzinfo=UTC))
        for name in ("team-a", "casebook-system"):
            self.cluster.namespace(name)
        self.made = self.cluster.put(
            INVESTIGATIONS,
            {
                "metadata": {"name": "why", "namespace": "team-a", "uid": "u-1"},
                "spec": {
                    "question": "why?",
                    "target": {"kind": "Deployment", "name": "web"},
                    "feedback": list(feedback),
                },
            },
        )
        self.made["status"] = {"report": REPORT}
        self.replays = Shown()
        reader, writer = MemoryReader(self.cluster), MemoryWriter(self.cluster, "lessons")
        self.words = MemoryCases()
        self.lessons = Lessons(reader, writer, self.replays, "casebook-system", self.words)  # type: ignore[arg-type]

    async def learn(self) -> list[Lesson]:
        learned = await self.lessons.learn("team-a", "why", self.made["metadata"]["uid"], "ns:team-a")
        return list(learned.lessons)

    @property
    def told(self) -> list[dict[str, Any]]:
        return list(self.made["status"].get("lessons", []))

    @property
    def memories(self) -> list[dict[str, Any]]:
        return self.cluster.all(MEMORIES)


async def test_a_corrected_cause_is_remembered_with_its_origin_and_the_narrowest_scope() -> None:
    desk = Desk({**WRONG, "rootCause": ROOT, "note": "It was the quota."})
    await desk.learn()
    (memory,) = desk.memories
    assert memory["spec"]["claim"] == {"cause": {**ROOT, "effect": "Confirms"}}
    assert memory["spec"]["statement"] == "It was the quota."
    assert memory["spec"]["state"] == "Confirmed"
    assert memory["spec"]["scope"]["matchLabels"] == {"namespace": "team-a", "workload.name": "web"}
    assert memory["spec"]["origin"] == {
        "type": "Person", "author": "alice", "investigation": "why", "feedbackId": "f1",
        "signature": "", "derivedFrom": [],
    }  # fmt: skip
    assert desk.told[0]["replay"] == "Done"
    assert desk.made["status"]["replay"]["note"] == "moved it"
    assert desk.replays.asked[0][:2] == ("ns:team-a", desk.made["metadata"]["uid"])


async def test_wrong_without_a_cause_rules_the_reported_one_out() -> None:
    desk = Desk(WRONG)
    await desk.learn()
    (memory,) = desk.memories
    claim = {"object": "Deployment/web", "cause": "DnsFailing", "effect": "RulesOut"}
    assert memory["spec"]["claim"] == {"cause": claim}


async def test_a_correction_supersedes_the_memory_that_made_the_finding() -> None:
    desk = Desk({**WRONG, "rootCause": ROOT})
    for namespace, name in (("team-a", "dns"), ("casebook-system", "published")):
        claim = {"cause": {"cause": "DnsFailing", "effect": "Confirms"}}
        spec = {"statement": "s", "state": "Confirmed", "claim": claim}
        desk.cluster.put(MEMORIES, {"metadata": {"name": name, "namespace": namespace, "generation": 1}, "spec": spec})
    names = ["dns", "casebook-system/published", "deleted"]
    cited = {"kind": "Memory", "version": "1", "why": "applies: x", "effect": "e"}
    desk.made["status"]["report"] = {**REPORT, "knowledge": [{**cited, "name": name} for name in names]}
    await desk.learn()
    made = next(one for one in desk.memories if one["metadata"]["name"].startswith("correction-"))
    assert made["spec"]["supersedes"] == ["dns"]


@pytest.mark.parametrize(
    "entry", [{"id": "f1", "author": "a", "rating": "Up"}, {"id": "f1", "author": "a", "verdict": "Correct"}]
)
async def test_what_names_no_cause_is_kept_and_teaches_nothing(entry: dict[str, Any]) -> None:
    desk = Desk(entry)
    await desk.learn()
    assert desk.memories == []
    assert desk.told[0]["message"].startswith("Kept;")


async def test_a_proposal_is_replayed_as_if_it_were_confirmed_and_stays_proposed() -> None:
    desk = Desk({**WRONG, "rootCause": ROOT, "standing": "Proposed"})
    await desk.learn()
    assert desk.memories[0]["spec"]["state"] == "Proposed"
    assert desk.replays.asked[0][2].spec.state.value == "Confirmed"
    assert desk.made["status"]["replay"]["note"] == "If it were confirmed: moved it"


async def test_what_is_proposed_for_all_stays_with_its_tenant_and_what_is_published_goes_to_the_platform() -> None:
    """I8: nothing of a tenant's stands in the operator's namespace unless somebody who may publish put it there."""
    desk = Desk({**WRONG, "rootCause": ROOT, "reach": "Platform", "standing": "Proposed"})
    await desk.learn()
    (memory,) = desk.memories
    assert (memory["metadata"]["namespace"], memory["spec"]["reach"]) == ("team-a", "Tenant")
    desk = Desk({**WRONG, "rootCause": ROOT, "reach": "Platform"})
    await desk.learn()
    (memory,) = desk.memories
    assert (memory["metadata"]["namespace"], memory["spec"]["reach"]) == ("casebook-system", "Platform")


async def test_each_entry_is_acted_on_once_though_its_memory_is_deleted() -> None:
    desk = Desk({**WRONG, "rootCause": ROOT})
    assert len(await desk.learn()) == 1
    desk.cluster.objects.clear()
    desk.cluster.put(INVESTIGATIONS, desk.made)
    assert await desk.learn() == []
    assert desk.memories == []


async def test_a_crash_between_the_writes_makes_no_second_memory() -> None:
    desk = Desk({**WRONG, "rootCause": ROOT})
    desk.cluster.before = lambda verb, _: Unavailable("gone") if verb == "apply" else None
    with pytest.raises(Unavailable):
        await desk.learn()
    desk.cluster.before = lambda verb, resource: None
    await desk.learn()
    assert len(desk.memories) == 1
    assert len(desk.told) == 1


async def test_a_store_that_is_away_delays_the_replay_and_not_the_memory() -> None:
    desk = Desk({**WRONG, "rootCause": ROOT})
    desk.replays.error = StoreUnavailable("away")
    with pytest.raises(Unavailable):
        await desk.learn()
    assert len(desk.memories) == 1
    assert desk.told[0]["replay"] == "Pending"
    assert case_of(desk.made).unlearned == 1
    desk.replays.error = None
    await desk.learn()
    assert desk.told[0]["replay"] == "Done"
    assert case_of(desk.made).unlearned == 0


async def test_what_cannot_be_replayed_says_why() -> None:
    desk = Desk({**WRONG, "rootCause": ROOT})
    desk.replays.error = CannotReplay("no trace of this investigation is stored")
    await desk.learn()
    assert desk.told[0]["replay"] == ReplayStanding.IMPOSSIBLE.value
    assert desk.told[0]["message"].endswith("Not replayed: no trace of this investigation is stored.")


async def test_a_refused_memory_is_told_and_not_tried_again() -> None:
    desk = Desk({**WRONG, "rootCause": ROOT})
    desk.cluster.before = lambda verb, resource: Denied("no") if (verb, resource) == ("create", MEMORIES) else None
    await desk.learn()
    assert desk.told[0]["message"] == "No memory was made: no"
    assert case_of(desk.made).unlearned == 0


async def test_another_investigation_of_the_same_name_is_left_alone() -> None:
    desk = Desk({**WRONG, "rootCause": ROOT})
    assert (await desk.lessons.learn("team-a", "why", "another", "ns:team-a")).lessons == ()
    assert desk.memories == []


def test_feedback_is_acted_on_once_the_investigation_is_over_and_before_it_expires() -> None:
    over = case(finished="True/Reported", finished_at=None, unlearned=1, ttl=0)
    assert decide(inputs(over)).steps == (Learn(),)
    assert Learn() not in decide(inputs(case(unlearned=1))).steps


async def test_every_word_is_kept_under_its_tenant_even_one_that_teaches_nothing() -> None:
    desk = Desk({"id": "f1", "author": "bob", "rating": "Down"}, {"id": "f2", "author": "bob", "note": "hm"})
    await desk.learn()
    (kept,) = desk.words.words.items()
    assert kept[0] == ("ns:team-a", desk.made["metadata"]["uid"], "f1")
    assert (kept[1].judgement.value, kept[1].author) == ("Wrong", "bob")


async def test_a_word_waits_for_the_store_and_the_memory_does_not() -> None:
    desk = Desk({**WRONG, "rootCause": ROOT})
    desk.words.away = True
    with pytest.raises(Unavailable):
        await desk.learn()
    assert [memory["spec"]["state"] for memory in desk.memories] == ["Confirmed"]
    assert desk.told
    desk.words.away = False
    await desk.learn()
    assert [said.truth for said in desk.words.words.values()] == ["QuotaExceeded on Deployment/web"]
