"""What a shared Prometheus says, asked on an agent's behalf: a tenant's questions are held to the run's namespaces."""

import asyncio

from casebook.api.observation import Query, Result
from casebook.api.run import ProjectedAnswer, Scene
from casebook.cluster.errors import ClusterError, Denied, Invalid
from casebook.evidence.prometheus import PrometheusClient, PrometheusSource
from casebook.evidence.source import Refused

AT_ONCE = 8
"""Queries that one gateway asks side by side, whoever asks: the store serves others too."""


class Measurer:
    """Answers every query; what the store or the parser refuses is said in the answer. None stands for no store."""

    def __init__(self, client: PrometheusClient | None) -> None:
        self._client = client
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def answer(self, query: Query, scene: Scene) -> ProjectedAnswer:
        """The answer for a run that may look at this scene; only the platform's is not confined."""
        if self._client is None:
            return _failed(query, Result.UNAVAILABLE, "the gateway knows no Prometheus (gateway.prometheus.url)")
        scope = None if scene.platform else scene.namespaces
        source = PrometheusSource(self._client, scope, rules=scene.platform)
        try:
            async with self._slots:
                reading = await source.read(query)
        except (Denied, Invalid, Refused) as error:
            return _failed(query, Result.DENIED, str(error))
        except ClusterError as error:
            return _failed(query, Result.UNAVAILABLE, error.message)
        return ProjectedAnswer(
            query=query,
            result=Result.OK,
            message=reading.message,
            data=reading.data,
            window=reading.window,
            truncated=reading.truncated,
        )


def _failed(query: Query, result: Result, message: str) -> ProjectedAnswer:
    return ProjectedAnswer(query=query, result=result, message=message[:1024])
