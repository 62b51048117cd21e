"""The picture of a run in a terminal, redrawn in place and gone when the report comes."""

from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from casebook.api.enums import Standing
from casebook.api.observation import Observation
from casebook.cli.render.page import WIDTH, clip
from casebook.reasoning.board import Ranked
from casebook.reasoning.engine import Board, Look

SHOWN = 6
_STYLES = {Standing.SUPPORTED: "green", Standing.OPEN: "yellow", Standing.REFUTED: "red dim"}


class LiveProgress:
    """Implements `agent.progress.Progress` with rich."""

    def __init__(self, stream: TextIO) -> None:
        console = Console(file=stream, width=min(WIDTH, Console(file=stream).width))
        self._why = "connecting"
        self._last = ""
        self._reads = 0
        self._ranked: tuple[Ranked, ...] = ()
        self._live = Live(console=console, transient=True, refresh_per_second=12, get_renderable=self._picture)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def looking(self, round_: int, look: Look) -> None:
        """Show what is looked at."""
        self._why = f"{look.why} (round {round_})"

    def observed(self, observation: Observation) -> None:
        """Show the newest read."""
        self._reads += 1
        self._last = observation.query.command()

    def weighed(self, board: Board) -> None:
        """Show the hypotheses as they stand now."""
        self._ranked = board.ranked[:SHOWN]

    def advising(self) -> None:
        """Show that a model is asked."""
        self._why = "asking the model"

    def _picture(self) -> Group:
        table = Table.grid(padding=(0, 1))
        for item in self._ranked:
            style = _STYLES[item.standing]
            bar = ProgressBar(total=100, completed=item.percent, width=16, complete_style=style, finished_style=style)
            table.add_row(bar, f"{item.percent:3d} %", Text(clip(f"{item.object}  {item.cause}", 70), style=style))
        looking = Text(clip(f"looking: {self._why}", WIDTH), style="bold")
        return Group(looking, Text(clip(f"{self._reads} reads  {self._last}", WIDTH), style="dim"), table)
