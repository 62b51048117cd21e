"""A run while it goes on: what it looks at, and the hypotheses as they rise and fall."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from casebook.agent.progress import Progress
from casebook.api.observation import Observation, Result
from casebook.cli.render.page import clip
from casebook.reasoning.engine import Board, Look

_LONGEST = 400


@contextmanager
def watching(stream: TextIO) -> Iterator[Progress]:
    """Progress on this stream: a picture that is redrawn in a terminal, plain lines anywhere else."""
    if not stream.isatty():
        yield PlainProgress(stream)
        return
    from casebook.cli.render.picture import LiveProgress

    with LiveProgress(stream) as progress:
        yield progress


class PlainProgress:
    """One line for each round, and one for the leading hypothesis whenever it changes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._leader = ""

    def looking(self, round_: int, look: Look) -> None:
        """Say what is looked at."""
        self._say(f"round {round_}: {look.why} ({len(look.queries)} reads)")

    def observed(self, observation: Observation) -> None:
        """Say what could not be read."""
        if observation.result in (Result.DENIED, Result.UNAVAILABLE):
            self._say(f"not read: {observation.query.command()}: {observation.message}")

    def weighed(self, board: Board) -> None:
        """Say what leads, if that has changed."""
        leader = next((f"{item.object} {item.cause} {item.percent} %" for item in board.ranked), "")
        if leader and leader != self._leader:
            self._say(f"leading: {leader}")
        self._leader = leader

    def advising(self) -> None:
        """Say that a model is asked."""
        self._say("asking the model")

    def _say(self, line: str) -> None:
        self._stream.write(f"{clip(line, _LONGEST)}\n")
        self._stream.flush()
