"""A real Prometheus on loopback, from Debian's package, over series that are written before it starts."""

import contextlib
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from support.ports import free_port


@dataclass(frozen=True)
class Sample:
    """One value of one series; `series` as in the text format, for example `up{namespace="a"}`."""

    series: str
    at: datetime
    value: float


@contextlib.contextmanager
def prometheus(folder: Path, samples: Iterable[Sample], **alerts: str) -> Iterator[str]:
    """The URL of one that holds these samples and these alerts by expression, and scrapes nothing; ended afterwards."""
    folder.mkdir()
    _backfill(folder, samples)
    rules = [{"alert": name, "expr": expression} for name, expression in alerts.items()]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "alerts", "rules": rules}]}))
    settings = {"global": {"evaluation_interval": "1s"}, "rule_files": ["rules.yml"], "scrape_configs": []}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    port = free_port()
    arguments = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    arguments += [f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=30d"]
    process = _launch(folder, arguments)
    try:
        _ready(f"http://127.0.0.1:{port}", process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(30)


def _launch(folder: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen([binary("prometheus"), *arguments], stdout=log, stderr=log, cwd=folder)


def binary(name: str) -> str:
    """Where a program of the package is."""
    found = shutil.which(name)
    assert found, f"no {name} here: hack/bootstrap installs it"
    return found


def _backfill(folder: Path, samples: Iterable[Sample]) -> None:
    ordered = sorted(samples, key=lambda one: (one.series.partition("{")[0], one.series, one.at))
    lines = [f"{one.series} {one.value} {one.at.timestamp():.0f}" for one in ordered]
    (folder / "samples").write_text("\n".join([*lines, "# EOF", ""]))
    command = [binary("promtool"), "tsdb", "create-blocks-from", "openmetrics", "samples", "data"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr + done.stdout


def _ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(f"{url}/-/ready", timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
