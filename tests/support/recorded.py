"""Runs recorded on a real cluster, by the names of their scenarios."""

import gzip
import json
from pathlib import Path

from casebook.api.report import Report
from casebook.api.run import Trace

HERE = Path(__file__).parents[1] / "unit" / "reasoning" / "recorded"
RECORDED = sorted(path.name.removesuffix(".json.gz") for path in HERE.glob("*.json.gz"))


def trace(name: str, folder: Path = HERE) -> Trace:
    """One recorded run."""
    return Trace.model_validate(json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes())))


def roots(report: Report) -> list[tuple[str, str]]:
    """Object and cause of what a report stands behind."""
    return [(item.object, item.cause) for item in report.root_causes]
