"""The whole controller over an API server in memory, with watches that tests speak for and no resync to help it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from prometheus_client import generate_latest

from casebook.api.base import timestamp
from casebook.api.texts import TextKind
from casebook.cluster.errors import ClusterError, Unavailable
from casebook.controller.config import ControllerConfig
from casebook.controller.controller import (
    FIELD_MANAGER,
    INCIDENTS_MANAGER,
    LESSONS_MANAGER,
    LIKENING_MANAGER,
    TOLD_A_SECOND,
    TOLD_AT_ONCE,
    Controller,
    Texts,
)
from casebook.controller.history import History
from casebook.controller.index import Index
from casebook.controller.lessons import Lessons
from casebook.controller.likening import Likening
from casebook.controller.parsing import case_of, job_of, namespace_of
from casebook.controller.replaying import Replays
from casebook.controller.shelf import memory_of
from support.memorycluster import MemoryCluster, MemoryReader, MemoryWriter
from support.memorytexts import MemoryTexts, MemoryVersions
from support.pastcases import MemoryCases

INVESTIGATIONS = "investigations.casebook.dev"
MEMORIES = "memories.casebook.dev"
PATIENCE = 20.0


def now() -> datetime:
    return datetime.now(UTC)


class SlowWriter(MemoryWriter):
    """Writes as long as a real API server takes for it."""

    async def apply_status(self, resource: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return await super().apply_status(resource, manifest)


class Bench:
    """A cluster, a controller in it, and the watch between them."""

    def __init__(self, writer: type[MemoryWriter] = MemoryWriter, hints: Any = None, **settings: Any) -> None:
        self.cluster = MemoryCluster(now)
        self.config = ControllerConfig(
            image="casebook:test", gateway_url="http://gateway:8080", resync_seconds=3600, **settings
        )
        for name in ("casebook-system", "casebook-runs", "team-a", "team-b"):
            self.cluster.namespace(name)
        ports: Any = MemoryReader(self.cluster), writer(self.cluster, FIELD_MANAGER)
        lessons = Lessons(ports[0], writer(self.cluster, LESSONS_MANAGER), Replays(None), "casebook-system")
        incidents: Any = writer(self.cluster, INCIDENTS_MANAGER)
        self.texts, self.past = MemoryTexts(), MemoryCases()
        index, self.versions = Index(self.texts), MemoryVersions()
        likening: Any = Likening(ports[0], writer(self.cluster, LIKENING_MANAGER), index, self.past)
        texts = Texts(index, likening, History(self.versions))
        self.controller = Controller(*ports, self.config, now, monotonic, lessons, incidents, hints=hints, texts=texts)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.controller.run())
        try:
            await self.until(lambda: self.controller.ready)
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(0.01)

    def ask(self, name: str, namespace: str = "team-a", **spec: Any) -> None:
        """Create an Investigation, and let the watch tell of it."""
        self.put(name, namespace, **spec)
        self.tell(name, namespace)

    async def fill(self) -> None:
        """Let the first take the only slot, and the second wait for it."""
        self.ask("first")
        await self.until(lambda: self.jobs() == 1)
        self.ask("second")
        await self.until(lambda: self.phase("second") == "Queued")

    def put(self, name: str, namespace: str = "team-a", **spec: Any) -> dict[str, Any]:
        manifest = {"metadata": {"name": name, "namespace": namespace}, "spec": {"question": "why?", **spec}}
        return self.cluster.put(INVESTIGATIONS, manifest)

    def tell(self, name: str, namespace: str = "team-a") -> None:
        self.controller.saw_case(case_of(self.cluster.find(INVESTIGATIONS, namespace, name)))

    def cancel(self, name: str) -> None:
        """Let a person cancel it, and the watch tell of that."""
        self.change(name)["spec"]["intent"] = "Cancel"
        self.tell(name)

    def change(self, name: str, namespace: str = "team-a") -> dict[str, Any]:
        found = self.cluster.find(INVESTIGATIONS, namespace, name)
        self.cluster.version += 1
        found["metadata"]["resourceVersion"] = str(self.cluster.version)
        return found

    def delete(self, name: str, namespace: str = "team-a") -> dict[str, Any]:
        return self.cluster.objects.pop(self.cluster.key(INVESTIGATIONS, namespace, name))

    def phase(self, name: str, namespace: str = "team-a") -> str:
        found: str = self.cluster.find(INVESTIGATIONS, namespace, name).get("status", {}).get("phase", "")
        return found

    def measured(self, name: str) -> float:
        """The value of a sample of the controller's metrics."""
        lines = generate_latest(self.controller.metrics.registry).decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name} "))

    def jobs(self) -> int:
        return len(self.cluster.all("jobs.batch"))


@pytest.fixture
def alone() -> Bench:
    """One slot."""
    return Bench(max_running=1)


async def test_a_new_one_gets_its_job(alone: Bench) -> None:
    async with alone.running():
        alone.ask("first")
        await alone.until(lambda: alone.jobs() == 1)
    assert alone.phase("first") == "Running"


async def test_a_slot_is_free_though_the_answer_to_the_last_write_was_lost(alone: Bench) -> None:
    """The end is written, the API server's answer is not heard, and nothing else would tell those that wait."""
    async with alone.running():
        await alone.fill()
        lost = iter([Unavailable("the connection broke")])

        def losing(verb: str, resource: str) -> ClusterError | None:
            return next(lost, None) if verb == "apply" else None

        alone.cluster.after = losing
        alone.cancel("first")
        await alone.until(lambda: alone.phase("second") == "Running")
    assert alone.phase("first") == "Cancelled"


async def test_a_slot_is_free_though_a_write_was_the_first_to_learn_of_the_deletion(alone: Bench) -> None:
    """The watch tells of it only when nothing is left to forget."""
    async with alone.running():
        await alone.fill()
        alone.cancel("first")
        gone = case_of(alone.delete("first"))
        await alone.until(lambda: alone.jobs() == 0)
        alone.controller.lost_case(gone)
        await alone.until(lambda: alone.phase("second") == "Running")


async def test_one_made_anew_is_begun_though_the_sweep_saw_it_first(alone: Bench) -> None:
    """To the watch it is then no news."""
    async with alone.running():
        alone.ask("first")
        await alone.until(lambda: alone.jobs() == 1)
        gone = case_of(alone.delete("first"))
        made = alone.put("first")
        alone.controller.lost_case(gone)
        assert served(alone) == {gone.uid}
        await alone.until(lambda: served(alone) <= {made["metadata"]["uid"]})
        alone.tell("first")
        await alone.until(lambda: alone.phase("first") == "Running")


class Looked:
    """What is asked to look back: the investigation, and how long after it came its alert was gone."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, timedelta | None]] = []

    async def look(self, tenant: str, uid: str, at: datetime, resolved_after: timedelta | None = None) -> None:
        self.asked.append((tenant, uid, resolved_after))


async def test_what_has_ended_is_looked_through_once_and_again_when_its_alert_is_gone() -> None:
    looked = Looked()
    bench = Bench(hints=looked, max_running=1)
    async with bench.running():
        bench.ask("first", trigger="Alert", alert={"labels": {"alertname": "Down"}})
        await bench.until(lambda: bench.jobs() == 1)
        bench.cancel("first")
        await bench.until(lambda: looked.asked)
        found = bench.change("first")
        uid, came = found["metadata"]["uid"], datetime.fromisoformat(found["metadata"]["creationTimestamp"])
        found["status"]["alert"] = {"resolvedAt": timestamp(came + timedelta(minutes=3))}
        bench.tell("first")
        bench.tell("first")
        await bench.until(lambda: len(looked.asked) == 2)
    assert looked.asked == [("ns:team-a", uid, None), ("ns:team-a", uid, timedelta(minutes=3))]


def served(bench: Bench) -> set[str]:
    """The UIDs of those that have a Job."""
    return {job["metadata"]["labels"]["casebook.dev/investigation-uid"] for job in bench.cluster.all("jobs.batch")}


async def test_one_made_anew_meanwhile_gets_no_job_of_its_namesakes_plan(alone: Bench) -> None:
    """The status of one is written, and the Job is then to be made: for that one, not for who has its name now."""
    swapped: list[str] = []
    begun: list[str] = []

    def swap(verb: str, resource: str) -> None:
        if verb == "apply" and not swapped:
            swapped.append(case_of(alone.delete("first")).uid)
            alone.ask("first")

    def note(verb: str, resource: str) -> None:
        if (verb, resource) == ("create", "jobs.batch"):
            begun.append(alone.phase("first"))

    alone.cluster.after, alone.cluster.before = swap, note
    async with alone.running():
        alone.ask("first")
        await alone.until(lambda: alone.jobs() == 1)
    assert begun == ["Running"], "the attempt is written before its Job is made"


async def test_a_namespace_gets_its_bindings_when_a_long_outage_ends(alone: Bench, monkeypatch: Any) -> None:
    """Without them the gateway may create nothing in it."""
    monkeypatch.setattr("casebook.controller.worklist.FIRST_RETRY", 0.001)
    monkeypatch.setattr("casebook.controller.worklist.LAST_RETRY", 0.01)
    refused = 0

    def away(verb: str, resource: str) -> ClusterError | None:
        nonlocal refused
        if (verb, resource) != ("create", "rolebindings.rbac.authorization.k8s.io"):
            return None
        refused += 1
        return Unavailable("etcd has no leader")

    async with alone.running():
        await alone.until(lambda: len(alone.cluster.all("rolebindings.rbac.authorization.k8s.io")) == 4)
        alone.cluster.before = away
        alone.cluster.namespace("new")
        alone.controller.saw_namespace(namespace_of(alone.cluster.find("namespaces", "", "new")))
        await alone.until(lambda: refused >= 12)
        alone.cluster.before = lambda verb, resource: None
        await alone.until(lambda: len(alone.cluster.all("rolebindings.rbac.authorization.k8s.io")) == 6)


async def test_what_may_start_does_not_stand_behind_a_storm() -> None:
    """Telling hundreds that they have to wait takes its time; who has a slot to get does not wait for that."""
    bench = Bench(SlowWriter, max_running=2, max_running_per_tenant=1)
    async with bench.running():
        for number in range(300):
            bench.ask(f"storm-{number}")
        await bench.until(lambda: bench.jobs() == 1)
        await bench.until(lambda: queued(bench) > 0)
        bench.ask("urgent", "team-b")
        await bench.until(lambda: bench.phase("urgent", "team-b") == "Running")
        assert queued(bench) < 90


async def test_a_storm_is_told_bit_by_bit_that_it_has_to_wait() -> None:
    """The writes would take the API server's time from the alerts that still come in."""
    bench = Bench(max_running=1)
    async with bench.running():
        begun = monotonic()
        for number in range(TOLD_AT_ONCE + 50):
            bench.ask(f"storm-{number}")
        await bench.until(lambda: queued(bench) >= TOLD_AT_ONCE + 30)
        assert monotonic() - begun >= 25 / TOLD_A_SECOND


def queued(bench: Bench) -> int:
    return sum(item.get("status", {}).get("phase") == "Queued" for item in bench.cluster.all(INVESTIGATIONS))


async def test_a_pod_that_does_not_start_is_looked_at_when_its_time_is_over() -> None:
    """Nothing tells of a pod that goes on waiting: its Job does not change."""
    bench = Bench(max_running=1, start_seconds=1)
    async with bench.running():
        bench.ask("first")
        await bench.until(lambda: bench.jobs() == 1)
        (job,) = bench.cluster.all("jobs.batch")
        job["status"] = {"active": 1, "startTime": timestamp(now())}
        bench.cluster.version += 1
        job["metadata"]["resourceVersion"] = str(bench.cluster.version)
        bench.controller.saw_job(job_of(job))
        await bench.until(lambda: "PodNotCreated" in reasons(bench, "first"))


def reasons(bench: Bench, name: str) -> list[str]:
    found = bench.cluster.find(INVESTIGATIONS, "team-a", name)
    return [item["reason"] for item in found["status"]["conditions"]]


async def test_feedback_on_a_finished_one_is_acted_on_at_once() -> None:
    bench = Bench()
    async with bench.running():
        made = bench.put("why")
        told = {"type": "Finished", "status": "True", "reason": "Reported", "lastTransitionTime": timestamp(now())}
        made["status"] = {"phase": "Succeeded", "conditions": [told], "finishedAt": timestamp(now())}
        bench.tell("why")
        root = {"object": "Deployment/web", "cause": "QuotaExceeded"}
        bench.change("why")["spec"]["feedback"] = [{"id": "f1", "author": "alice", "rootCause": root}]
        bench.tell("why")
        await bench.until(lambda: bench.cluster.all("memories.casebook.dev"))
        await bench.until(lambda: made["status"].get("lessons", [{}])[0].get("replay") == "Impossible")
        assert bench.measured('casebook_corrections_total{state="Proposed"}') == 1
        assert bench.measured("casebook_correction_effect_seconds_count") == 1
        assert 0 <= bench.measured("casebook_correction_effect_seconds_sum") < PATIENCE


async def test_a_word_that_teaches_nothing_has_no_time_to_its_effect() -> None:
    bench = Bench()
    async with bench.running():
        made = bench.put("why")
        told = {"type": "Finished", "status": "True", "reason": "Reported", "lastTransitionTime": timestamp(now())}
        made["status"] = {"phase": "Succeeded", "conditions": [told], "finishedAt": timestamp(now())}
        bench.change("why")["spec"]["feedback"] = [{"id": "f1", "author": "alice", "rating": "Up"}]
        bench.tell("why")
        await bench.until(lambda: bench.measured('casebook_corrections_total{state="None"}') == 1)
        assert bench.measured("casebook_correction_effect_seconds_count") == 0


async def test_what_is_alike_is_told_though_only_the_controllers_own_write_ended_it() -> None:
    bench = Bench()
    async with bench.running():
        bench.ask("why")
        await bench.until(lambda: bench.jobs() == 1)
        end(bench, "why", "DnsFailing")
        made = bench.cluster.find(INVESTIGATIONS, "team-a", "why")
        await bench.until(lambda: made["status"].get("phase") == "Succeeded")
        await bench.until(lambda: "similar" in made["status"])


async def test_what_memories_and_cases_are_found_by_is_kept_up() -> None:
    bench = Bench()
    async with bench.running():
        for space in ("team-a", "team-b"):
            spec = {"statement": f"of {space}", "state": "Confirmed"}
            made = bench.cluster.put(MEMORIES, {"metadata": {"name": "m", "namespace": space}, "spec": spec})
            bench.controller.saw_memory(memory_of(made))
        made = bench.put("why")
        told = {"type": "Finished", "status": "True", "reason": "Reported", "lastTransitionTime": timestamp(now())}
        report = {"verdict": "NoFault", "summary": "s"}
        made["status"] = {"conditions": [told], "finishedAt": timestamp(now()), "report": report}
        bench.tell("why")
        await bench.until(lambda: "similar" in made["status"])
        await bench.until(lambda: len(bench.texts.kept) == 3)
        assert set(bench.texts.kept) == {
            ("ns:team-a", TextKind.CASE, made["metadata"]["uid"]),
            ("ns:team-a", TextKind.MEMORY, "team-a/m"),
            ("ns:team-b", TextKind.MEMORY, "team-b/m"),
        }
        bench.controller.lost_memory(memory_of(bench.cluster.find(MEMORIES, "team-b", "m")))
        await bench.until(lambda: len(bench.texts.kept) == 2)
        told = {(tenant, one.spec.statement) for tenant, one in bench.versions.kept}
        assert told == {("ns:team-a", "of team-a"), ("ns:team-b", "of team-b")}


async def test_memories_are_told_how_they_stand() -> None:
    bench = Bench()
    async with bench.running():
        for name, effect in (("one", "Confirms"), ("other", "RulesOut")):
            claim = {"cause": {"cause": "DnsFailing", "effect": effect}}
            spec = {"statement": name, "state": "Confirmed", "claim": claim}
            bench.cluster.put(
                "memories.casebook.dev", {"metadata": {"name": name, "namespace": "team-b"}, "spec": spec}
            )
        for made in bench.cluster.all("memories.casebook.dev"):
            bench.controller.saw_memory(memory_of(made))
        await bench.until(lambda: all("status" in made for made in bench.cluster.all("memories.casebook.dev")))
        first = bench.cluster.find("memories.casebook.dev", "team-b", "one")
        told = {item["type"]: item["reason"] for item in first["status"]["conditions"]}
        assert told == {"Fresh": "Verified", "Conflicting": "Contradicted"}


def end(
    bench: Bench, name: str, *causes: str, created: str = "2026-11-22T00:00:00Z", space: str = "team-a", **report: Any
) -> None:
    """Let an agent hand in what it found on Service/auth, and its Job and the controller do the rest."""
    roots = [
        {"hypothesis": "h1", "object": "Service/auth", "namespace": "team-a", "cause": one, "statement": "s"}
        | {"confidencePercent": 90}
        for one in causes
    ]
    found = bench.change(name, space)
    found["metadata"]["creationTimestamp"] = created
    stored = {"type": "TraceStored", "status": "True", "reason": "Stored", "lastTransitionTime": timestamp(now())}
    found.setdefault("status", {}).setdefault("conditions", []).append(stored)
    said = {"verdict": "RootCause", "summary": "s", "rootCauses": roots, **report}
    found["status"] |= {"verdict": "RootCause", "cause": causes[0], "object": "Service/auth", "report": said}
    bench.tell(name, space)


async def test_an_incident_has_one_head_whoever_ends_first_and_shows_who_follows() -> None:
    """Three run side by side and one only checks again; the oldest, which ends last, becomes the head of all."""
    bench = Bench(max_running=4, max_running_per_tenant=4)
    made = [timestamp(now() - timedelta(seconds=age)) for age in (40, 30, 20, 10)]

    def status(name: str) -> dict[str, Any]:
        found: dict[str, Any] = bench.cluster.find(INVESTIGATIONS, "team-a", name).get("status", {})
        return found

    async with bench.running():
        for name in ("oldest", "middle", "youngest", "apart"):
            bench.ask(name)
        await bench.until(lambda: bench.jobs() == 4)
        end(bench, "middle", "ServiceSelectorMismatch", created=made[1])
        end(bench, "youngest", "ServiceSelectorMismatch", created=made[2], explainedBy="middle")
        end(bench, "apart", "ServicePortMismatch", created=made[3])
        await bench.until(lambda: status("youngest").get("explainedBy") == "middle")
        await bench.until(lambda: status("middle").get("followers") == {"count": 1, "names": ["youngest"]})
        end(bench, "oldest", "ServiceSelectorMismatch", created=made[0])
        whole = {"count": 2, "names": ["middle", "youngest"]}
        await bench.until(lambda: status("oldest").get("followers") == whole)
        assert [status(name).get("explainedBy") for name in ("oldest", "middle", "youngest", "apart")] == [
            None,
            "oldest",
            "oldest",
            None,
        ]
        await bench.until(lambda: "followers" not in status("middle"))
        assert status("middle")["report"]["rootCauses"], "a finished report never changes"
        gone = bench.delete("youngest")
        bench.controller.lost_case(case_of(gone))
        await bench.until(lambda: status("oldest").get("followers") == {"count": 1, "names": ["middle"]})
    assert "followers" not in status("apart")


async def test_an_incident_ends_at_the_border_when_a_namespace_changes_hands() -> None:
    """Nothing of one tenant stays named in another."""
    bench = Bench(max_running=4, max_running_per_tenant=4)
    for name in ("team-a", "team-b"):
        bench.cluster.namespace(name, casebook_dev__tenant="acme")
    async with bench.running():
        bench.ask("head")
        bench.ask("follower", "team-b")
        await bench.until(lambda: bench.jobs() == 2)
        end(bench, "head", "ServiceSelectorMismatch", created="2026-11-21T00:00:00Z")
        end(bench, "follower", "ServiceSelectorMismatch", space="team-b")
        status = bench.cluster.find(INVESTIGATIONS, "team-b", "follower")["status"]
        await bench.until(lambda: status.get("explainedBy") == "team-a/head")
        await bench.until(lambda: bench.cluster.find(INVESTIGATIONS, "team-a", "head")["status"].get("followers"))
        bench.cluster.namespace("team-b", casebook_dev__tenant="globex")
        bench.controller.saw_namespace(namespace_of(bench.cluster.find("namespaces", "", "team-b")))
        await bench.until(lambda: "explainedBy" not in status)
        await bench.until(lambda: "followers" not in bench.cluster.find(INVESTIGATIONS, "team-a", "head")["status"])
