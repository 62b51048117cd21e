"""Draws the learning curve: the same bytes for the same answers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from bench.plot import STYLE

WINDOW = 20
COLOURS = ("#8a8f98", "#c77d17", "#1f6fb2")


def moving(answers: Sequence[bool], window: int = WINDOW) -> list[float]:
    """Percent that is right among so many answers up to each; among fewer at the beginning."""
    spans = (answers[max(0, end - window) : end] for end in range(1, len(answers) + 1))
    return [100 * sum(span) / len(span) for span in spans]


def draw(path: Path, right: Mapping[str, Sequence[Sequence[bool]]]) -> None:
    """One line for each system, the mean of its streams, in a band from the worst to the best; as SVG."""
    with rc_context(STYLE):
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.subplots()
        for (name, streams), colour in zip(right.items(), COLOURS, strict=True):
            curves = list(zip(*(moving(one) for one in streams), strict=True))
            numbers = range(1, len(curves) + 1)
            axes.fill_between(
                numbers, [min(at) for at in curves], [max(at) for at in curves], color=colour, alpha=0.15, lw=0
            )
            axes.plot(numbers, [sum(at) / len(at) for at in curves], color=colour, lw=2, label=name)
        axes.set(
            xlabel="incidents so far", ylabel=f"right of the last {WINDOW}, %", ylim=(0, 100), xlim=(1, len(curves))
        )
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right", frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="svg", metadata={"Date": None})
