"""Saved investigations: one JSON document, compressed where the name ends in `.gz`."""

import gzip
import json
import zlib
from pathlib import Path

import click
from pydantic import ValidationError

from casebook.api.problems import explain
from casebook.api.run import Trace

FORMAT = 1
MAX_BYTES = 256 << 20
_GZIP = b"\x1f\x8b"


def save(path: Path, trace: Trace) -> None:
    """Write the trace. Raises `click.ClickException` where the file cannot be written."""
    data = json.dumps(trace.wire(), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    try:
        # mtime=0: the same trace gives the same bytes.
        path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    except OSError as error:
        raise click.ClickException(f"cannot save to {path}: {error.strerror}") from error


def load(path: Path) -> Trace:
    """The trace in a file. Raises `click.ClickException` with the first thing that is wrong in it."""
    try:
        trace = Trace.model_validate_json(_content(path))
    except ValidationError as error:
        raise click.ClickException(f"{path} is not a saved investigation: {explain(error)}") from error
    if trace.format != FORMAT:
        raise click.ClickException(f"{path} has format {trace.format}, this version of Casebook reads format {FORMAT}")
    return trace


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(len(_GZIP))
        with gzip.open(path) if head == _GZIP else path.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise click.ClickException(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > MAX_BYTES:
        raise click.ClickException(f"{path} is larger than {MAX_BYTES >> 20} MiB")
    return data
