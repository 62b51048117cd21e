"""What is installed in the cluster, as its own configuration says."""

import asyncio
import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from bench.process import ROOT, in_background
from scenariokit.kubectl import CommandError, Kube

OPERATOR = "casebook-system"
PATIENCE = 120.0


@dataclass(frozen=True)
class Installation:
    """The parts that measurements need; `token` opens the webhook of `receiver`."""

    image: str
    runs_namespace: str
    agent_resources: dict[str, Any]
    receiver: str
    token: str


async def ensure(kube: Kube, tell: Callable[[str], None]) -> None:
    """Install the chart of this checkout where there is none. Raises `ProcessError`."""
    if (await kube.run("get", "deployment", "casebook-gateway", "-n", OPERATOR)).code:
        tell("installing the chart")
        await in_background([str(ROOT / "hack" / "install")], kube.env)


async def installation(kube: Kube) -> Installation:
    """Read it. Raises `CommandError` where the chart is not installed."""
    controller = await settings(kube, "casebook-controller", "controller.yaml")
    gateway = await settings(kube, "casebook-gateway", "gateway.yaml")
    names = [receiver["name"] for receiver in gateway["receivers"]]
    if not names:
        raise CommandError("the gateway has no receiver to post alerts to")
    (secret,) = await kube.objects("secret", "casebook-receivers", "-n", OPERATOR)
    return Installation(
        image=controller["image"],
        runs_namespace=controller["runsNamespace"],
        agent_resources=controller["agentResources"],
        receiver=names[0],
        token=base64.b64decode(secret["data"][names[0]]).decode().split()[0],
    )


async def settings(kube: Kube, name: str, key: str) -> dict[str, Any]:
    """The YAML document under a key of a ConfigMap of the operator."""
    (found,) = await kube.objects("configmap", name, "-n", OPERATOR)
    document = yaml.safe_load(found["data"][key])
    if not isinstance(document, dict):
        raise CommandError(f"ConfigMap {name}: {key} is no mapping")
    return document


async def pods_of(kube: Kube, component: str) -> list[str]:
    """The running pods of `controller` or `gateway`, by name."""
    labels = f"app.kubernetes.io/name=casebook,app.kubernetes.io/component={component}"
    running = ("--field-selector", "status.phase=Running")
    found = await kube.objects("pods", "-n", OPERATOR, "-l", labels, *running)
    names = [p["metadata"]["name"] for p in found if "deletionTimestamp" not in p["metadata"]]
    if not names:
        raise CommandError(f"no {component} runs in {OPERATOR}")
    return sorted(names)


async def served(kube: Kube, namespace: str) -> None:
    """Wait until the controller has let the gateway into a namespace that is new."""
    end = time.monotonic() + PATIENCE
    while (await kube.run("get", "rolebinding", "casebook-gateway", "-n", namespace)).code:
        if time.monotonic() >= end:
            raise CommandError(f"the controller has not let the gateway into {namespace}")
        await asyncio.sleep(0.5)
