"""What the measurements of one run share: options, progress, and the cluster, connected when first needed."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from casebook.cluster.client import Client, connect
from scenariokit.cli import cluster
from scenariokit.kubectl import Kube

Tell = Callable[[str], None]
"""Says what is being done now."""


@dataclass(frozen=True)
class Options:
    """What a person may choose.

    `runs`: repetitions of each timing; `out`: folder for results and traces; `scenarios`: faults to investigate, none
    for those that are usual; `groups`: alert groups of the storm; `image`: what is measured in the cluster; `saved`:
    folders of saved investigations besides those of the repository; `variants` and `seed`: so many variants of a fault;
    `parallel`: faults of `peers` that are made side by side; `memories`: so many in the namespace for `agent`, after it
    was measured without.
    """

    runs: int
    out: Path
    scenarios: tuple[str, ...]
    groups: int
    image: str
    saved: tuple[Path, ...] = ()
    variants: int = 0
    seed: int = 1
    parallel: int = 1
    memories: int = 0


class Session:
    """One run of the bench."""

    def __init__(self, options: Options, console: Console) -> None:
        self.options = options
        self._console = console
        self._stack = AsyncExitStack()
        self._client: Client | None = None
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=None)
        self._step = ""
        self.shown: list[str] = []

    async def __aenter__(self) -> Self:
        self._progress.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._progress.stop()
        await self._stack.aclose()

    @property
    def runs(self) -> int:
        """How often each timing is repeated."""
        return self.options.runs

    @property
    def traces(self) -> Path:
        """Where traces are kept for the replay."""
        folder = self.options.out / "bench-traces"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def kube(self) -> Kube:
        """kubectl on the cluster. Raises `CommandError` where there is none."""
        return cluster()

    async def client(self) -> Client:
        """A connection to the API server, as its administrator."""
        if self._client is None:
            self._client = await self._stack.enter_async_context(connect(str(self.kube.kubeconfig)))
        return self._client

    def begin(self, step: str, index: int, total: int) -> None:
        """A step begins."""
        self._step = step
        self._progress.update(self._task, description=step, completed=index, total=total)

    def tell(self, text: str) -> None:
        """What is being done now."""
        self._progress.update(self._task, description=f"{self._step}: {text}")
        if not self._console.is_terminal:
            self._console.print(f"{self._step}: {text}", highlight=False)

    def show(self, lines: Iterable[str]) -> None:
        """Lines that a person reads below the table of figures."""
        self.shown += lines

    @asynccontextmanager
    async def namespace(self, purpose: str) -> AsyncIterator[str]:
        """A namespace of our own, deleted afterwards with all that is in it."""
        name = f"bench-{purpose}-{uuid4().hex[:6]}"
        await self.kube.must("create", "namespace", name)
        try:
            yield name
        finally:
            self.tell(f"removing {name}")
            await self.kube.must("delete", "namespace", name, "--timeout=600s", seconds=620)
