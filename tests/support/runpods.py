"""Pods of attempts on a real API server, which speak to a gateway with a token of their own."""

import io
import json
from typing import Any, Protocol
from uuid import uuid4

import aiohttp

from casebook.api.meta import (
    ATTEMPT_LABEL,
    GATEWAY_AUDIENCE,
    NAME_ANNOTATION,
    NAMESPACE_ANNOTATION,
    TENANT_ANNOTATION,
    UID_LABEL,
)
from casebook.api.names import reader_name
from casebook.cluster.client import Client
from casebook.cluster.writer import Writer
from support.reports import envelope, report


class Place(Protocol):
    """Where pods of attempts are: an API server, and the namespace of the runs in it."""

    @property
    def client(self) -> Client:
        """A connection to it."""

    @property
    def writer(self) -> Writer:
        """Who makes the pods."""

    @property
    def runs(self) -> str:
        """The namespace."""


class Gateway(Protocol):
    """A gateway that serves runs."""

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""


class Pod:
    """A pod of an attempt with a token bound to it, as the kubelet would give it one."""

    def __init__(self, scene: Place, made: dict[str, Any], attempt: int = 1, tenant: str = "") -> None:
        self.scene = scene
        self.name = f"run-{uuid4().hex[:8]}"
        self.tenant = tenant or f"ns:{made['metadata']['namespace']}"
        self.account = reader_name(self.tenant)
        self.manifest = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": self.name,
                "namespace": scene.runs,
                "labels": {UID_LABEL: made["metadata"]["uid"], ATTEMPT_LABEL: str(attempt)},
                "annotations": {
                    NAME_ANNOTATION: made["metadata"]["name"],
                    NAMESPACE_ANNOTATION: made["metadata"]["namespace"],
                    TENANT_ANNOTATION: self.tenant,
                },
            },
            "spec": {
                "serviceAccountName": self.account,
                "automountServiceAccountToken": False,
                "schedulingGates": [{"name": "casebook.dev/never"}],
                "containers": [{"name": "agent", "image": "casebook:dev"}],
            },
        }

    async def create(self) -> "Pod":
        account = {"metadata": {"name": self.account, "namespace": self.scene.runs}}
        await self.scene.writer.create("serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount", **account})
        self.made, _ = await self.scene.writer.create("pods", self.manifest)
        return self

    async def token(self, audience: str = GATEWAY_AUDIENCE) -> str:
        bound = {"apiVersion": "v1", "kind": "Pod", "name": self.name, "uid": self.made["metadata"]["uid"]}
        path = f"/api/v1/namespaces/{self.scene.runs}/serviceaccounts/{self.account}/token"
        spec = {"audiences": [audience], "boundObjectRef": bound, "expirationSeconds": 3600}
        answer = await self.scene.client.json(
            "POST", path, body={"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        )
        return str(answer["status"]["token"])

    async def call(
        self, replica: Gateway, method: str, path: str, data: object = None, token: str = ""
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or await self.token()}"}
        content = None if data is None else io.BytesIO(json.dumps(data).encode())
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, f"{replica.url}/v1/run{path}", data=content, headers=headers) as response,
        ):
            return response.status, await response.json() if response.content_type == "application/json" else None

    async def observe(self, replica: Gateway, *seen: Any) -> int:
        batch = {"first": 0, "observations": [item.wire() for item in seen]}
        return (await self.call(replica, "POST", "/observations", batch))[0]

    async def hand_in(self, replica: Gateway, *seen: Any) -> tuple[int, Any]:
        return await self.call(replica, "PUT", "/report", envelope(report(*seen), len(seen)).wire())
