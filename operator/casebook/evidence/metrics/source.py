"""Current use of CPU and memory, as the resource metrics API has it."""

from casebook.api.observation import Query
from casebook.cluster.errors import NotFound, Unavailable
from casebook.evidence.kubernetes.source import MAX_ITEMS, ObjectReader
from casebook.evidence.kubernetes.strip import strip
from casebook.evidence.source import Reading, bounded

_GROUP = "metrics.k8s.io"


class MetricsSource:
    """Reads PodMetrics and NodeMetrics."""

    def __init__(self, reader: ObjectReader) -> None:
        self._reader = reader

    async def read(self, query: Query) -> Reading:
        """`{"items": [PodMetrics or NodeMetrics]}`. Raises `ClusterError`; `Unavailable` without a metrics API."""
        try:
            page = await self._reader.list(f"{query.resource}.{_GROUP}", query.namespace, limit=MAX_ITEMS)
        except NotFound as error:
            raise Unavailable(f"the cluster serves no {_GROUP} (is metrics-server installed?)") from error
        items, cut = bounded(strip(item) for item in page.items)
        return Reading({"items": items}, truncated=page.truncated or cut)
