"""Who calls the run API: a pod-bound token names a pod, the pod names its Investigation and attempt."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from casebook.api.meta import (
    ATTEMPT_LABEL,
    GATEWAY_AUDIENCE,
    NAME_ANNOTATION,
    NAMESPACE_ANNOTATION,
    TENANT_ANNOTATION,
    UID_LABEL,
)
from casebook.api.names import reader_name
from casebook.cluster.errors import NotFound
from casebook.gateway.errors import Problem
from casebook.gateway.ports import ObjectReader, ObjectWriter

TTL_SECONDS = 10.0
_MAX_CACHED = 1024
_POD_NAME = "authentication.kubernetes.io/pod-name"
_POD_UID = "authentication.kubernetes.io/pod-uid"


@dataclass(frozen=True)
class Caller:
    """A pod of the runs namespace, with the attempt that its labels say it is."""

    pod: str
    pod_uid: str
    account: str
    investigation_uid: str
    attempt: int
    namespace: str
    name: str
    tenant: str


class Identities:
    """Authenticates agents. What a token stood for is remembered for `TTL_SECONDS`; refusals are not remembered."""

    def __init__(self, reader: ObjectReader, writer: ObjectWriter, runs_namespace: str) -> None:
        self._reader = reader
        self._writer = writer
        self._namespace = runs_namespace
        self._cache: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def caller(self, token: str) -> Caller:
        """The pod behind a token. Raises `Problem` 401 for no valid token and 403 for one that is no run's."""
        key = sha256(token.encode("utf-8", "replace")).digest()
        cached = self._cache.get(key)
        if cached and time.monotonic() < cached[0]:
            return cached[1]
        caller = await self._resolve(token)
        self._cache[key] = (time.monotonic() + TTL_SECONDS, caller)
        self._cache.move_to_end(key)
        while len(self._cache) > _MAX_CACHED:
            self._cache.popitem(last=False)
        return caller

    async def _resolve(self, token: str) -> Caller:
        spec = {"token": token, "audiences": [GATEWAY_AUDIENCE]}
        review = await self._writer.review("tokenreviews.authentication.k8s.io", {"spec": spec})
        status = review.get("status") or {}
        if not status.get("authenticated") or GATEWAY_AUDIENCE not in (status.get("audiences") or []):
            raise Problem(401, f"the bearer token is not valid for audience {GATEWAY_AUDIENCE}")
        user = status.get("user") or {}
        prefix = f"system:serviceaccount:{self._namespace}:"
        username = str(user.get("username", ""))
        pod, uid = _first(user, _POD_NAME), _first(user, _POD_UID)
        if not username.startswith(prefix) or not pod or not uid:
            raise Problem(403, f"only the token of a pod in namespace {self._namespace} may call this")
        return await self._caller(pod, uid, username.removeprefix(prefix))

    async def _caller(self, pod: str, uid: str, account: str) -> Caller:
        try:
            found = (await self._reader.get("pods", pod, self._namespace))["metadata"]
        except NotFound as error:
            raise Problem(403, f"pod {pod} is gone") from error
        labels, annotations = found.get("labels") or {}, found.get("annotations") or {}
        attempt = str(labels.get(ATTEMPT_LABEL, ""))
        caller = Caller(
            pod=pod,
            pod_uid=uid,
            account=account,
            investigation_uid=labels.get(UID_LABEL, ""),
            attempt=int(attempt) if attempt.isdecimal() else 0,
            namespace=annotations.get(NAMESPACE_ANNOTATION, ""),
            name=annotations.get(NAME_ANNOTATION, ""),
            tenant=annotations.get(TENANT_ANNOTATION, ""),
        )
        if found.get("uid") != uid or not all(
            (caller.investigation_uid, caller.attempt, caller.namespace, caller.name)
        ):
            raise Problem(403, f"pod {pod} is not a run of an investigation")
        if account != reader_name(caller.tenant):
            raise Problem(403, f"pod {pod} does not run as the reader of its tenant")
        return caller


def _first(user: Mapping[str, Any], key: str) -> str:
    values = (user.get("extra") or {}).get(key) or [""]
    return str(values[0])
