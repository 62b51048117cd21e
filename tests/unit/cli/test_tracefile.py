"""Saved investigations: what is written is read again, what is broken is named."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from casebook.api.investigation import InvestigationSpec
from casebook.api.observation import Observation, listing, observation_id
from casebook.api.run import Run, Scene, Stop, Trace
from casebook.cli import tracefile

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
QUERY = listing("pods", "shop")
TRACE = Trace(
    engine="e/1",
    run=Run(uid="u", name="x", namespace="shop", now=NOW, spec=InvestigationSpec(), scene=Scene(tenant="laptop")),
    stop=Stop(reason="Clear"),
    milliseconds=7,
    observations=[
        Observation(id=observation_id(0, QUERY), round=0, query=QUERY, observed_at=NOW, data={"items": [{"ü": None}]})
    ],
)


@pytest.mark.parametrize("name", ["t.json", "t.json.gz"])
def test_what_is_saved_is_loaded_again(tmp_path: Path, name) -> None:
    path = tmp_path / name
    tracefile.save(path, TRACE)
    assert tracefile.load(path) == TRACE
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")
    before = path.read_bytes()
    tracefile.save(path, tracefile.load(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a saved investigation"),
        (b"{", "is not a saved investigation"),
        (b"\xff\xfe", "is not a saved investigation"),
        (b"[]", "is not a saved investigation"),
        (b"[" * 100_000, "is not a saved investigation"),
        (json.dumps({**TRACE.wire(), "stop": {"reason": "Tired"}}).encode(), "stop.reason"),
        (json.dumps({**TRACE.wire(), "format": 2}).encode(), "has format 2"),
        (gzip.compress(b"x" * 100)[:14], "cannot read"),
        (gzip.compress(b"x" * 100)[:10] + b"\xff" * 20, "cannot read"),
        (b"\x1f\x8bgarbage", "cannot read"),
    ],
)
def test_what_is_broken_is_named(tmp_path: Path, content, message) -> None:
    path = tmp_path / "t.json"
    path.write_bytes(content)
    with pytest.raises(click.ClickException, match=message):
        tracefile.load(path)


def test_a_decompression_bomb_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tracefile, "MAX_BYTES", 1 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b" " * (8 << 20)))
    with pytest.raises(click.ClickException, match="larger than 1 MiB"):
        tracefile.load(path)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match="cannot save"):
        tracefile.save(tmp_path, TRACE)
