"""Debian packages of the machine, and the mirror it takes them from."""

import shutil
from pathlib import Path

from . import versions
from .errors import ClusterError
from .shell import Shell

ENGINE = ("docker.io", "iptables")
ROOT_FILE_SYSTEM = ("debootstrap",)
POLICY = Path("/usr/sbin/policy-rc.d")


def missing(shell: Shell, packages: tuple[str, ...]) -> list[str]:
    """The packages that are not installed."""
    return [package for package in packages if not _installed(shell, package)]


def _installed(shell: Shell, package: str) -> bool:
    try:
        return shell.text("dpkg-query", "-W", "-f", "${Status}", package).endswith(" installed")
    except ClusterError:
        return False


def install(shell: Shell, packages: list[str]) -> None:
    """Install packages without starting the services that they bring."""
    quiet = shell.with_env(DEBIAN_FRONTEND="noninteractive")
    quiet.run("apt-get", "update", log="apt")
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        quiet.run("apt-get", "install", "-y", "--no-install-recommends", *packages, log="apt")
        if "docker.io" in packages and shutil.which("docker", path=shell.env.get("PATH")) is None:
            quiet.run("apt-get", "install", "-y", "--no-install-recommends", "docker-cli", log="apt")  # split off later
    finally:
        if ours:
            POLICY.unlink()


def mirror(shell: Shell) -> str:
    """The Debian mirror that this machine's apt uses; ClusterError where it uses none."""
    fields = "$(ORIGIN) $(COMPONENT) $(REPO_URI) $(CODENAME)"
    said = shell.text("apt-get", "indextargets", "--format", fields, "Identifier: Packages")
    for line in sorted(said.splitlines()):
        origin, component, uri, codename = (*line.split(), "", "", "", "")[:4]
        if (origin, component) == ("Debian", "main") and "-" not in codename:
            return uri
    raise ClusterError(f"apt on this machine names no mirror of Debian, which {versions.DEBIAN} would be taken from")
