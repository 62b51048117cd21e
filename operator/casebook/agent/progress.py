"""What a watcher of a run is told while it goes on."""

import logging
from typing import Protocol

from casebook.api.observation import Observation, Result
from casebook.reasoning.engine import Board, Look

log = logging.getLogger(__name__)


class Progress(Protocol):
    """Told of every step; must return at once."""

    def looking(self, round_: int, look: Look) -> None:
        """These queries are about to be made, for this reason."""
        ...

    def observed(self, observation: Observation) -> None:
        """One of them has been answered."""
        ...

    def weighed(self, board: Board) -> None:
        """The hypotheses stand like this now."""
        ...

    def advising(self) -> None:
        """A model is about to be asked."""
        ...


class Silent:
    """Nobody watches."""

    def looking(self, round_: int, look: Look) -> None:
        """Nothing is said."""

    def observed(self, observation: Observation) -> None:
        """Nothing is said."""

    def weighed(self, board: Board) -> None:
        """Nothing is said."""

    def advising(self) -> None:
        """Nothing is said."""


class Logged:
    """One log line for each round, for what could not be read, and for the leading hypothesis whenever it changes."""

    def __init__(self) -> None:
        self._leader = ""

    def looking(self, round_: int, look: Look) -> None:
        """Log what is looked at, and why."""
        log.info("looking", extra={"round": round_, "why": look.why, "reads": len(look.queries)})

    def observed(self, observation: Observation) -> None:
        """Log what could not be read."""
        if observation.result in (Result.DENIED, Result.UNAVAILABLE):
            log.warning("not read", extra={"query": observation.query.command(), "reason": observation.message})

    def weighed(self, board: Board) -> None:
        """Log what leads, if that has changed."""
        leader = next((f"{item.object} {item.cause} {item.percent} %" for item in board.ranked), "")
        if leader and leader != self._leader:
            log.info("leading", extra={"hypothesis": leader})
        self._leader = leader

    def advising(self) -> None:
        """Log that a model is asked."""
        log.info("asking a model")
