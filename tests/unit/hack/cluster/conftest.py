"""A machine made of fake commands: what they are asked is written down, what they answer is set by files."""

import os
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from clusterkit.cluster import Cluster
from clusterkit.progress import Progress
from clusterkit.settings import Settings
from clusterkit.shell import Shell

FAKES = Path(__file__).parent / "fakes"


@dataclass
class FakeMachine:
    """`state` holds the files that the fake commands look at."""

    state: Path
    output: StringIO

    def __post_init__(self) -> None:
        self.state.mkdir(parents=True)
        (self.state / "go-version").write_text("go1.26.8\n")
        self.progress = Progress(Console(file=self.output, width=200))
        self.answers: list[bool] = []

    def set(self, name: str, text: str = "") -> None:
        (self.state / name).write_text(text)

    def calls(self, program: str) -> list[str]:
        log = self.state / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.startswith(f"{program} ")]

    @property
    def environ(self) -> dict[str, str]:
        return {"HOME": str(self.state.parent), "FAKE": str(self.state), "PATH": f"{FAKES}{os.pathsep}/usr/bin:/bin"}

    def cluster(self, **environ: str) -> Cluster:
        env = self.environ | environ
        return Cluster(Settings.of(env), env, self.progress, lambda _question: self.answers.pop())

    def shell(self) -> Shell:
        return Shell(self.environ, self.state / "logs", self.progress.note)


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """Go and the docker command, and nothing that answers."""
    return FakeMachine(tmp_path / "state", StringIO())
