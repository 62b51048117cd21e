"""What a watcher of a run is told while it goes on."""

from typing import Protocol

from casebook.api.observation import Observation
from casebook.reasoning.engine import Board, Look


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


class Silent:
    """Nobody watches."""

    def looking(self, round_: int, look: Look) -> None:
        """Nothing is said."""

    def observed(self, observation: Observation) -> None:
        """Nothing is said."""

    def weighed(self, board: Board) -> None:
        """Nothing is said."""
