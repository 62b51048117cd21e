"""An API server and etcd of a test's own, in a pod of the test cluster.

A controller acts on the whole cluster, so its tests cannot share one: an installed Casebook and other tests would see
the same objects. This one has the images, flags and certificates of the cluster's own, and no other controllers: what
the kubelet and the Job controller would do, tests do themselves.
"""

import asyncio
import copy
import logging
import random
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from casebook.api.base import API_VERSION, GROUP
from casebook.cluster.client import Client, connect
from casebook.cluster.errors import ClusterError, NotFound
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.crdgen.kinds import KINDS
from support.waiting import until

CRDS = Path(__file__).parents[2] / "crds"
ATTEMPTS, START_SECONDS = 3, 150.0
log = logging.getLogger(__name__)


@pytest.fixture(scope="session")
def private_kubeconfig(kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The kubeconfig of an API server that only these tests use, with our resources installed."""
    with asyncio.Runner() as runner:
        server = with_resources(kubeconfig, tmp_path_factory.mktemp("api"))
        path = runner.run(server.__aenter__())
        try:
            yield path
        finally:
            runner.run(server.__aexit__(None, None, None))


@asynccontextmanager
async def with_resources(kubeconfig: str, folder: Path) -> AsyncIterator[str]:
    """The kubeconfig of a fresh API server that serves our resources."""
    async with private_api_server(kubeconfig, folder) as path:
        await _install(path)
        yield path


async def _install(kubeconfig: str) -> None:
    async with connect(kubeconfig) as client:
        for file in sorted(CRDS.glob("*.yaml")):
            path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
            await client.json("POST", path, body=yaml.safe_load(file.read_text()))
        reader = Reader(client)
        await until("all kinds are served", lambda: _served(reader))


async def _served(reader: Reader) -> bool:
    try:
        for kind in KINDS:
            await reader.list(f"{kind.plural}.{GROUP}")
    except ClusterError:
        return False
    return True


async def remove(client: Client, namespaces: Iterable[str]) -> None:
    """Delete namespaces of such a server at once, as its controllers would, with what a controller of ours acts on."""
    for name in namespaces:
        for kind in KINDS:
            await client.json("DELETE", f"/apis/{API_VERSION}/namespaces/{name}/{kind.plural}")
        await Writer(client, "casebook-tests").delete("namespaces", name)
        gone = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {"finalizers": []}}
        with suppress(NotFound):
            await client.json("PUT", f"/api/v1/namespaces/{name}/finalize", body=gone)


@asynccontextmanager
async def private_api_server(kubeconfig: str, folder: Path) -> AsyncIterator[str]:
    """The kubeconfig of a fresh API server; it is gone afterwards, with all that was in it."""
    async with connect(kubeconfig) as outer:
        reader, writer = Reader(outer), Writer(outer, "casebook-tests")
        space = f"test-api-{uuid4().hex[:8]}"
        await writer.create("namespaces", {"metadata": {"name": space}, "apiVersion": "v1", "kind": "Namespace"})
        try:
            await _default_account(reader, space)
            yield await _started(Starter(reader, writer, space, kubeconfig, folder))
        finally:
            await writer.delete("namespaces", space)


@dataclass(frozen=True)
class Starter:
    """What it takes to start one, in this namespace of the cluster of this kubeconfig."""

    reader: Reader
    writer: Writer
    space: str
    outer: str
    folder: Path

    def kubeconfig(self, server: str) -> str:
        """The path of a kubeconfig for a server with the certificates of the cluster's own."""
        config = yaml.safe_load(Path(self.outer).read_text())
        for cluster in config["clusters"]:
            cluster["cluster"]["server"] = server
        path = self.folder / f"{self.space}.kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return str(path)

    async def said(self, pod: str) -> str:
        """How its containers stand, and their last lines."""
        status = (await self.reader.get("pods", pod, self.space)).get("status", {})
        words = [f"pod {pod}: {status.get('phase')} {status.get('reason', '')} {status.get('message', '')}"]
        for container in status.get("containerStatuses", []):
            words.append(f"{container['name']}: {container['state']}")
            try:
                words.append((await self.reader.logs(self.space, pod, container=container["name"], tail=15))[0])
            except ClusterError as error:
                words.append(error.message)
        return "\n".join(words)


async def _started(starter: Starter) -> str:
    """Its kubeconfig once it answers.

    A port may be taken, and a server gives up where its etcd is late: then it is another pod's turn, on other ports.
    """
    model, said = await _model(starter.reader), []
    for attempt in range(ATTEMPTS):
        name, port = f"api-{attempt}", random.randrange(20_000, 29_000)
        await starter.writer.create("pods", _pod(model, starter.space, name, port))
        path = starter.kubeconfig(f"https://{model['status']['hostIP']}:{port}")
        try:
            if await _answers(path, starter, name) is _State.READY:
                return path
        except AssertionError as error:
            said.append(str(error))
        said.append(await starter.said(name))
        log.warning("an API server did not start: %s", said[-1])
        await starter.writer.delete("pods", name, starter.space)
    raise AssertionError("no API server of the tests' own:\n" + "\n".join(said))


async def _default_account(reader: Reader, space: str) -> None:
    async def look() -> bool:
        try:
            await reader.get("serviceaccounts", "default", space)
        except NotFound:
            return False
        return True

    await until(f"the default account of {space}", look)


async def _model(reader: Reader) -> dict[str, Any]:
    page = await reader.list("pods", "kube-system", labels="component=kube-apiserver")
    etcd = await reader.list("pods", "kube-system", labels="component=etcd")
    model = page.items[0]
    model["etcd"] = etcd.items[0]["spec"]["containers"][0]["image"]
    return model


def _pod(model: dict[str, Any], space: str, name: str, port: int) -> dict[str, Any]:
    server = copy.deepcopy(model["spec"]["containers"][0])
    etcd_url = f"http://127.0.0.1:{port + 1}"
    replaced = ("--etcd-", "--secure-port", "--authorization-mode")
    kept = [flag for flag in server["command"] if not flag.startswith(replaced)]
    for left_out in ("livenessProbe", "readinessProbe", "startupProbe", "ports"):
        server.pop(left_out, None)
    # Without a share of its own it starves on a busy machine.
    server["resources"] = {"requests": {"cpu": "200m"}}
    # The cluster's administrator has its rights by a binding that is not in here.
    own = [f"--etcd-servers={etcd_url}", f"--secure-port={port}", "--authorization-mode=AlwaysAllow"]
    server["command"] = [*kept, *own]
    etcd = {
        "name": "etcd",
        "image": model["etcd"],
        "command": [
            "etcd",
            "--data-dir=/data",
            f"--listen-client-urls={etcd_url}",
            f"--advertise-client-urls={etcd_url}",
            f"--listen-peer-urls=http://127.0.0.1:{port + 2}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{port + 2}",
            f"--initial-cluster=default=http://127.0.0.1:{port + 2}",
            "--unsafe-no-fsync",
        ],
        "resources": {"requests": {"cpu": "100m"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": space},
        "spec": {
            "hostNetwork": True,
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "nodeName": model["spec"]["nodeName"],
            "tolerations": [{"operator": "Exists"}],
            "containers": [server, etcd],
            "volumes": [*model["spec"]["volumes"], {"name": "data", "emptyDir": {}}],
        },
    }


class _State(Enum):
    READY = "ready"
    ENDED = "ended"


async def _answers(kubeconfig: str, starter: Starter, pod: str) -> Any:
    async with connect(kubeconfig) as client:

        async def look() -> _State | None:
            if await _ready(client):
                return _State.READY
            return _State.ENDED if await _ended(starter.reader, pod, starter.space) else None

        return await until("an API server of the tests' own", look, seconds=START_SECONDS)


async def _ended(reader: Reader, pod: str, space: str) -> bool:
    status = (await reader.get("pods", pod, space)).get("status", {})
    containers = status.get("containerStatuses", [])
    return status.get("phase") == "Failed" or any("terminated" in container["state"] for container in containers)


async def _ready(client: Client) -> bool:
    try:
        await client.text("/readyz", timeout=5)
        await client.json("GET", "/api/v1/namespaces/default", timeout=5)
    except ClusterError:
        return False
    return True
