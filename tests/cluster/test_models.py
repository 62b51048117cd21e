"""A model behind the gateways of a real cluster: the gateway that carries a question is killed, the run goes on."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from casebook.api.enums import Reasoning
from casebook.api.investigation import Budget
from casebook.api.report import Report
from casebook.cluster.client import Client
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from support.cluster import IMAGE, deployment, investigation
from support.openaiserver import completion, hypotheses
from support.tools import output
from support.waiting import PATIENCE, finished, until

from .conftest import install

INVESTIGATIONS = "investigations.casebook.dev"
SERVER = Path(__file__).parent / "model" / "server.py"
NAME, PORT = "model", 8000
BUDGET = Budget(seconds=600)
"""Room for a cluster that is slow: most of it is there to find the gateway and kill it."""


@dataclass(frozen=True)
class HeldModel:
    """The model of `model/server.py`, told of through the API server's proxy."""

    client: Client
    namespace: str

    async def asked(self) -> list[str]:
        """The addresses of the pods that have asked it, in their order."""
        path = f"/api/v1/namespaces/{self.namespace}/services/{NAME}:{PORT}/proxy/asked"
        return [str(one) for one in (await self.client.json("GET", path))["asked"]]


def manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    """(resource, manifest) of all that the model is made of."""
    labels = {"app": NAME}
    files = {"server.py": SERVER.read_text(), "answer.json": json.dumps(completion(hypotheses()))}
    container = {
        "name": NAME,
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "command": ["python3", "/model/server.py"],
        "volumeMounts": [{"name": "files", "mountPath": "/model"}],
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
    }
    pod = {"containers": [container], "volumes": [{"name": "files", "configMap": {"name": NAME}}]}
    core = {"apiVersion": "v1", "metadata": {"name": NAME, "labels": labels}}
    yield "configmaps", core | {"kind": "ConfigMap", "data": files}
    yield "pods", core | {"kind": "Pod", "spec": pod | {"terminationGracePeriodSeconds": 0}}
    yield "services", core | {"kind": "Service", "spec": {"selector": labels, "ports": [{"port": PORT}]}}


@pytest.fixture
async def model(installed: str, kube_client: Client, writer: Writer) -> AsyncIterator[HeldModel]:
    """A model that holds its first answer, which the gateways ask; afterwards they ask none, as before."""
    namespace = f"test-m-{uuid4().hex[:8]}"
    await writer.create("namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    try:
        for resource, manifest in manifests():
            placed = {**manifest, "metadata": {**manifest["metadata"], "namespace": namespace}}
            await writer.create(resource, placed)
        output("kubectl", "-n", namespace, "wait", "--for=condition=Ready", f"pod/{NAME}", "--timeout=240s")
        there = {"name": "held", "url": f"http://{NAME}.{namespace}.svc:{PORT}/v1", "model": "scripted"}
        install(
            "--set-json",
            f"gateway.models.endpoints={json.dumps([there])}",
            "--set",
            "gateway.models.secondsPerCall=600",
        )
        yield HeldModel(kube_client, namespace)
    finally:
        install()
        await writer.delete("namespaces", namespace)


async def asks(writer: Writer, namespace: str, name: str) -> None:
    """An Investigation that is to ask a model whatever the rules say."""
    target = {"kind": "Deployment", "name": "fine"}
    spec = {"question": "does fine work?", "target": target, "reasoning": Reasoning.ALWAYS, "budget": BUDGET.wire()}
    await writer.create(INVESTIGATIONS, investigation(namespace, name, **spec))


async def told(reader: Reader, namespace: str, name: str) -> Report:
    """What the first attempt at an Investigation reported."""
    done = await finished(reader, namespace, name, BUDGET.seconds + PATIENCE)
    assert (done["status"]["phase"], done["status"]["attempt"]) == ("Succeeded", 1), "no attempt was given up"
    return Report.model_validate(done["status"]["report"])


async def carrier(reader: Reader, system: str, address: str) -> str:
    """The gateway pod with this address."""
    pods = (await reader.list("pods", system, labels="app.kubernetes.io/component=gateway")).items
    (found,) = [pod["metadata"]["name"] for pod in pods if pod["status"].get("podIP") == address]
    return str(found)


@pytest.mark.timeout(1800)
async def test_a_run_goes_on_where_the_gateway_that_carries_its_question_is_killed(
    installed: str, model: HeldModel, reader: Reader, writer: Writer, namespace: str
) -> None:
    await writer.create("deployments.apps", deployment(namespace, "fine", "sleep 3600"))
    await asks(writer, namespace, "cut")
    (address,) = await until("the model is asked", model.asked)
    pod = await carrier(reader, installed, address)
    output("kubectl", "-n", installed, "delete", "pod", pod, "--grace-period=0", "--force", "--wait=false")
    cut = await told(reader, namespace, "cut")

    assert "fault of Casebook" not in cut.summary
    gave_no_help = any(line.startswith("model ") for line in cut.limitations)
    assert gave_no_help or len(await model.asked()) > 1, "the answer that was under way never came"

    output("kubectl", "-n", installed, "rollout", "status", "deployment/casebook-gateway", "--timeout=280s")
    await asks(writer, namespace, "whole")
    assert (await told(reader, namespace, "whole")).cost.prompt_tokens > 0, "and gateways can be asked again"
