"""A Docker engine of our own: started with everything of it in the cache, stopped without a trace."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .debian import unmount_below
from .docker import Docker
from .errors import ClusterError
from .firewall import Firewall
from .settings import Settings
from .shell import Shell

CAP_SYS_RESOURCE = 24
WRAPPER = Path(__file__).parent / "runc-without-sys-resource"


class OwnEngine:
    """dockerd as a process of ours, known by its pid file."""

    def __init__(self, settings: Settings, shell: Shell) -> None:
        self._home = settings.engine
        self._log = settings.logs / "dockerd.log"
        self._shell = shell
        self._firewall = Firewall(shell, settings.engine / "before")

    def pid(self) -> int | None:
        """The process, if it lives; a pid file that names another program is stale."""
        try:
            pid = int((self._home / "docker.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self._home).encode() in command else None

    @property
    def holds_containers(self) -> bool:
        """Whether containers are kept, running or not."""
        folder = self._home / "data" / "containers"
        return folder.is_dir() and any(folder.iterdir())

    def start(self, docker: Docker) -> None:
        """Start it unless it runs, and wait until it answers; ClusterError with the log's path if it does not."""
        if self.pid() is None:
            self._firewall.remember()
            self._configure()
            self._launch()
        for _ in range(240):
            if docker.version():
                return
            time.sleep(0.25)
        raise ClusterError(f"the Docker engine did not start: see {self._log}")

    def _configure(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        (self._home / "docker.pid").unlink(missing_ok=True)
        config = {
            "data-root": str(self._home / "data"),
            "exec-root": str(self._home / "exec"),
            "pidfile": str(self._home / "docker.pid"),
            "hosts": [f"unix://{self._home / 'docker.sock'}"],
            "bridge": "none",
            "log-opts": {"max-size": "10m", "max-file": "2"},
        }
        if not may_raise_limits(Path("/proc/self/status").read_text()):
            runtime = self._home / WRAPPER.name
            shutil.copy(WRAPPER, runtime)
            config |= {"runtimes": {"limited": {"path": str(runtime)}}, "default-runtime": "limited"}
        (self._home / "daemon.json").write_text(json.dumps(config, indent=2))

    def _launch(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("w") as log:
            subprocess.Popen(
                ["dockerd", "--config-file", self._home / "daemon.json"], env=self._shell.env, cwd="/",
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        """Stop it and take back what it did to the machine: processes, mounts, interfaces, packet filter rules."""
        if (pid := self.pid()) is not None:
            _end(pid)
        for left in self._processes():
            _end(left)
        unmount_below(self._home)
        self._firewall.restore()

    def _processes(self) -> list[int]:
        """Helpers (containerd, shims) that outlived the engine, known by our folder in their command line."""
        mine = str(self._home).encode()
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and int(folder.name) != os.getpid():
                try:
                    command = (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                program = command.split(b"\0")[0].rpartition(b"/")[2]
                if mine in command and program.startswith((b"containerd", b"docker")):
                    found.append(int(folder.name))
        return found


def may_raise_limits(status: str) -> bool:
    """Whether a process with this /proc/PID/status holds CAP_SYS_RESOURCE."""
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> CAP_SYS_RESOURCE & 1)


def _end(pid: int, seconds: float = 40) -> None:
    """Ask a process to end, insist after a while."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if _ended(pid):
                return
            time.sleep(0.1)


def _ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
