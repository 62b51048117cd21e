"""What a person sees: progress, the table of results, the summary."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from scenariokit.format import Scenario
from scenariokit.rows import Row
from scenariokit.score import Summary, summarise

COLOURS = {"right": "green", "wrong": "red", "failed": "red", "skipped": "yellow"}


class Display:
    """Runs as they go: spinners on a terminal, one line for each finished run everywhere."""

    def __init__(self, console: Console, total: int) -> None:
        self._console, self._total, self._done = console, total, 0
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[tuple[str, int], TaskID] = {}

    def __enter__(self) -> "Display":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, name: str, repeat: int, stage: str) -> None:
        """Show what a run does now."""
        text = f"{name} [dim]{stage}[/]"
        task = self._tasks.get((name, repeat))
        if task is None:
            self._tasks[name, repeat] = self._progress.add_task(text)
        else:
            self._progress.update(task, description=text)

    def done(self, row: Row) -> None:
        """Show what became of a run."""
        self._done += 1
        task = self._tasks.pop((row.id, row.repeat), None)
        if task is not None:
            self._progress.remove_task(task)
        said = row.reason or f"{row.verdict} {row.object} {row.cause}".strip()
        mark = f"[{COLOURS[row.outcome]}]{row.outcome:7}[/]"
        count = f"{self._done}/{self._total}"
        self._console.print(
            f"{count:>7} {mark} {row.id} [dim]({row.total_seconds:.0f} s)[/] {said}", highlight=False, soft_wrap=True
        )


def show_list(console: Console, scenarios: Sequence[Scenario]) -> None:
    """The scenarios of a folder."""
    table = Table(box=None, pad_edge=False)
    for title in ("scenario", "family", "verdict", "cause", "needs"):
        table.add_column(title)
    for one in scenarios:
        causes = ", ".join(f"{c.object[0]} {c.cause[0]}" for c in one.expect.causes)
        table.add_row(one.id, one.family, one.expect.verdict, causes, ", ".join(one.needs))
    console.print(table)


def show_results(console: Console, rows: Sequence[Row]) -> None:
    """The table of all runs, and the scores."""
    table = Table(box=None, pad_edge=False)
    for title in ("scenario", "verdict", "top cause", "right?", "false causes"):
        table.add_column(title, overflow="fold")
    for title in ("seconds", "observations"):
        table.add_column(title, justify="right")
    for row in sorted(rows, key=lambda r: (r.id, r.repeat)):
        verdict = str(row.verdict or "-")
        top = f"{row.object} {row.cause}".strip()
        right = f"[{COLOURS[row.outcome]}]{row.outcome}[/]"
        false = ", ".join(row.false_causes)
        table.add_row(row.id, verdict, top, right, false, f"{row.seconds:.1f}", str(row.observations))
    console.print(table)
    for line in summary_lines(rows):
        console.print(line, highlight=False, soft_wrap=True)


def summary_lines(rows: Sequence[Row]) -> list[str]:
    """The scores of a set of runs, exactly; skipped and failed runs by name."""
    summary: Summary = summarise([scored for row in rows if (scored := row.scored())])
    lines = [
        "",
        f"right                 {_share(summary.right)}",
        f"AC@1                  {_share(summary.ac1)}",
        f"AC@3                  {_share(summary.ac3)}",
        f"no-fault specificity  {_share(summary.no_fault)}",
        f"false causes          {_rate(summary.false_causes)}",
        f"seconds, median       {summary.median_seconds:.1f}",
    ]
    variants = [scored for row in rows if row.variant and (scored := row.scored())]
    if variants:
        lines.append(f"AC@1 of variants      {_share(summarise(variants).ac1)}")
    lines += [f"wrong                 {row.id}: {_why_wrong(row)}" for row in rows if row.outcome == "wrong"]
    lines += [f"failed                {row.id}: {row.reason}" for row in rows if row.outcome == "failed"]
    lines += [f"skipped               {row.id}: {row.reason}" for row in rows if row.outcome == "skipped"]
    return lines


def _why_wrong(row: Row) -> str:
    parts = []
    if row.verdict is not row.expected_verdict:
        parts.append(f"verdict {row.verdict}, expected {row.expected_verdict}")
    if row.missed:
        parts.append(f"missed {'; '.join(row.missed)}")
    if row.false_causes:
        parts.append(f"false {'; '.join(row.false_causes)}")
    if not parts:
        parts.append(f"first is {row.object} {row.cause}")
    return ", ".join(parts)


def _share(hits: tuple[int, int]) -> str:
    return f"{hits[0]}/{hits[1]} ({100 * hits[0] / hits[1]:.1f} %)" if hits[1] else "none to count"


def _rate(count: tuple[int, int]) -> str:
    return f"{count[0]} in {count[1]} ({count[0] / count[1]:.2f} each)" if count[1] else "none to count"
