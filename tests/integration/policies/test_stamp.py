"""Where MutatingAdmissionPolicy is served nobody types a name: it is filled in, and a forged one is overwritten."""

import asyncio
import time
from uuid import uuid4

import pytest
import yaml

from casebook.cluster.client import Client
from support.tools import output

EDIT = (("casebook.dev", "memories", "create,get,list,update,patch,delete"),)
ASK = (
    ("casebook.dev", "investigations", "create,get,list,update,patch"),
    ("", "pods/log", "get"),
    ("", "configmaps", "get"),
)
MEMORIES = "memories.casebook.dev"
INVESTIGATIONS = "investigations.casebook.dev"


def memory(namespace: str, **spec) -> dict:
    metadata = {"name": f"m-{uuid4().hex[:8]}", "namespace": namespace}
    return {"metadata": metadata, "spec": {"statement": "it is so", **spec}}


def investigation(namespace: str, *feedback: dict) -> dict:
    metadata = {"name": f"q-{uuid4().hex[:8]}", "namespace": namespace}
    return {"metadata": metadata, "spec": {"question": "why?", "feedback": list(feedback)}}


@pytest.fixture
async def stamped(stamping: None, kube_client: Client, namespace: str, admin_name: str) -> str:
    """The administrator's name, once both policies have taken hold."""
    end = time.monotonic() + 60
    path = f"/apis/casebook.dev/v1alpha1/namespaces/{namespace}"
    dry = [("dryRun", "All")]
    kinds = {"memories": memory(namespace), "investigations": investigation(namespace, {"id": "a", "rating": "Up"})}
    for plural, body in kinds.items():
        kind = {"memories": "Memory", "investigations": "Investigation"}[plural]
        body |= {"apiVersion": "casebook.dev/v1alpha1", "kind": kind}
        while True:
            try:
                answer = await kube_client.json("POST", f"{path}/{plural}", query=dry, body=body)
                if admin_name in str(answer["spec"]):
                    break
            except Exception as error:  # noqa: BLE001 - any refusal means that it has not taken hold yet
                answer = error
            assert time.monotonic() < end, f"never took hold: {answer}"
            await asyncio.sleep(0.3)
    return admin_name


async def test_feedback_is_signed(person, stamped, namespace):
    alice = await person()
    await alice.may(*ASK, namespace=namespace)
    unsigned = investigation(namespace, {"id": "f1", "rating": "Up"})
    stored = await alice.create(INVESTIGATIONS, unsigned).admitted()
    assert [f["author"] for f in stored["spec"]["feedback"]] == [alice.name]
    forged = investigation(namespace, {"id": "f1", "rating": "Up", "author": "bob"})
    stored = await alice.create(INVESTIGATIONS, forged).admitted()
    assert [f["author"] for f in stored["spec"]["feedback"]] == [alice.name]


async def test_signing_leaves_other_entries_and_the_rest_of_an_entry_alone(person, made, stamped, namespace):
    first = {"id": "f1", "author": stamped, "rating": "Up", "note": "first"}
    stored = await made(INVESTIGATIONS, investigation(namespace, first))
    alice = await person()
    await alice.may(*ASK, namespace=namespace)
    cause = {"object": "Deployment/api", "cause": "MemoryLimitTooLow"}
    added = {"id": "f2", "rating": "Down", "rootCause": cause, "scope": {"matchLabels": {"workload.name": "api"}}}
    patch = {"spec": {"feedback": [*stored["spec"]["feedback"], added]}}
    answer = await alice.change(INVESTIGATIONS, stored["metadata"]["name"], namespace, patch).admitted()
    one, two = answer["spec"]["feedback"]
    assert one == stored["spec"]["feedback"][0]
    assert two == {**added, "author": alice.name, "reach": "Namespace", "standing": "Proposed"}


async def test_feedback_applied_again_and_again_keeps_its_author(kube_client, person, stamped, namespace):
    body = investigation(namespace, {"id": "f1", "rating": "Up"})
    manifest = yaml.safe_dump({"apiVersion": "casebook.dev/v1alpha1", "kind": "Investigation", **body})
    name = body["metadata"]["name"]
    for _ in range(2):
        output("kubectl", "apply", "--server-side", "-f", "-", stdin=manifest)
    alice = await person()
    await alice.may(*ASK, namespace=namespace)
    # Another writer owns an entry of its own: the list is keyed by id.
    other = {"metadata": body["metadata"], "spec": {"feedback": [{"id": "f2", "rating": "Down"}]}}
    answer = await alice.apply(INVESTIGATIONS, other).admitted()
    assert {f["id"]: f["author"] for f in answer["spec"]["feedback"]} == {"f1": stamped, "f2": alice.name}
    path = f"/apis/casebook.dev/v1alpha1/namespaces/{namespace}/investigations/{name}"
    assert [f["author"] for f in (await kube_client.json("GET", path))["spec"]["feedback"]] == [stamped]


async def test_the_last_editor_is_whoever_edits(kube_client, person, made, stamped, namespace):
    stored = await made(MEMORIES, memory(namespace))
    assert stored["spec"]["lastEditor"] == stamped
    name = stored["metadata"]["name"]
    alice = await person()
    await alice.may(*EDIT, namespace=namespace)
    answer = await alice.change(MEMORIES, name, namespace, {"spec": {"statement": "other"}}).admitted()
    assert answer["spec"]["lastEditor"] == alice.name
    answer = await alice.change(MEMORIES, name, namespace, {"spec": {"lastEditor": "bob"}}).admitted()
    assert answer["spec"]["lastEditor"] == alice.name
    answer = await alice.change(MEMORIES, name, namespace, {"metadata": {"labels": {"a": "b"}}}).admitted()
    assert answer["spec"]["lastEditor"] == stamped
    # kubectl edit, with an editor that changes one word.
    output(
        *("kubectl", "edit", "cbmem", name, "-n", namespace, "--as", alice.name),
        env={"KUBE_EDITOR": "sed -i s/'it is so'/'it was so'/"},
    )
    path = f"/apis/casebook.dev/v1alpha1/namespaces/{namespace}/memories/{name}"
    spec = (await kube_client.json("GET", path))["spec"]
    assert (spec["statement"], spec["lastEditor"]) == ("it was so", alice.name)


async def test_gitops_applies_the_same_manifest_for_ever(kube_client, person, stamped, namespace):
    gitops = await person(f"system:serviceaccount:{namespace}:gitops", exactly=True)
    alice = await person()
    for who in (gitops, alice):
        await who.may(*EDIT, namespace=namespace)
    body = memory(namespace)
    name = body["metadata"]["name"]
    manifest = yaml.safe_dump({"apiVersion": "casebook.dev/v1alpha1", "kind": "Memory", **body})
    apply = (
        "kubectl",
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager=gitops",
        "-f",
        "-",
        "--as",
        gitops.name,
    )
    path = f"/apis/casebook.dev/v1alpha1/namespaces/{namespace}/memories/{name}"

    await gitops.apply(MEMORIES, body).admitted()
    output(*apply, stdin=manifest)
    first = await kube_client.json("GET", path)
    assert first["spec"]["lastEditor"] == gitops.name
    output(*apply, stdin=manifest)
    again = await kube_client.json("GET", path)
    assert again["metadata"]["generation"] == first["metadata"]["generation"]

    await alice.change(MEMORIES, name, namespace, {"spec": {"verifyBy": "2030-01-01T00:00:00Z"}}).admitted()
    patch = '{"spec": {"verifyBy": "2030-01-01T00:00:00Z"}}'
    output("kubectl", "patch", "cbmem", name, "-n", namespace, "--as", alice.name, "--type=merge", "-p", patch)
    assert (await kube_client.json("GET", path))["spec"]["lastEditor"] == alice.name
    output(*apply, stdin=manifest)
    assert (await kube_client.json("GET", path))["spec"]["lastEditor"] == alice.name
