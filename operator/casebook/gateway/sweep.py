"""Finds the investigations that ended and were not told of, however they ended and whoever was there to see it.

The gateway has no watch on Investigations and needs none: the API server selects the few that are left.
"""

import asyncio
from collections.abc import Iterable

import structlog

from casebook.cluster.errors import ClusterError, Denied, NotFound
from casebook.gateway.config import Receiver
from casebook.gateway.directory import Namespaces
from casebook.gateway.investigations import Investigations
from casebook.gateway.notifier import Notifier
from casebook.gateway.outbox import Outcome

EVERY = 30.0
"""Seconds between two looks at the namespaces of a receiver; a report does not wait for it."""
_log = structlog.get_logger(__name__)


class Sweep:
    """Looks every `EVERY` seconds, for each receiver that wants to be told, into the namespaces that it reaches."""

    def __init__(
        self,
        receivers: Iterable[Receiver],
        namespaces: Namespaces,
        investigations: Investigations,
        notifier: Notifier,
    ) -> None:
        self._receivers = [receiver for receiver in receivers if receiver.outbound]
        self._namespaces = namespaces
        self._investigations = investigations
        self._notifier = notifier

    async def run(self) -> None:
        """For ever. Each receiver has a task of its own: one that does not answer holds up no other."""
        await asyncio.gather(*(self._keep(receiver) for receiver in self._receivers))

    async def once(self, receiver: Receiver) -> None:
        """Tell this receiver what it has not been told; no more for now once it is out of reach.

        Raises `ClusterError`.
        """
        directory = await self._namespaces.current()
        for namespace in directory.reach(receiver):
            if not await self._told(receiver, namespace):
                return

    async def _keep(self, receiver: Receiver) -> None:
        while True:
            try:
                await self.once(receiver)
            except ClusterError as error:
                _log.warning("cannot look for what is to be told", receiver=receiver.name, error=error.message)
            await asyncio.sleep(EVERY)

    async def _told(self, receiver: Receiver, namespace: str) -> bool:
        try:
            async for records in self._investigations.untold(namespace, receiver.name):
                if Outcome.RETRYING in await self._notifier.tell(records):
                    return False
        except (Denied, NotFound):
            # The namespace is going away, or is so new that nothing has ended in it.
            return True
        return True
