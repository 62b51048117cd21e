"""A namespace with many workloads, one of which is broken."""

import json
from typing import Any

from bench.measures.investigate import FLOOR, CommandLineProbe
from bench.row import Bound, Floor, Row
from bench.session import Session
from scenariokit.format import Ask
from scenariokit.kubectl import CommandError, Kube
from scenariokit.ways import Question

COUNT = 50
BROKEN = "work-07"
LIMIT = 4.0
READY_SECONDS = 400


async def measure(session: Session, _chosen: set[str]) -> list[Row]:
    """`casebook investigate -n NAMESPACE`, whole process."""
    async with session.namespace("many") as namespace:
        kube = session.kube
        session.tell(f"starting {COUNT} workloads")
        await kube.must("apply", "-n", namespace, "-f", "-", stdin=manifests(session.options.image), seconds=120)
        await ready(kube, namespace)
        probe = CommandLineProbe(session)
        question = Question(
            Ask(question="what is wrong here?"), namespace, namespace, session.traces / "workloads.json"
        )
        report = await probe.ask(kube, question)
        counter = probe.runs.counters[0]
        found = ", ".join(f"{cause.object} {cause.cause}" for cause in report.root_causes) or report.verdict.value
        note = f"{counter.calls} calls, at most {counter.most_open} side by side; found {found}"
        what = f"casebook investigate, a namespace of {COUNT} workloads"
        floor = Floor(probe.runs.floor, FLOOR)
        return [Row("workloads", what, "s", probe.runs.seconds, Bound("<", LIMIT), floor, note)]


def manifests(image: str) -> str:
    """A Deployment, a Service and a ConfigMap for each workload; one Deployment's command fails."""
    objects = [item for index in range(COUNT) for item in _workload(f"work-{index:02}", image)]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


async def ready(kube: Kube, namespace: str) -> None:
    """Wait until all but the broken one are available, and that one has failed. Raises `CommandError`."""
    healthy = [f"deployment/work-{index:02}" for index in range(COUNT) if f"work-{index:02}" != BROKEN]
    wait = ("wait", "-n", namespace, f"--timeout={READY_SECONDS}s")
    await kube.must(*wait, "--for=condition=Available", *healthy, seconds=READY_SECONDS + 20)
    failed = "--for=jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}=1"
    done = await kube.run(*wait, failed, "pod", "-l", f"app={BROKEN}", seconds=READY_SECONDS + 20)
    if done.code:
        raise CommandError(f"the broken workload does not fail: {done.message}")


def _workload(name: str, image: str) -> list[dict[str, Any]]:
    command = "echo 'KeyError: LEDGER_URL is not set' >&2; exit 1" if name == BROKEN else "exec sleep 86400"
    labels = {"app": name}
    container = {
        "name": "work",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", command],
        "envFrom": [{"configMapRef": {"name": name}}],
        "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}},
    }
    pod = {"terminationGracePeriodSeconds": 1, "containers": [container]}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"MODE": "quiet"}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": labels, "ports": [{"port": 80}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
    ]
