"""The namespaces of the cluster and the tenants that they belong to, read again every few seconds."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from casebook.api.meta import TENANT_LABEL
from casebook.api.names import PLATFORM_TENANT, tenant_id
from casebook.gateway.config import GatewayConfig, Receiver
from casebook.gateway.ports import ObjectReader

TTL = timedelta(seconds=5)
SETTLED = timedelta(seconds=60)
"""After this long a new namespace has its RoleBinding, or will not get one."""
_MAX_NAMESPACES = 20_000


@dataclass(frozen=True)
class Place:
    """One namespace: its tenant, since when it exists, and whether investigations may be made in it."""

    tenant: str
    created: datetime
    open: bool = True


@dataclass(frozen=True)
class Directory:
    """The namespaces at one moment. One that is being deleted, or is excluded, is closed: nobody may ask from there."""

    places: dict[str, Place]

    def tenant_of(self, namespace: str) -> str | None:
        """The tenant of a namespace; None if there is no such namespace."""
        place = self.places.get(namespace)
        return place.tenant if place else None

    def namespaces_of(self, tenant: str) -> list[str]:
        """The namespaces of a tenant, by name."""
        return sorted(name for name, place in self.places.items() if place.open and place.tenant == tenant)

    def reach(self, receiver: Receiver) -> list[str]:
        """The namespaces in which this receiver's alerts make investigations, by name."""
        return sorted(name for name in self.places if self.place(receiver, name) == name)

    def place(self, receiver: Receiver, named: str) -> str:
        """Where an alert with this namespace label belongs: there if the receiver may, else in its default."""
        place = self.places.get(named)
        if place is None or not place.open or not receiver.allows(named):
            return receiver.default_namespace
        return receiver.default_namespace if place.tenant == PLATFORM_TENANT and not receiver.platform else named


class Namespaces:
    """Keeps a recent `Directory`. Raises `ClusterError` where the API server cannot be asked."""

    def __init__(self, reader: ObjectReader, config: GatewayConfig, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._config = config
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read_at: datetime | None = None
        self._directory = Directory({})
        self._closed: dict[str, datetime] = {}

    async def current(self, *, knowing: str = "") -> Directory:
        """The directory, at most `TTL` old, or a second old where it does not know the namespace `knowing`."""
        async with self._lock:
            age = self._clock() - self._read_at if self._read_at else None
            unknown = bool(knowing) and knowing not in self._directory.places
            if age is None or age > (timedelta(seconds=1) if unknown else TTL):
                self._directory = await self._load()
                self._read_at = self._clock()
            return self._directory

    def refused(self, namespace: str) -> bool:
        """Note that nothing may be created there; whether that is to last: a new namespace is only not ready yet."""
        place = self._directory.places.get(namespace)
        if place is not None and self._clock() - place.created < SETTLED:
            return False
        self._closed[namespace] = self._clock() + SETTLED
        self._read_at = None
        return True

    async def _load(self) -> Directory:
        page = await self._reader.list("namespaces", limit=_MAX_NAMESPACES)
        now = self._clock()
        self._closed = {name: until for name, until in self._closed.items() if until > now}
        return Directory({item["metadata"]["name"]: self._place(item["metadata"]) for item in page.items})

    def _place(self, metadata: dict[str, object]) -> Place:
        name, labels = str(metadata["name"]), metadata.get("labels")
        label = labels.get(TENANT_LABEL) if isinstance(labels, dict) else None
        tenant = PLATFORM_TENANT if name == self._config.operator_namespace else tenant_id(name, label)
        closed = {self._config.runs_namespace, *self._config.excluded_namespaces, *self._closed}
        going = "deletionTimestamp" in metadata
        return Place(
            tenant, datetime.fromisoformat(str(metadata["creationTimestamp"])), name not in closed and not going
        )
