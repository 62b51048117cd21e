"""Runs commands, kubectl above all, each with a limit of time."""

import asyncio
import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class CommandError(Exception):
    """A command failed; the message is what it said."""


@dataclass(frozen=True)
class Finished:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The last lines of what it said on going wrong, on one line."""
        said = (self.err or self.out).strip().splitlines()[-3:]
        return " | ".join(line.strip() for line in said)[:500]


async def execute(command: Sequence[str], *, env: dict[str, str], stdin: str = "", seconds: float = 60) -> Finished:
    """Run a command to its end; code -1 if it had to be stopped.

    It gets a session of its own, so that an interrupt from the keyboard reaches only the runner, which cleans up.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | env,
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError(f"cannot run {command[0]}: {error.strerror}") from None
    try:
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), seconds)
    except TimeoutError:
        return Finished(-1, "", f"{shlex.join(command[:6])} ... did not end within {seconds:.0f} s")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Finished(process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace"))


class Kube:
    """kubectl with one kubeconfig, whose context names the default namespace."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self.env = {"KUBECONFIG": str(kubeconfig)}

    async def run(self, *arguments: str, stdin: str = "", seconds: float = 60) -> Finished:
        """Run kubectl, whatever comes of it."""
        return await execute(("kubectl", *arguments), env=self.env, stdin=stdin, seconds=seconds)

    async def must(self, *arguments: str, stdin: str = "", seconds: float = 60) -> str:
        """Run kubectl and give its output; CommandError if it fails."""
        done = await self.run(*arguments, stdin=stdin, seconds=seconds)
        if done.code:
            raise CommandError(f"kubectl {shlex.join(arguments)[:200]}: {done.message}")
        return done.out

    async def objects(self, *arguments: str) -> list[dict[str, Any]]:
        """The objects that a `get` finds."""
        found = json.loads(await self.must("get", *arguments, "-o", "json"))
        return list(found.get("items", [found]))

    async def copy(self, path: Path, namespace: str) -> "Kube":
        """The same cluster with another default namespace, in a kubeconfig of its own."""
        config = json.loads(await self.must("config", "view", "--minify", "--flatten", "-o", "json"))
        config["contexts"][0]["context"]["namespace"] = namespace
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return Kube(path)
