"""The observer: takes a query to its source and makes an observation of whatever comes back."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime

from casebook.api.observation import KUBERNETES, LOGS, METRICS, Observation, Query, Result, observation_id
from casebook.cluster.errors import ClusterError, Denied, NotFound
from casebook.cluster.reader import Reader
from casebook.cluster.resources import UnknownResource
from casebook.evidence.kubernetes import KubernetesSource
from casebook.evidence.logs import LogSource
from casebook.evidence.metrics import MetricsSource
from casebook.evidence.redaction import redact_text
from casebook.evidence.source import Reading, Refused, Source

AT_ONCE = 12
SECONDS = 15.0
_MESSAGE = 1024

Clock = Callable[[], datetime]


class RoutingObserver:
    """Implements `api.ports.Observer` over sources by name: `at_once` reads side by side, `seconds` for each."""

    def __init__(
        self, sources: Mapping[str, Source], clock: Clock, *, at_once: int = AT_ONCE, seconds: float = SECONDS
    ) -> None:
        self._sources = sources
        self._clock = clock
        self._slots = asyncio.Semaphore(at_once)
        self._seconds = seconds

    async def observe(self, query: Query, round_: int) -> Observation:
        """The answer to one query; a read that failed is an observation with `result` and `message`."""
        async with self._slots:
            result, reading = await self._read(query)
        return Observation(
            id=observation_id(round_, query),
            round=round_,
            query=query,
            result=result,
            message=redact_text(reading.message)[:_MESSAGE],
            observed_at=self._clock(),
            window=reading.window,
            truncated=reading.truncated,
            data=reading.data,
            bytes=0 if reading.data is None else len(json.dumps(reading.data, ensure_ascii=False)),
        )

    async def _read(self, query: Query) -> tuple[Result, Reading]:
        source = self._sources.get(query.source)
        if source is None:
            return Result.UNAVAILABLE, Reading(None, message=f"there is no source {query.source!r} here")
        try:
            async with asyncio.timeout(self._seconds):
                return Result.OK, await source.read(query)
        except TimeoutError:
            return Result.UNAVAILABLE, Reading(None, message=f"no answer within {self._seconds:.0f} s")
        except UnknownResource:
            return Result.NOT_FOUND, Reading(None, message=f"Casebook does not know the resource {query.resource!r}")
        except (ClusterError, Refused) as error:
            return _result(error), Reading(None, message=str(error))


def kubernetes_sources(reader: Reader) -> dict[str, Source]:
    """The sources that one API server is enough for."""
    return {KUBERNETES: KubernetesSource(reader), LOGS: LogSource(reader), METRICS: MetricsSource(reader)}


def _result(error: Exception) -> Result:
    if isinstance(error, Denied | Refused):
        return Result.DENIED
    return Result.NOT_FOUND if isinstance(error, NotFound) else Result.UNAVAILABLE
