"""Pods of attempts that speak to a gateway in memory."""

import io
import json

from casebook.api.meta import ATTEMPT_LABEL, NAME_ANNOTATION, NAMESPACE_ANNOTATION, TENANT_ANNOTATION, UID_LABEL
from casebook.api.names import reader_name
from support.alerts import body, sent
from support.reports import envelope

TENANT = "label:acme"


class Agent:
    """One pod of an attempt."""

    def __init__(self, world, made: dict, attempt: int = 1, pod: str = "pod-a", tenant: str = TENANT) -> None:
        self.world = world
        self.token = f"token-of-{pod}"
        metadata = made["metadata"]
        stored = world.cluster.put(
            "pods",
            {
                "metadata": {
                    "name": pod,
                    "namespace": "casebook-runs",
                    "labels": {UID_LABEL: metadata["uid"], ATTEMPT_LABEL: str(attempt)},
                    "annotations": {
                        NAMESPACE_ANNOTATION: metadata["namespace"],
                        NAME_ANNOTATION: metadata["name"],
                        TENANT_ANNOTATION: tenant,
                    },
                }
            },
        )
        self.uid = stored["metadata"]["uid"]
        self.account(reader_name(tenant))

    def account(self, name: str, *, audience: str = "casebook-gateway", namespace: str = "casebook-runs") -> None:
        pod = self.token.removeprefix("token-of-")
        self.world.cluster.reviews[self.token] = {
            "authenticated": True,
            "audiences": [audience],
            "user": {
                "username": f"system:serviceaccount:{namespace}:{name}",
                "extra": {
                    "authentication.kubernetes.io/pod-name": [pod],
                    "authentication.kubernetes.io/pod-uid": [self.uid],
                },
            },
        }

    async def call(self, method: str, path: str, data: object = None):
        headers = {"Authorization": f"Bearer {self.token}"}
        content = None if data is None else io.BytesIO(json.dumps(data).encode())
        return await self.world.client.request(method, f"/v1/run{path}", data=content, headers=headers)

    async def observe(self, first: int, *seen) -> int:
        batch = {"first": first, "observations": [item.wire() for item in seen]}
        return (await self.call("POST", "/observations", batch)).status

    async def hand_in(self, made, observations: int):
        return await self.call("PUT", "/report", envelope(made, observations).wire())


async def investigated(world, attempt: int = 1) -> dict:
    await world.alert(body(sent(deployment="checkout"), sent("Other", deployment="checkout")))
    (made,) = world.investigations()
    made["status"]["attempt"] = attempt
    return made
