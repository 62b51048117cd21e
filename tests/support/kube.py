"""A real API server for tests: the one of `hack/cluster`, or the one that KUBECONFIG names."""

import os
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from casebook.cluster.client import Client, connect
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer


@pytest.fixture(scope="session")
def kubeconfig() -> str:
    """Path of the kubeconfig; a test that needs a cluster fails without one, it is never skipped in silence."""
    path = os.environ.get("KUBECONFIG", "")
    if not path:
        pytest.fail("this test needs a real API server: run `make test`, or `eval $(hack/cluster env)` first")
    return path


@pytest.fixture
async def kube_client(kubeconfig: str) -> AsyncIterator[Client]:
    """A connection as the cluster's administrator."""
    async with connect(kubeconfig) as client:
        yield client


@pytest.fixture
async def namespace(kube_client: Client) -> AsyncIterator[str]:
    """A fresh namespace, deleted afterwards without waiting for it."""
    name = f"test-{uuid4().hex[:10]}"
    writer = Writer(kube_client, "casebook-tests")
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    await writer.create("namespaces", manifest)
    yield name
    await writer.delete("namespaces", name)


@pytest.fixture
def reader(kube_client: Client) -> Reader:
    """Reads as the administrator."""
    return Reader(kube_client)


@pytest.fixture
def writer(kube_client: Client) -> Writer:
    """Writes as the administrator."""
    return Writer(kube_client, "casebook-tests")
