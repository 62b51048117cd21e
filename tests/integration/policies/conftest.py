"""The policies of the chart on the API server, and people to try them with."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from casebook.cluster.client import APPLY_PATCH, JSON, MERGE_PATCH, Client
from casebook.cluster.resources import locate
from casebook.cluster.writer import Writer
from support.access import Rights, Tried, acting_as
from support.release import OPERATOR, apply, apply_definitions, manifests
from support.tools import output, run

STAMPED = "admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy"
VALIDATING = ("validatingadmissionpolicy", "validatingadmissionpolicybinding")
MUTATING = ("mutatingadmissionpolicy", "mutatingadmissionpolicybinding")


def _names(kinds: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for kind in kinds:
        done = run("kubectl", "get", kind, "-o", "name", "-l", "app.kubernetes.io/part-of=casebook")
        found |= {line for line in done.stdout.splitlines() if line}
    return found


def _delete(names: set[str]) -> None:
    if names:
        output("kubectl", "delete", "--ignore-not-found", *sorted(names))


@pytest.fixture(scope="session")
def rendered(kubeconfig: str) -> list[dict[str, Any]]:
    """Every policy that the chart would install here."""
    served = run("kubectl", "get", "--raw", "/apis/admissionregistration.k8s.io/v1beta1").stdout
    serves = "mutatingadmissionpolicies" in served
    arguments = ["-a", STAMPED] if serves else []
    return [manifest for manifest in manifests(*arguments) if "AdmissionPolicy" in manifest["kind"]]


@pytest.fixture(scope="session")
def policies(kubeconfig: str, rendered: list[dict[str, Any]]) -> Iterator[None]:
    """The validating policies alone; afterwards the API server has what it had before."""
    apply_definitions()
    before = _names((*VALIDATING, *MUTATING))
    made_namespace = run("kubectl", "create", "namespace", OPERATOR).returncode == 0
    _delete(_names(MUTATING))
    apply([document for document in rendered if document["kind"].startswith("Validating")])
    yield
    if before:
        apply([document for document in rendered if f"{document['kind'].lower()}" in " ".join(before)])
    else:
        _delete(_names((*VALIDATING, *MUTATING)))
    if made_namespace:
        output("kubectl", "delete", "namespace", OPERATOR, "--wait=true")


@pytest.fixture
def stamping(policies: None, rendered: list[dict[str, Any]]) -> Iterator[None]:
    """The mutating policies besides; fails where the API server cannot serve them."""
    documents = [document for document in rendered if document["kind"].startswith("Mutating")]
    assert documents, "the API server of the tests must serve MutatingAdmissionPolicy"
    apply(documents)
    yield
    _delete(_names(MUTATING))


@pytest.fixture
async def rights(kube_client: Client) -> AsyncIterator[Rights]:
    """Grants that end with the test."""
    granted = Rights(kube_client)
    yield granted
    await granted.revoke()


class Person:
    """A user who tries things; every try is a dry run unless said otherwise."""

    def __init__(self, name: str, client: Client, rights: Rights) -> None:
        self.name = name
        self.client = client
        self._rights = rights

    async def may(self, *rules: tuple[str, str, str], namespace: str = "") -> None:
        """Grant rights."""
        await self._rights.grant(self.name, rules, namespace)

    def create(self, resource: str, manifest: dict[str, Any]) -> Tried:
        """Try to create it."""
        where = locate(resource)
        body = {"apiVersion": where.api_version, "kind": where.kind, **manifest}
        return Tried(self.client, "POST", where.path(manifest["metadata"].get("namespace", "")), body, JSON)

    def change(self, resource: str, name: str, namespace: str, patch: dict[str, Any], sub: str = "") -> Tried:
        """Try a merge patch."""
        return Tried(self.client, "PATCH", locate(resource).path(namespace, name, sub), patch, MERGE_PATCH)

    def apply(self, resource: str, manifest: dict[str, Any]) -> Tried:
        """Try a server-side apply."""
        where = locate(resource)
        body = {"apiVersion": where.api_version, "kind": where.kind, **manifest}
        path = where.path(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        return Tried(self.client, "PATCH", path, body, APPLY_PATCH)

    def delete(self, resource: str, name: str, namespace: str) -> Tried:
        """Try to delete it."""
        return Tried(self.client, "DELETE", locate(resource).path(namespace, name), None, JSON)


@pytest.fixture
async def person(kubeconfig: str, policies: None, rights: Rights) -> AsyncIterator[Callable[..., Any]]:
    """Makes people by name; a random suffix keeps tests apart, `exactly` takes the name as it is."""
    async with AsyncExitStack() as stack:

        async def make(name: str = "alice", *, exactly: bool = False) -> Person:
            user = name if exactly else f"{name}-{uuid4().hex[:6]}@example.com"
            return Person(user, await stack.enter_async_context(acting_as(kubeconfig, user)), rights)

        yield make


@pytest.fixture
def made(kube_client: Client, policies: None) -> Callable[..., Any]:
    """Creates objects for real, as the administrator."""
    writer = Writer(kube_client, "casebook-tests")

    async def make(resource: str, manifest: dict[str, Any]) -> dict[str, Any]:
        where = locate(resource)
        stored, created = await writer.create(
            resource, {"apiVersion": where.api_version, "kind": where.kind, **manifest}
        )
        assert created, json.dumps(manifest)
        return stored

    return make


@pytest.fixture
async def admin_name(kube_client: Client) -> str:
    """Who the administrator is."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    review = await kube_client.json("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=body)
    return str(review["status"]["userInfo"]["username"])
