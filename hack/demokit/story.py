"""What the demo tells: steps with their time, and what happens between them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


@dataclass
class Story:
    """Prints steps as they go, and remembers how long each took. `clock` counts seconds."""

    console: Console
    clock: Callable[[], float] = time.monotonic
    times: list[tuple[str, float]] = field(default_factory=list)
    zero: float | None = None

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A step: its title when it begins, its time when it is done."""
        self.console.print(f"\n[bold]{escape(title)}[/]", highlight=False)
        begin = self.clock()
        yield
        self.took(title, self.clock() - begin)

    def took(self, title: str, seconds: float) -> None:
        """Remember, and say, how long something took."""
        self.times.append((title, seconds))
        self.console.print(f"[green]✓[/] [dim]{seconds:.1f} s[/]", highlight=False)

    def start_clock(self) -> None:
        """From now on lines carry the seconds since this moment: the fault."""
        self.zero = self.clock()

    def say(self, line: str) -> None:
        """One line; after the fault with the time since."""
        stamp = "" if self.zero is None else f"[dim]+{self.clock() - self.zero:5.1f} s[/]  "
        self.console.print(f"{stamp}{escape(line)}", highlight=False, soft_wrap=True)

    def since_fault(self) -> float:
        """Seconds since the fault."""
        return 0.0 if self.zero is None else self.clock() - self.zero

    def summary(self) -> list[str]:
        """A line a step with its time."""
        width = max((len(title) for title, _ in self.times), default=0)
        return [f"{title:{width}}  {seconds:6.1f} s" for title, seconds in self.times]
