"""Reports for people and machines: text for a terminal, JSON, YAML; and a run while it goes on."""

from casebook.cli.render.documents import FORMATS, colourful, render_report
from casebook.cli.render.heading import Heading

__all__ = ["FORMATS", "Heading", "colourful", "render_report"]
