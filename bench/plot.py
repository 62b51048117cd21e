"""The figures of growing namespaces, drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

STYLE = {"svg.fonttype": "none", "svg.hashsalt": "casebook", "font.size": 9, "font.family": "sans-serif"}
INCHES = (9.5, 3.0)


@dataclass(frozen=True)
class Panel:
    """One figure over the number of pods; `bound` is a level, or one value for each number of pods."""

    title: str
    values: Sequence[float]
    bound: float | Sequence[float]
    bound_name: str


def draw(pods: Sequence[int], panels: Sequence[Panel], path: Path) -> None:
    """The panels side by side as an SVG, both axes logarithmic: what grows in proportion to the pods rises like them.

    The same figures give the same bytes.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=INCHES, layout="constrained")
        for axes, panel in zip(figure.subplots(1, len(panels)), panels, strict=True):
            _panel(axes, pods, panel)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _panel(axes: Axes, pods: Sequence[int], panel: Panel) -> None:
    bound = [panel.bound] * len(pods) if isinstance(panel.bound, float) else panel.bound
    axes.plot(pods, bound, "--", color="tab:red", label=panel.bound_name)
    axes.plot(pods, panel.values, "o-", color="tab:blue", label="measured")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(pods, [f"{count:,}" for count in pods], minor=False)
    axes.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    axes.set_xlabel("pods in the namespace")
    axes.set_title(panel.title)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(frameon=False)
