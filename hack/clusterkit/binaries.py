"""Commands built from pinned Go modules: each once, rebuilt when its go.mod, its go.sum or Go changes."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import versions
from .progress import Progress
from .settings import Settings
from .shell import Shell
from .toolchain import fetch_go, find_go, go_environment

MODULES = Path(__file__).parent / "go"
_VERSION = "k8s.io/component-base/version"
_MAJOR, _MINOR = versions.KUBERNETES.lstrip("v").split(".")[:2]
KUBERNETES_FLAGS = (
    f"-X {_VERSION}.gitVersion={versions.KUBERNETES} -X {_VERSION}.gitMajor={_MAJOR} "
    f"-X {_VERSION}.gitMinor={_MINOR} -X {_VERSION}.gitTreeState=clean"
)


@dataclass(frozen=True)
class Command:
    """A command: the folder under go/ that pins it, its package, and what the linker is told."""

    name: str
    module: str
    package: str
    flags: str = ""


def _kubernetes(name: str) -> Command:
    return Command(name, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", KUBERNETES_FLAGS)


EVERYWHERE = (
    Command("kind", "kind", "sigs.k8s.io/kind"),
    Command("helm", "helm", "helm.sh/helm/v4/cmd/helm"),
    _kubernetes("kubectl"),
)
"""What every path needs."""

NODE = (
    *(
        _kubernetes(f"kube{name}")
        for name in ("-apiserver", "-controller-manager", "-scheduler", "-proxy", "let", "adm")
    ),
    Command("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    Command("coredns", "coredns", "github.com/coredns/coredns"),
    Command("local-path-provisioner", "local-path-provisioner", "github.com/rancher/local-path-provisioner"),
    Command("metrics-server", "metrics-server", "sigs.k8s.io/metrics-server/cmd/metrics-server"),
    Command("crictl", "node", "./crictl"),
    Command("pause", "node", "./pause"),
)
"""What a node image built at home needs besides."""


class Workshop:
    """Builds commands into `settings.bin`."""

    def __init__(self, settings: Settings, shell: Shell, progress: Progress) -> None:
        self._settings = settings
        self._progress = progress
        self._go = find_go(shell, settings.root)
        self._shell = shell

    def build(self, commands: Iterable[Command]) -> None:
        """Build what is missing or out of date; an interrupted run goes on with the next command."""
        for command in commands:
            if not self._current(command):
                with self._progress.step(f"build {command.name} (Go)"):
                    self._compile(command)

    def module_folder(self, folder: str, module: str) -> Path:
        """Where the source of a pinned module is unpacked."""
        said = self._ready().text("go", "mod", "download", "-json", module, cwd=MODULES / folder, seconds=600)
        return Path(json.loads(said)["Dir"])

    def _current(self, command: Command) -> bool:
        stamp = self._stamp(command)
        return (self._settings.bin / command.name).exists() and stamp.exists() and stamp.read_text() == inputs(command)

    def _stamp(self, command: Command) -> Path:
        return self._settings.bin / "stamps" / command.name

    def _compile(self, command: Command) -> None:
        made = self._settings.bin / f"{command.name}.new"
        self._stamp(command).parent.mkdir(parents=True, exist_ok=True)
        options = ("-trimpath", "-buildvcs=false", "-ldflags", f"-s -w {command.flags}", "-o", str(made))
        self._ready().run(
            "go", "build", *options, command.package, cwd=MODULES / command.module, log=f"build-{command.name}"
        )
        made.rename(self._settings.bin / command.name)
        self._stamp(command).write_text(inputs(command))

    def _ready(self) -> Shell:
        """A shell with Go in it, fetched where the machine has none as new."""
        if self._go is None:
            with self._progress.step(f"fetch Go {'.'.join(map(str, versions.GO))} (Go module proxy)"):
                self._go = fetch_go(self._shell, self._settings.root)
        path = f"{self._go.parent}{os.pathsep}{self._shell.env.get('PATH', os.defpath)}"
        return self._shell.with_env(**go_environment(self._go, self._settings.root), PATH=path)


def inputs(command: Command) -> str:
    """A digest of everything that a command is built from."""
    digest = hashlib.sha256(f"{command.package} {command.flags} {versions.GO}".encode())
    folder = MODULES / command.module
    sources = sorted(folder.rglob("*.go")) if command.package.startswith(".") else []
    for file in (folder / "go.mod", folder / "go.sum", *sources):
        digest.update(file.read_bytes())
    return digest.hexdigest()
