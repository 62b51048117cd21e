"""The ports: what the run needs of the world, as protocols that adapters implement."""

from collections.abc import Sequence
from typing import Protocol

from casebook.api.observation import Observation, Query
from casebook.api.report import Report
from casebook.api.run import Checkpoint, Run, Trace


class Observer(Protocol):
    """Answers queries. Never raises for what the world does: a failed read is an observation that says so."""

    async def observe(self, query: Query, round_: int) -> Observation:
        """The answer to one query, redacted and bounded."""
        ...


class Home(Protocol):
    """Where a run lives: in a Job it talks to the gateway, on a laptop to a terminal or a file."""

    async def fetch(self) -> Run:
        """What is asked."""
        ...

    async def checkpoint(self) -> Checkpoint:
        """Observations of earlier attempts."""
        ...

    async def record(self, observations: Sequence[Observation]) -> None:
        """Keep these observations; in the order made."""
        ...

    async def finish(self, report: Report, trace: Trace) -> None:
        """Hand in the report; returns once it is kept."""
        ...
