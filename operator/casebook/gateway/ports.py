"""What the gateway needs of the cluster and of the store, as protocols; tests bring their own."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Protocol

from casebook.api.observation import Observation
from casebook.api.run import Checkpoint, ReportEnvelope, Run, Trace
from casebook.cluster.reader import Change, Page


class ObjectReader(Protocol):
    """Reads of the API server; raises `ClusterError`."""

    async def get(self, resource: str, name: str, namespace: str = "") -> dict[str, Any]:
        """One object."""
        ...

    async def list(
        self,
        resource: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 5000,
        metadata_only: bool = False,
    ) -> Page:
        """At most `limit` objects, or their metadata."""
        ...

    def pages(
        self, resource: str, namespace: str = "", *, fields: str = "", page: int = 500
    ) -> AsyncGenerator[Page, None]:
        """All objects, a page at a time."""
        ...

    def watch(
        self, resource: str, namespace: str, version: str, *, fields: str = "", seconds: int
    ) -> AsyncGenerator[Change, None]:
        """What happens to the objects of a namespace after a list of this version, for so many seconds."""
        ...


class ObjectWriter(Protocol):
    """Writes to the API server; raises `ClusterError`."""

    async def create(self, resource: str, manifest: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """Create it, or give what is there already and False."""
        ...

    async def apply_status(self, resource: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Server-side apply of the status, a compare-and-set where a resource version is given."""
        ...

    async def review(self, resource: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Post a review and return it with its status."""
        ...


class TraceStore(Protocol):
    """Keeps runs, observations and reports by tenant. Every method raises `StoreUnavailable`."""

    async def begin(self, tenant: str, run: Run) -> Run:
        """Keep the run of this attempt; the one that is kept, which is the first that was given."""
        ...

    async def resume(self, tenant: str, uid: str, attempt: int) -> Checkpoint:
        """The observations made so far, those of the latest earlier attempt taken over into this one."""
        ...

    async def append(self, tenant: str, run: Run, first: int, observations: Sequence[Observation]) -> None:
        """Keep observations by their sequence number; one that is there already stays as it is."""
        ...

    async def digests(self, tenant: str, uid: str, attempt: int) -> Sequence[str]:
        """Digests of the attempt's observations, in order, up to the first gap."""
        ...

    async def finish(self, tenant: str, run: Run, envelope: ReportEnvelope) -> None:
        """Keep the report; a later attempt's replaces an earlier one's, never the reverse."""
        ...

    async def trace(self, tenant: str, uid: str) -> Trace | None:
        """Everything that a replay needs, if it was kept."""
        ...

    async def ping(self) -> None:
        """Return if the store answers."""
        ...
