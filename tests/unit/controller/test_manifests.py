"""What is made, field by field where it matters."""

from casebook.api.enums import Phase
from casebook.api.names import reader_name
from casebook.controller import manifests
from casebook.controller.manifests import AgentSettings
from casebook.controller.plan import Emit
from casebook.controller.transitions import attempting, failed, queued, succeeded
from support.cases import NOW, UID, ago, case, started

AGENT = AgentSettings(
    namespace="casebook-runs",
    image="casebook:dev",
    pull_policy="IfNotPresent",
    gateway_url="http://casebook-gateway.casebook-system:8080",
    resources={"limits": {"memory": "256Mi"}},
    grace=60,
    ttl=600,
)


def test_the_job_of_an_attempt() -> None:
    made = manifests.job(case(seconds=300), 2, "label:acme", {"b", "a"}, AGENT)
    assert made["metadata"]["name"] == "run-0a1b2c3d4e5f-2"
    assert made["metadata"]["labels"]["casebook.dev/investigation-uid"] == UID
    assert made["metadata"]["annotations"]["casebook.dev/namespaces"] == "a,b"
    spec = made["spec"]
    assert (spec["backoffLimit"], spec["podReplacementPolicy"], spec["activeDeadlineSeconds"]) == (0, "Failed", 360)
    pod = spec["template"]
    assert pod["metadata"]["annotations"] == {
        "casebook.dev/investigation-namespace": "team-a",
        "casebook.dev/investigation-name": "why",
        "casebook.dev/tenant-id": "label:acme",
    }
    assert pod["metadata"]["labels"] == made["metadata"]["labels"]
    assert pod["spec"]["serviceAccountName"] == reader_name("label:acme")
    assert pod["spec"]["restartPolicy"] == "Never"
    container = pod["spec"]["containers"][0]
    assert container["command"] == ["casebook", "agent"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    token = pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]
    assert token == {"audience": "casebook-gateway", "expirationSeconds": 3600, "path": "token"}
    folder = container["volumeMounts"][0]["mountPath"]
    assert {"name": "CASEBOOK_GATEWAY_TOKEN_FILE", "value": f"{folder}/token"} in container["env"]


def test_as_many_namespaces_as_a_run_may_look_at_fit_into_an_annotation() -> None:
    names = [f"{number:063d}" for number in range(5000)]
    made = manifests.job(case(), 1, "label:acme", names, AGENT)
    assert sum(map(len, made["metadata"]["annotations"].values())) < 262_144 / 2


def test_a_status_carries_all_that_is_owned_and_what_it_was_read_at() -> None:
    of = started(version=7, generation=2)
    made = manifests.status(of, attempting(of, 2, NOW, "RetryAfterPodLost", "again"))
    assert made["metadata"]["resourceVersion"] == "7"
    assert made["metadata"]["uid"] == UID
    assert made["status"]["observedGeneration"] == 2
    assert made["status"]["startedAt"] == "2026-11-22T11:55:00Z"
    assert {c["type"] for c in made["status"]["conditions"]} == {"Queued", "Running", "Succeeded", "Finished"}


def test_the_trace_is_the_gateways_to_speak_of_until_it_is_lost() -> None:
    for write in (queued(case(), NOW, ""), succeeded(started(trace="True", headline="NoFault"), NOW)):
        assert "TraceStored" not in {mark.type for mark in write.marks}
    lost = succeeded(started(trace="False", headline="NoFault"), NOW)
    assert "TraceStored" in {mark.type for mark in lost.marks}
    assert "TraceStored" not in {m.type for m in failed(case(), NOW, Phase.FAILED, "SpecInvalid", "").marks}


def test_a_time_of_transition_moves_only_with_the_status() -> None:
    of = started(running="True/Started")
    marks = {m.type: m for m in attempting(of, 2, NOW, "RetryAfterPodLost", "").marks}
    assert marks["Running"].since == ago(60)
    assert marks["Running"].reason == "RetryAfterPodLost"
    assert marks["Queued"].since == NOW


def test_a_message_is_clipped_to_what_a_condition_takes() -> None:
    write = failed(case(), NOW, Phase.FAILED, "SpecInvalid", "x" * 9999)
    assert max(len(mark.message) for mark in write.marks) == 1024


def test_an_event_told_again_has_the_same_name() -> None:
    first = manifests.event(case(), Emit("Finished", "x" * 5000), NOW, "host")
    again = manifests.event(case(), Emit("Finished", "otherwise"), ago(-60), "another")
    assert first["metadata"]["name"] == again["metadata"]["name"]
    assert first["metadata"]["name"] != manifests.event(case(), Emit("Started", ""), NOW, "")["metadata"]["name"]
    assert len(first["note"]) == 1024
    assert first["eventTime"] == "2026-11-22T12:00:00.000000Z"
    assert len(manifests.event(case(name="x" * 253), Emit("A", ""), NOW, "")["metadata"]["name"]) <= 253
