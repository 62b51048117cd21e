"""What images built at home stand on: a small Debian, and Debian's Python in the place of the official one."""

import shutil
import subprocess
from pathlib import Path

from . import apt, versions
from .docker import Docker
from .errors import ClusterError
from .progress import Progress
from .settings import Settings
from .shell import Shell

PYTHON_FILES = Path(__file__).parent / "images" / "python"
HOST_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
HOST_PIP = Path("/etc/pip.conf")
UNNEEDED = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man")


class Debian:
    """Makes base images from Debian packages where no registry can be asked."""

    def __init__(self, settings: Settings, shell: Shell, progress: Progress, docker: Docker) -> None:
        self._settings = settings
        self._shell = shell
        self._progress = progress
        self._docker = docker

    def ensure(self) -> None:
        """`versions.DEBIAN_IMAGE`: debootstrap's smallest system with the CA certificates that this machine trusts."""
        if self._docker.has(versions.DEBIAN_IMAGE):
            return
        if absent := apt.missing(self._shell, apt.ROOT_FILE_SYSTEM):
            with self._progress.step(f"install {', '.join(absent)} (apt)"):
                apt.install(self._shell, absent)
        with self._progress.step(f"make a Debian {versions.DEBIAN} root file system (debootstrap)"):
            self._import(self._bootstrap())

    def ensure_python(self) -> None:
        """`versions.PYTHON_BASE` from a registry, else a stand-in of the same Debian and Python under its name."""
        if self._docker.has(versions.PYTHON_BASE):
            return
        with self._progress.step(f"ask a registry for {versions.PYTHON_BASE}"):
            pulled = self._docker.pull(versions.PYTHON_BASE)
        if not pulled:
            self.ensure()
            with self._progress.step(f"none answers: build a stand-in for {versions.PYTHON_BASE} (apt)"):
                self._docker.build(PYTHON_FILES, versions.PYTHON_BASE, arguments={"DEBIAN": versions.DEBIAN_IMAGE})

    def _bootstrap(self) -> Path:
        root = self._settings.build / "debian"
        unmount_below(root)
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        self._shell.run(
            "debootstrap", "--variant=minbase", "--include=ca-certificates", versions.DEBIAN, root,
            apt.mirror(self._shell), log="debootstrap",
        )  # fmt: skip
        for host in (HOST_BUNDLE, HOST_PIP):
            if host.exists():
                shutil.copy(host, root / host.relative_to("/"))
        return root

    def _import(self, root: Path) -> None:
        leave_out = (f"--exclude=./{path}/*" for path in UNNEEDED)
        tar = subprocess.Popen(
            ["tar", "-C", root, "--numeric-owner", "--one-file-system", *leave_out, "-c", "."], stdout=subprocess.PIPE
        )
        assert tar.stdout is not None
        with tar:
            self._shell.run("docker", "import", "-", versions.DEBIAN_IMAGE, log="debian-import", stdin=tar.stdout)
        if tar.returncode:
            raise ClusterError(f"tar of {root} failed")
        shutil.rmtree(root)


def unmount_below(root: Path) -> None:
    """Unmount everything that is mounted under a folder, the deepest first."""
    table = Path("/proc/self/mounts").read_text().splitlines()
    mounts = (Path(line.split()[1].replace("\\040", " ")) for line in table)
    for mount in sorted((each for each in mounts if each.is_relative_to(root)), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=True)
