"""A cluster seen past a proxy that can fail, the controller under test, and what others would do in it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import yaml

from casebook.api.base import timestamp
from casebook.api.names import run_name
from casebook.cluster.client import Client, connect
from casebook.cluster.errors import Conflict, NotFound
from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.controller.config import ControllerConfig
from casebook.handlers import service
from support.apiserver import remove
from support.faultproxy import FaultProxy, fault_proxy
from support.waiting import condition as condition_of
from support.waiting import until

INVESTIGATIONS = "investigations.casebook.dev"
JOBS = "jobs.batch"
PATIENCE = 240.0


@dataclass
class Rig:
    """One API server seen past the proxy, and what a test does to it."""

    client: Client
    proxy: FaultProxy
    folder: Path
    suffix: str = field(default_factory=lambda: uuid4().hex[:6])

    def __post_init__(self) -> None:
        self.reader, self.writer = Reader(self.client), Writer(self.client, "casebook-tests")
        self.gateway = Writer(self.client, "casebook-gateway")
        self.operator, self.runs = f"sys-{self.suffix}", f"runs-{self.suffix}"
        self.spaces: list[str] = []
        self._told: dict[str, dict[str, Any]] = {}

    def config(self, **changes: Any) -> ControllerConfig:
        settings = {
            "operatorNamespace": self.operator,
            "runsNamespace": self.runs,
            "image": "casebook:test",
            "gatewayURL": "http://gateway:8080",
            "backoffSeconds": 1,
            "resyncSeconds": 2,
            "listen": "127.0.0.1:0",
            **changes,
        }
        return ControllerConfig.model_validate(settings)

    async def namespace(self, name: str = "", tenant: str = "") -> str:
        name = name or f"team-{len(self.spaces)}-{self.suffix}"
        labels = {"casebook.dev/tenant": tenant} if tenant else {}
        await self.writer.create("namespaces", {"metadata": {"name": name, "labels": labels}})
        self.spaces.append(name)
        return name

    async def ask(self, namespace: str, name: str = "why", **spec: Any) -> dict[str, Any]:
        """Create an Investigation."""
        manifest = {
            "apiVersion": "casebook.dev/v1alpha1",
            "kind": "Investigation",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"question": "why?", **spec},
        }
        return (await self.writer.create(INVESTIGATIONS, manifest))[0]

    async def get(self, made: dict[str, Any]) -> dict[str, Any]:
        metadata = made["metadata"]
        return await self.reader.get(INVESTIGATIONS, metadata["name"], metadata["namespace"])

    async def condition(self, made: dict[str, Any], type_: str, status: str = "True") -> dict[str, Any]:
        """Wait until a condition has this status; the condition."""

        async def check() -> dict[str, Any] | None:
            found = condition_of(await self.get(made), type_)
            return found if found.get("status") == status else None

        found: dict[str, Any] = await until(f"{made['metadata']['name']} {type_}={status}", check, PATIENCE)
        return found

    async def job(self, made: dict[str, Any], attempt: int = 1) -> dict[str, Any]:
        """Wait for the Job of an attempt."""
        name = run_name(made["metadata"]["uid"], attempt)

        async def check() -> dict[str, Any] | None:
            try:
                return await self.reader.get(JOBS, name, self.runs)
            except NotFound:
                return None

        found: dict[str, Any] = await until(f"Job {name}", check, PATIENCE)
        return found

    async def gone(self, made: dict[str, Any]) -> None:
        """Wait until an Investigation is deleted."""

        async def look() -> bool:
            try:
                await self.get(made)
            except NotFound:
                return True
            return False

        await until(f"{made['metadata']['name']} is deleted", look, PATIENCE)

    async def page(self, port: int, path: str) -> tuple[int, str]:
        """Status and text of one of the controller's own pages; 0 where nobody listens."""
        try:
            async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientConnectionError:
            return 0, ""

    async def command(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run `casebook` to its end: exit code and what it said."""
        command = [sys.executable, "-m", "casebook", *arguments]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environment() | environment,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def jobs(self) -> list[dict[str, Any]]:
        return (await self.reader.list(JOBS, self.runs)).items

    async def job_runs(self, job: dict[str, Any]) -> None:
        """As the Job controller: its pod is ready."""
        await self._job_status(job, {"active": 1, "ready": 1})

    async def job_completes(self, job: dict[str, Any]) -> None:
        """As the Job controller: its pod has ended well."""
        ends = {"succeeded": 1, "completionTime": now()}
        await self._job_status(job, {**ends, "conditions": _ends("SuccessCriteriaMet", "Complete", "", "")})

    async def job_fails(self, job: dict[str, Any], reason: str, message: str = "") -> None:
        """As the Job controller: it is over for this reason."""
        told = _ends("FailureTarget", "Failed", reason, message)
        await self._job_status(job, {"failed": 1, "conditions": told})

    async def _job_status(self, job: dict[str, Any], status: dict[str, Any]) -> None:
        metadata = job["metadata"]
        begun = {"startTime": metadata["creationTimestamp"], "uncountedTerminatedPods": {}}
        whole = {"active": None, "ready": None, **begun, **status}
        await self.writer.patch(JOBS, metadata["name"], self.runs, {"status": whole}, "status")

    async def claims(self, made: dict[str, Any], attempt: int, pod: str = "pod-1") -> None:
        """As the gateway: a pod takes the attempt up."""
        told = condition("Claimed", "True", f"Attempt{attempt}")
        await self._status(made, {"attemptPodUID": pod, "conditions": [told]})

    async def reports(self, made: dict[str, Any], *, stored: bool = True, **report: Any) -> None:
        """As the gateway: the report stands in the status; that nothing is wrong, unless it says something else."""
        trace = condition("TraceStored", "True" if stored else "False", "Stored" if stored else "DatabaseAway")
        found = {"verdict": "NoFault", "summary": "All is well.", **report}
        await self._status(made, {"report": found, "verdict": found["verdict"], "conditions": [trace]})

    async def _status(self, made: dict[str, Any], status: dict[str, Any]) -> None:
        """Apply all that the gateway has ever said of it, as a field manager must."""
        metadata = {key: made["metadata"][key] for key in ("name", "namespace")}
        told = self._told.setdefault(made["metadata"]["uid"], {})
        known = {item["type"]: item for item in [*told.get("conditions", []), *status.get("conditions", [])]}
        told.update({**status, "conditions": list(known.values())})
        status = dict(told)
        for _ in range(10):
            try:
                await self.gateway.apply_status(INVESTIGATIONS, {"metadata": metadata, "status": status})
            except Conflict:
                continue
            return

    async def pod(self, job: dict[str, Any], status: dict[str, Any]) -> None:
        """As the Job controller and the kubelet: a pod of the Job with this status."""
        labels = {
            **job["spec"]["template"]["metadata"]["labels"],
            "batch.kubernetes.io/job-name": job["metadata"]["name"],
        }
        owner = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "name": job["metadata"]["name"],
            "uid": job["metadata"]["uid"],
        }
        name = f"{job['metadata']['name']}-abcde"
        template = job["spec"]["template"]["spec"]
        spec = {"containers": template["containers"], "volumes": template["volumes"], "restartPolicy": "Never"}
        manifest = {
            "metadata": {"name": name, "namespace": self.runs, "labels": labels, "ownerReferences": [owner]},
            "spec": spec,
        }
        await self.writer.create("pods", {"apiVersion": "v1", "kind": "Pod", **manifest})
        await self.writer.patch("pods", name, self.runs, {"status": status}, "status")

    async def setup(self) -> None:
        for name in (self.operator, self.runs):
            await self.namespace(name)
        account = {"metadata": {"name": "default", "namespace": self.runs}}
        await self.writer.create("serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", **account})

    async def teardown(self) -> None:
        await remove(self.client, self.spaces)

    @asynccontextmanager
    async def controller(
        self, stores: service.Stores | None = None, **changes: Any
    ) -> AsyncIterator[asyncio.Task[None]]:
        """The controller in this process, speaking through the proxy; it learns from `stores`."""
        path = self.proxy.kubeconfig(self.folder)
        before = os.environ.get("KUBECONFIG")
        os.environ["KUBECONFIG"] = path
        try:
            async with connect(path) as client:
                task = asyncio.create_task(service.run(client, self.config(**changes), stores))
                try:
                    yield task
                finally:
                    task.cancel()
                    await asyncio.wait({task})
                assert task.cancelled(), task.exception()
        finally:
            if before is not None:
                os.environ["KUBECONFIG"] = before

    async def process(self, **changes: Any) -> asyncio.subprocess.Process:
        """The controller in a process of its own, speaking through the proxy."""
        settings = self.config(**changes).model_dump(mode="json", by_alias=True)
        path = self.folder / "controller.yaml"
        path.write_text(yaml.safe_dump(settings))
        command = [sys.executable, "-m", "casebook", "controller", "--config", str(path)]
        with (self.folder / "controller.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(*command, env=self._environment(), stderr=log)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": self.proxy.kubeconfig(self.folder)}


@asynccontextmanager
async def rig_of(kubeconfig: str, folder: Path) -> AsyncIterator[Rig]:
    """An empty cluster with the two namespaces of an installation."""
    async with connect(kubeconfig) as client, fault_proxy(kubeconfig) as proxy:
        made = Rig(client, proxy, folder)
        await made.setup()
        try:
            yield made
        finally:
            proxy.heal()
            await made.teardown()


def now() -> str:
    return timestamp(datetime.now(UTC))


def condition(type_: str, status: str, reason: str) -> dict[str, Any]:
    return {"type": type_, "status": status, "reason": reason, "message": "", "lastTransitionTime": now()}


def conditions(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The conditions of an Investigation by type."""
    return {item["type"]: item for item in found.get("status", {}).get("conditions", [])}


def _ends(first: str, last: str, reason: str, message: str) -> list[dict[str, Any]]:
    told = {"status": "True", "reason": reason, "message": message, "lastTransitionTime": now(), "lastProbeTime": now()}
    return [{"type": first, **told}, {"type": last, **told}]
