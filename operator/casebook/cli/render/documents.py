"""One report in the format asked for. The same report and heading give the same bytes, whenever and wherever."""

import json
import os
from typing import TextIO

from casebook.api.report import Report
from casebook.cli.render.heading import Heading
from casebook.cli.render.page import WIDTH
from casebook.cli.render.text import report_text

FORMATS = ("text", "json", "yaml")


def colourful(stream: TextIO) -> bool:
    """Whether a person sees colours there: a terminal that can show them, and no wish not to (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render_report(report: Report, heading: Heading, output: str = "text", *, colour: bool = False) -> str:
    """The report as `text`, `json` or `yaml`, ending in a newline."""
    if output == "json":
        return json.dumps(report.wire(), indent=2, ensure_ascii=False) + "\n"
    if output == "yaml":
        import yaml

        return yaml.safe_dump(report.wire(), sort_keys=False, allow_unicode=True, width=WIDTH)
    return report_text(report, heading, colour=colour)
