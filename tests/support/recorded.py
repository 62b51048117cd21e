"""Runs recorded on a real cluster, by the names of their scenarios."""

import gzip
import json
from pathlib import Path

from casebook.api.run import Trace

HERE = Path(__file__).parents[1] / "unit" / "reasoning" / "recorded"
RECORDED = sorted(path.name.removesuffix(".json.gz") for path in HERE.glob("*.json.gz"))


def trace(name: str) -> Trace:
    """One recorded run."""
    return Trace.model_validate(json.loads(gzip.decompress((HERE / f"{name}.json.gz").read_bytes())))
