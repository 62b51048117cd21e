"""Whole processes, timed by the clock on the wall, and what they took by the kernel's account."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
LAUNCHER = (PYTHON, "-I", "-S", str(Path(__file__).with_name("launcher.py")))
CASEBOOK = str(Path(sys.executable).with_name("casebook"))


class ProcessError(Exception):
    """A process that should have ended well did not."""


@dataclass(frozen=True)
class Timing:
    """One run: seconds from start to end, seconds of a core used, largest resident memory in bytes, standard output."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    out: str


def timed(command: Sequence[str], env: Mapping[str, str] | None = None) -> Timing:
    """Run a command to its end. Raises `ProcessError` with its last line where it fails."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err, tempfile.TemporaryFile("w+") as took:
        environment = compiled(os.environ) | dict(env or {})
        launched = [*LAUNCHER, str(took.fileno()), *command]
        done = subprocess.run(
            launched,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            pass_fds=[took.fileno()],
            check=False,
        )
        for file in (out, err, took):
            file.seek(0)
        if done.returncode:
            said = err.read().strip().splitlines() or ["it said nothing"]
            raise ProcessError(f"{' '.join(command)[:160]} ended with {done.returncode}: {said[-1][:300]}")
        usage = json.load(took)
        return Timing(usage["seconds"], usage["cpu"], usage["peak"], out.read())


def compiled(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment in which Python keeps its bytecode, as where it is installed; in a folder of our own."""
    made = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return made | {"PYTHONPYCACHEPREFIX": str(ROOT / "out" / "bench-bytecode")}


async def in_background(command: Sequence[str], env: Mapping[str, str] | None = None) -> Timing:
    """The same, while the event loop goes on."""
    return await asyncio.to_thread(timed, command, env)


def python(statement: str) -> list[str]:
    """The command that runs one statement in this environment's interpreter."""
    return [PYTHON, "-c", statement]


def rounds(commands: Mapping[str, Sequence[str]], count: int) -> dict[str, list[Timing]]:
    """Each command `count` times, in turns so that all see the same noise, after one turn that warms the caches."""
    for command in commands.values():
        timed(command)
    made: dict[str, list[Timing]] = {name: [] for name in commands}
    for _ in range(count):
        for name, command in commands.items():
            made[name].append(timed(command))
    return made
