"""helm and kubectl, as the cluster's own tools on PATH."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "casebook"


def tool_path(name: str) -> str:
    """Where the cluster's own tool of this name is."""
    path = shutil.which(name)
    assert path, f'{name} is not on PATH: run `make test`, or `eval "$(hack/cluster env)"` first'
    return path


def run(
    tool: str, *arguments: str, stdin: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end; the caller judges the exit code."""
    return subprocess.run(
        [tool_path(tool), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | (env or {}),
    )


def output(tool: str, *arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> str:
    """What a tool prints; fails the test where it fails."""
    done = run(tool, *arguments, stdin=stdin, env=env)
    assert done.returncode == 0, f"{tool} {' '.join(arguments)}: {done.stderr}"
    return done.stdout
