"""The ways to ask for an investigation: the command line, the custom resource, an alert."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from pydantic import ValidationError

from casebook.api.enums import Reasoning
from casebook.api.report import Report
from scenariokit.format import Ask
from scenariokit.kubectl import CommandError, Kube, execute
from scenariokit.needs import PROMETHEUS

REPORT_SECONDS = 600.0
PATIENCE = 300
"""Seconds of an investigation where nobody says otherwise."""


@dataclass(frozen=True)
class Question:
    """What is asked, with the namespaces filled in; `key` names the run, `trace` is where to save one."""

    ask: Ask
    namespace: str
    key: str
    trace: Path | None = None


class Way(Protocol):
    """Asks, and gives the report; CommandError where there is none."""

    name: str

    async def ask(self, kube: Kube, question: Question) -> Report:
        """The report that answers the question."""
        ...


class CommandLine:
    """`casebook investigate`, with the rights of whoever runs this; it asks this Prometheus and this model if given.

    `env` is what the model needs besides in the environment.
    """

    name = "cli"

    def __init__(
        self,
        program: Path,
        prometheus: str = "",
        model: str = "",
        env: Mapping[str, str] | None = None,
        seconds: int = PATIENCE,
    ) -> None:
        self._program, self._prometheus, self._model = program, prometheus, model
        self._env, self._seconds = dict(env or {}), seconds

    async def ask(self, kube: Kube, question: Question) -> Report:
        """Run the command and read what it prints."""
        command = [str(self._program), "investigate"]
        command += [question.ask.target] if question.ask.target else []
        command += ["-n", question.namespace, "-o", "json", "--timeout", f"{self._seconds}s"]
        command += ["--question", asked_in_words(question.ask)]
        command += ["--save", str(question.trace)] if question.trace else []
        command += ["--prometheus", self._prometheus] if self._prometheus else []
        command += ["--model", self._model] if self._model else []
        done = await execute(command, env={**kube.env, **self._env}, seconds=REPORT_SECONDS + self._seconds)
        if done.code:
            raise CommandError(f"casebook investigate ended with {done.code}: {done.message}")
        return parsed(done.out)


class Resource:
    """An Investigation, made and waited for."""

    name = "crd"

    def __init__(self, reasoning: Reasoning = Reasoning.BUILT_IN) -> None:
        self._reasoning = reasoning

    async def ask(self, kube: Kube, question: Question) -> Report:
        """Create it, wait until it is Finished, read its report."""
        name = await create_investigation(kube, question.namespace, f"sc-{question.key}", question.ask, self._reasoning)
        return await finished(kube, question.namespace, name)


class Webhook:
    """An alert, posted to the gateway as Alertmanager does."""

    name = "alert"

    def __init__(self, receiver: str, token: str) -> None:
        self._receiver, self._token = receiver, token

    async def ask(self, kube: Kube, question: Question) -> Report:
        """Post it, wait for the Investigation that it makes, read its report."""
        payload = alert_payload(question, datetime.now(UTC))
        async with forwarded(kube, "casebook-system", "service/casebook-gateway", 8080) as base:
            await self._post(f"{base}/v1/alerts/{self._receiver}", payload)
        return await finished(kube, question.namespace, await self._created(kube, question.namespace))

    async def _post(self, url: str, payload: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with aiohttp.ClientSession(headers=headers) as session, session.post(url, json=payload) as answer:
                if answer.status >= 300:
                    raise CommandError(f"the gateway answered {answer.status}: {(await answer.text())[:300]}")
        except aiohttp.ClientError as error:
            raise CommandError(f"the gateway did not answer: {error}") from None

    async def _created(self, kube: Kube, namespace: str) -> str:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            found = await kube.objects("investigations.casebook.dev", "-n", namespace)
            if found:
                return str(found[0]["metadata"]["name"])
            await asyncio.sleep(0.5)
        raise CommandError(f"the alert made no Investigation in {namespace}")


async def create_investigation(
    kube: Kube, namespace: str, name: str, ask: Ask, reasoning: Reasoning = Reasoning.BUILT_IN
) -> str:
    """Ask by an Investigation of this name; gives the name."""
    spec: dict[str, Any] = {"trigger": "Question", "question": asked_in_words(ask)}
    if reasoning is not Reasoning.BUILT_IN:
        spec["reasoning"] = reasoning.value
    if ask.target:
        kind, _, target = ask.target.partition("/")
        spec["target"] = {"kind": kind, "name": target}
    metadata = {"name": name, "namespace": namespace}
    made = {"apiVersion": "casebook.dev/v1alpha1", "kind": "Investigation", "metadata": metadata, "spec": spec}
    await kube.must("create", "-f", "-", stdin=json.dumps(made))
    return name


def asked_in_words(ask: Ask) -> str:
    """The question; of an alert without one, its summary or its name."""
    if ask.question or ask.alert is None:
        return ask.question
    annotations = ask.alert.annotations
    return annotations.get("summary") or annotations.get("description") or ask.alert.labels.get("alertname", "")


def alert_payload(question: Question, now: datetime) -> dict[str, Any]:
    """The webhook body, version 4, of one firing alert; its labels are the scenario's and the namespace."""
    given = question.ask.alert
    labels = {"alertname": "Complaint", **(given.labels if given else {}), "namespace": question.namespace}
    annotations = dict(given.annotations) if given else {}
    if question.ask.question:
        annotations.setdefault("summary", question.ask.question)
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": annotations,
        "startsAt": now.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": f"{abs(hash(question.key)):016x}"[:16],
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{run="{question.key}"}}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "alertmanager",
        "groupLabels": {"alertname": labels["alertname"]},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "",
        "alerts": [alert],
    }


async def finished(kube: Kube, namespace: str, name: str) -> Report:
    """The report of an Investigation, once it is Finished; CommandError with its reason when it has none."""
    seconds = round(REPORT_SECONDS)
    arguments = ("wait", "--for=condition=Finished", f"--timeout={seconds}s", f"investigations.casebook.dev/{name}")
    await kube.must(*arguments, "-n", namespace, seconds=seconds + 10)
    (found,) = await kube.objects("investigations.casebook.dev", name, "-n", namespace)
    status = found.get("status", {})
    if not status.get("report"):
        said = [f"{c['type']}={c['status']} {c.get('reason', '')}" for c in status.get("conditions", [])]
        raise CommandError(f"Investigation {name} has no report: {', '.join(said)}")
    return parsed(json.dumps(status["report"]))


def parsed(text: str) -> Report:
    """A report from JSON, alone or under the key `report`."""
    try:
        found = json.loads(text)
        inner = found["report"] if isinstance(found, dict) and "report" in found else found
        return Report.model_validate(inner)
    except (json.JSONDecodeError, ValidationError) as error:
        raise CommandError(f"not a report: {' '.join(str(error).split())[:300]}") from None


@asynccontextmanager
async def prometheus_url(kube: Kube) -> AsyncIterator[str]:
    """The cluster's Prometheus on loopback; empty where there is none, or where $PROMETHEUS_URL names another."""
    named = "PROMETHEUS_URL" in os.environ
    found = [] if named else await kube.objects("services", "-A", "-l", PROMETHEUS)
    if not found:
        yield ""
        return
    metadata, port = found[0]["metadata"], found[0]["spec"]["ports"][0]["port"]
    async with forwarded(kube, metadata["namespace"], f"service/{metadata['name']}", port) as url:
        yield url


@asynccontextmanager
async def forwarded(kube: Kube, namespace: str, target: str, port: int) -> AsyncIterator[str]:
    """A port-forward to a service while the block runs; gives the base URL."""
    process = await asyncio.create_subprocess_exec(
        *("kubectl", "--kubeconfig", str(kube.kubeconfig), "-n", namespace, "port-forward", target, f":{port}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode() if process.stdout else ""
        if "Forwarding from" not in line:
            raise CommandError(f"port-forward to {target}: {line or 'no answer'}")
        yield f"http://127.0.0.1:{line.split('->')[0].rpartition(':')[2].strip()}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
