"""What a person sees while it works: a spinner with the last line of output, plain lines where there is no terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status


class Progress:
    """Steps with their time, on standard error: standard output belongs to data."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._title = ""

    def say(self, line: str) -> None:
        """One plain line that stays."""
        self._console.print(escape(line), highlight=False, soft_wrap=True)

    def note(self, line: str) -> None:
        """Show what the running step does; only a terminal sees it."""
        if self._status is not None:
            room = max(self._console.width - len(self._title) - 8, 10)
            self._status.update(f"{escape(self._title)}  [dim]{escape(line[:room])}[/dim]")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step while it runs and its time when it is done; says when it fails."""
        begin = time.monotonic()
        self._title = title
        try:
            with self._running(title):
                yield
        except BaseException:
            self._console.print(f"[red]✗[/red] {escape(title)}", highlight=False, soft_wrap=True)
            raise
        took = f"[dim]{time.monotonic() - begin:.1f} s[/dim]"
        self._console.print(f"[green]✓[/green] {escape(title)}  {took}", highlight=False, soft_wrap=True)

    @contextmanager
    def _running(self, title: str) -> Iterator[None]:
        if not self._console.is_terminal:
            self._console.print(f"  {escape(title)} ...", highlight=False, soft_wrap=True)
            yield
            return
        with self._console.status(escape(title)) as self._status:
            yield
        self._status = None
