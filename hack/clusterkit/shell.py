"""Running commands: output to a log, the last line to the progress display, failure in one line."""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from .errors import ClusterError


@dataclass(frozen=True)
class Shell:
    """Runs commands in one environment.

    `note` receives each line of output while a command runs.
    """

    env: Mapping[str, str]
    logs: Path
    note: Callable[[str], None]

    def with_env(self, **more: str) -> "Shell":
        """The same shell with more environment."""
        return replace(self, env={**self.env, **more})

    def run(self, *argv: str | Path, log: str, cwd: Path | None = None, stdin: IO[bytes] | None = None) -> None:
        """Run to the end, output to `logs/<log>.log`; ClusterError with the last line and the log's path on failure."""
        path = self.logs / f"{log}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        last = ""
        with path.open("a") as out, self._start(argv, cwd, stdin) as process:
            assert process.stdout is not None
            for line in process.stdout:
                out.write(line)
                last = line.strip() or last
                self.note(last)
        if process.returncode:
            raise ClusterError(f"{argv[0]} {argv[1] if argv[1:] else ''} failed: {last} (see {path})")

    def _start(
        self, argv: tuple[str | Path, ...], cwd: Path | None, stdin: IO[bytes] | None
    ) -> "subprocess.Popen[str]":
        try:
            return subprocess.Popen(
                argv, env=self.env, cwd=cwd, text=True, errors="replace",
                stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
        except FileNotFoundError as missing:
            raise ClusterError(f"{argv[0]} is not installed") from missing

    def text(self, *argv: str | Path, cwd: Path | None = None, seconds: float = 120) -> str:
        """Standard output of a command, stripped; ClusterError with its last line of error output on failure."""
        done = self._capture(argv, cwd, seconds)
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no output"]
            raise ClusterError(f"{argv[0]} {argv[1] if argv[1:] else ''} failed: {said[-1]}")
        return done.stdout.strip()

    def answers(self, *argv: str | Path, seconds: float = 30) -> bool:
        """Whether a command exists, ends in time and succeeds."""
        try:
            return self._capture(argv, None, seconds).returncode == 0
        except ClusterError:
            return False

    def _capture(
        self, argv: tuple[str | Path, ...], cwd: Path | None, seconds: float
    ) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run(
                argv, env=self.env, cwd=cwd, text=True, timeout=seconds, check=False,
                stdin=subprocess.DEVNULL, capture_output=True,
            )  # fmt: skip
        except FileNotFoundError as missing:
            raise ClusterError(f"{argv[0]} is not installed") from missing
        except subprocess.TimeoutExpired as late:
            raise ClusterError(f"{argv[0]} did not answer within {seconds:.0f} s") from late
