"""The life of an Investigation, from asked to deleted, on a real API server."""

import asyncio
from typing import Any

import pytest

from casebook.cluster.errors import NotFound
from support.rig import INVESTIGATIONS, JOBS, Rig, conditions
from support.waiting import until


async def gone(rig: Rig, resource: str, name: str, namespace: str) -> None:
    async def look() -> bool:
        try:
            found = await rig.reader.get(resource, name, namespace)
        except NotFound:
            return True
        return "deletionTimestamp" in found["metadata"]

    await until(f"{resource} {name} is gone", look, 180)


async def test_a_question_becomes_a_job_and_a_report_ends_it(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        asked = await rig.ask(team)
        job = await rig.job(asked)
        assert job["metadata"]["labels"]["casebook.dev/investigation-uid"] == asked["metadata"]["uid"]
        await rig.claims(asked, 1)
        await rig.job_runs(job)
        running = conditions(await rig.get(asked))
        assert (running["Running"]["status"], running["Queued"]["status"]) == ("True", "False")
        await rig.reports(asked)
        assert (await rig.condition(asked, "Succeeded"))["reason"] == "ReportStored"
        ended = await rig.get(asked)
    assert conditions(ended)["Finished"]["status"] == "True"
    assert conditions(ended)["Claimed"]["reason"] == "Attempt1", "what the gateway wrote stands"
    assert (ended["status"]["phase"], ended["status"]["attempt"]) == ("Succeeded", 1)
    assert ended["status"]["report"]["verdict"] == "NoFault"
    assert ended["status"]["observedGeneration"] == ended["metadata"]["generation"]


async def test_events_tell_of_the_transitions(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        asked = await rig.ask(team)
        await rig.job(asked)
        await rig.reports(asked)
        await rig.condition(asked, "Finished")

        async def told() -> set[str]:
            events = (await rig.reader.list("events.events.k8s.io", team)).items
            reasons = {e["reason"] for e in events if e["regarding"]["uid"] == asked["metadata"]["uid"]}
            return reasons if "Finished" in reasons else set()

        assert await until("the Events", told, 30) == {"Started", "Finished"}


async def test_a_slot_is_waited_for_and_given_by_severity(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller(maxRunning=1):
        first = await rig.ask(team, "first")
        await rig.job(first)
        mild = await rig.ask(team, "mild", severity="Info")
        await rig.condition(mild, "Queued")
        severe = await rig.ask(team, "severe", severity="Critical")
        await rig.condition(severe, "Queued")
        await rig.reports(first)
        await rig.job(severe)
        assert conditions(await rig.get(mild))["Queued"]["reason"] == "WaitingForSlot"
        await rig.reports(severe)
        await rig.job(mild)


async def test_no_tenant_takes_more_than_its_share(rig: Rig) -> None:
    noisy, quiet = await rig.namespace(), await rig.namespace()
    async with rig.controller(maxRunning=3, maxRunningPerTenant=2):
        for number in range(5):
            await rig.ask(noisy, f"n{number}", severity="Critical")
        modest = await rig.ask(quiet, severity="Info")
        await rig.job(modest)
        await asyncio.sleep(2.5)
        owners = [job["metadata"]["annotations"]["casebook.dev/tenant-id"] for job in await rig.jobs()]
        assert sorted(owners) == sorted([f"ns:{noisy}"] * 2 + [f"ns:{quiet}"])


async def test_an_evicted_attempt_is_made_again_and_numbers_grow(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        asked = await rig.ask(team)
        for attempt in (1, 2):
            job = await rig.job(asked, attempt)
            await rig.claims(asked, attempt, f"pod-{attempt}")
            await rig.job_fails(job, "PodFailurePolicy", "Pod x/y has condition DisruptionTarget matching FailJob rule")
        await rig.job(asked, 3)
        found = await rig.get(asked)
        assert (found["status"]["attempt"], conditions(found)["Running"]["reason"]) == (3, "RetryAfterDisrupted")
        await rig.job_fails(await rig.job(asked, 3), "PodFailurePolicy", "has condition DisruptionTarget matching")
        assert (await rig.condition(asked, "Finished"))["reason"] == "Disrupted"
        assert (await rig.condition(asked, "Succeeded", "False"))["reason"] == "Disrupted"
        assert len(await rig.jobs()) == 3


async def test_a_lost_job_whose_pod_had_begun_makes_another_attempt(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        asked = await rig.ask(team)
        job = await rig.job(asked)
        await rig.claims(asked, 1)
        await rig.writer.delete(JOBS, job["metadata"]["name"], rig.runs)
        await rig.job(asked, 2)
        assert conditions(await rig.get(asked))["Running"]["reason"] == "RetryAfterPodLost"


async def test_a_job_lost_before_its_pod_began_is_the_same_attempt(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        asked = await rig.ask(team)
        first = await rig.job(asked)
        await rig.writer.delete(JOBS, first["metadata"]["name"], rig.runs)

        async def made_again() -> bool:
            jobs = await rig.jobs()
            return [job["metadata"]["uid"] for job in jobs] not in ([], [first["metadata"]["uid"]])

        await until("the Job again", made_again, 120)
        assert (await rig.get(asked))["status"]["attempt"] == 1


async def test_an_image_that_cannot_be_pulled_is_said_and_given_up(rig: Rig) -> None:
    team = await rig.namespace()
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "manifest unknown: casebook:tset"}}
    pod = {"phase": "Pending", "containerStatuses": [{"name": "agent", "state": waiting, **_IDLE}]}
    # Long enough to put the pod there in time, also on a busy machine.
    async with rig.controller(startSeconds=10):
        asked = await rig.ask(team)
        for attempt in (1, 2):
            await rig.pod(await rig.job(asked, attempt), pod)
        told = await rig.condition(asked, "Finished")
        assert told["reason"] == "ImagePull"
        assert "manifest unknown: casebook:tset" in told["message"]
        await until("no Job is left", lambda: _no_jobs(rig), 120)


_IDLE = {"ready": False, "restartCount": 0, "image": "casebook:test", "imageID": ""}


async def _no_jobs(rig: Rig) -> bool:
    return all("deletionTimestamp" in job["metadata"] for job in await rig.jobs())


async def test_an_agent_that_fails_by_itself_is_tried_once_more(rig: Rig) -> None:
    team = await rig.namespace()
    ended = {"terminated": {"reason": "Error", "exitCode": 1, "startedAt": None, "finishedAt": None}}
    pod = {"phase": "Failed", "containerStatuses": [{"name": "agent", "state": ended, **_IDLE}]}
    async with rig.controller():
        asked = await rig.ask(team)
        for attempt in (1, 2):
            job = await rig.job(asked, attempt)
            await rig.pod(job, pod)
            await rig.job_fails(job, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
        told = await rig.condition(asked, "Finished")
        assert told["reason"] == "AgentFailed"
        assert f"kubectl -n {rig.runs} logs job/" in told["message"]


async def test_a_refused_job_is_said_and_made_when_it_may_be(rig: Rig) -> None:
    team = await rig.namespace()
    policy = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none", "namespace": rig.runs},
        "spec": {"hard": {"count/jobs.batch": "0"}},
    }
    await rig.writer.create("resourcequotas", policy)
    # Quotas are counted by a controller that is not here; the status says what it would.
    await rig.writer.patch(
        "resourcequotas",
        "none",
        rig.runs,
        {"status": {"hard": {"count/jobs.batch": "0"}, "used": {"count/jobs.batch": "0"}}},
        "status",
    )
    async with rig.controller():
        asked = await rig.ask(team)
        told = await rig.condition(asked, "Running", "False")
        assert told["reason"] == "JobRefused"
        assert "exceeded quota" in told["message"]
        await rig.writer.delete("resourcequotas", "none", rig.runs)
        job = await rig.job(asked)
        await rig.job_runs(job)
        assert (await rig.condition(asked, "Running"))["reason"] == "Started"


@pytest.mark.parametrize(
    ("spec", "reason", "says"),
    [
        ({"target": {"kind": "Deploymnt", "name": "web"}}, "TargetUnknown", "spec.target.kind"),
        ({"target": {"kind": "Secret", "name": "web"}}, "TargetForbidden", "Secrets are never read"),
        (
            {"target": {"kind": "Pod", "name": "web", "namespace": "kube-system"}},
            "TargetForbidden",
            "give one of team-",
        ),
        (
            {"window": {"start": "2999-01-01T00:00:00Z", "end": "2999-01-01T01:00:00Z"}},
            "WindowContradictory",
            "is in the future",
        ),
    ],
)
async def test_what_cannot_be_done_as_asked_ends_with_the_field_and_what_is_right(
    rig: Rig, spec: dict[str, Any], reason: str, says: str
) -> None:
    team = await rig.namespace()
    async with rig.controller():
        asked = await rig.ask(team, **spec)
        told = await rig.condition(asked, "Succeeded", "False")
        assert told["reason"] == reason
        assert says in told["message"]
        assert conditions(await rig.get(asked))["Finished"]["status"] == "True"
        assert await rig.jobs() == []


async def test_cancel_stops_it(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        asked = await rig.ask(team)
        job = await rig.job(asked)
        await rig.writer.patch(INVESTIGATIONS, "why", team, {"spec": {"intent": "Cancel"}})
        assert (await rig.condition(asked, "Finished"))["reason"] == "Cancelled"
        assert (await rig.get(asked))["status"]["phase"] == "Cancelled"
        await gone(rig, JOBS, job["metadata"]["name"], rig.runs)


async def test_time_to_live_deletes_the_finished_but_no_open_episode(rig: Rig) -> None:
    team = await rig.namespace()
    alert = {"receiver": "r", "groupKey": "k", "fingerprint": "f", "status": "firing", "labels": {"alertname": "Down"}}
    async with rig.controller():
        alerted = await rig.ask(team, "alerted", trigger="Alert", alert=alert, ttlSecondsAfterFinished=0)
        asked = await rig.ask(team, "asked", ttlSecondsAfterFinished=0)
        for one in (alerted, asked):
            await rig.job(one)
            await rig.reports(one)
        await gone(rig, INVESTIGATIONS, "asked", team)
        await asyncio.sleep(5)
        assert (await rig.get(alerted))["status"]["phase"] == "Succeeded"


async def test_jobs_of_a_deleted_investigation_are_swept(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        asked = await rig.ask(team)
        job = await rig.job(asked)
        await rig.writer.delete(INVESTIGATIONS, "why", team)
        await gone(rig, JOBS, job["metadata"]["name"], rig.runs)


async def test_jobs_orphaned_while_no_controller_ran_are_swept_and_others_left(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        kept, lost = await rig.ask(team, "kept"), await rig.ask(team, "lost")
        jobs = {one["metadata"]["name"]: await rig.job(one) for one in (kept, lost)}
    await rig.writer.delete(INVESTIGATIONS, "lost", team)
    again = await rig.ask(team, "lost")
    async with rig.controller():
        await gone(rig, JOBS, jobs["lost"]["metadata"]["name"], rig.runs)
        await rig.job(again)
        found = await rig.reader.get(JOBS, jobs["kept"]["metadata"]["name"], rig.runs)
        assert found["metadata"]["uid"] == jobs["kept"]["metadata"]["uid"]


async def test_the_agents_pod_is_admitted_where_pods_are_restricted(rig: Rig) -> None:
    strict = await rig.namespace(f"strict-{rig.suffix}")
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    await rig.writer.patch("namespaces", strict, "", {"metadata": {"labels": labels}})
    await rig.writer.create(
        "serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _named("default", strict)}
    )
    async with rig.controller():
        template = (await rig.job(await rig.ask(strict)))["spec"]["template"]
    spec = {**template["spec"], "serviceAccountName": "default"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": _named("agent", strict), "spec": spec}
    made, _ = await rig.writer.create("pods", pod)
    mounts = {mount["mountPath"] for mount in made["spec"]["containers"][0]["volumeMounts"]}
    assert "/var/run/secrets/kubernetes.io/serviceaccount" in mounts, "the reader's own token, to read with"
    assert "/var/run/secrets/casebook" in mounts, "the pod-bound token for the gateway"
    await rig.writer.delete("pods", "agent", strict)


def _named(name: str, namespace: str) -> dict[str, str]:
    return {"name": name, "namespace": namespace}
