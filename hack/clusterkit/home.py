"""The node image built at home: what it is made of, and that it is made again when one of its parts changes."""

import hashlib
import os
import re
import shutil
from pathlib import Path

from . import versions
from .binaries import NODE, Workshop, inputs
from .debian import Debian
from .docker import Docker
from .errors import ClusterError
from .progress import Progress
from .settings import Settings
from .shell import Shell

FILES = Path(__file__).parent / "images"
LABEL = "dev.casebook.inputs"
INSIDE = ("kubelet", "kubeadm", "kubectl", "crictl")
"""Commands that run in the node itself; the others run from images."""


class HomeNode:
    """`versions.HOME_NODE`, built from Go modules and Debian packages."""

    def __init__(
        self, settings: Settings, shell: Shell, progress: Progress, docker: Docker, workshop: Workshop, debian: Debian
    ) -> None:
        self._bin = settings.bin
        self._build = settings.build
        self._shell = shell
        self._progress = progress
        self._docker = docker
        self._workshop = workshop
        self._debian = debian

    @property
    def current(self) -> bool:
        """Whether the engine holds the image that today's inputs would make."""
        return self._docker.label(versions.HOME_NODE, LABEL) == digest()

    def ensure(self) -> None:
        """Build the commands, the images that kubeadm asks for, and the node image; what is there is kept."""
        if self.current:
            return
        self._workshop.build(NODE)
        self._debian.ensure()
        source = self._workshop.module_folder("kind", "sigs.k8s.io/kind")
        storage = (source / "pkg/build/nodeimage/const_storage.go").read_text()
        context = self._fresh(self._build / "node")
        with self._progress.step("build the images that a node starts from"):
            self._docker.save(self._component_images(storage), context / "images.tar")
        with self._progress.step(f"build the node image {versions.HOME_NODE}"):
            self._fill(context, source, storage)
            arguments = {"DEBIAN": versions.DEBIAN_IMAGE, "VERSION": versions.KUBERNETES}
            self._docker.build(context, versions.HOME_NODE, arguments=arguments, labels={LABEL: digest()})
        shutil.rmtree(self._build)

    def _component_images(self, storage: str) -> list[str]:
        """Build each image under every name that somebody asks for it by."""
        wanted = self._shell.text(
            self._bin / "kubeadm", "config", "images", "list", "--kubernetes-version", versions.KUBERNETES
        ).split()
        named = {name.rpartition("/")[2].partition(":")[0]: name for name in wanted}
        images = {command: [named[command]] for command in named if command != "pause"}
        images |= {"pause": list(versions.PAUSE), "metrics-server": [versions.METRICS_SERVER]}
        images["local-path-provisioner"] = [go_constant(storage, "storageProvisionerImage")]
        for command, names in images.items():
            self._progress.note(names[0])
            self._build_component(command, names)
        helper = go_constant(storage, "storageHelperImage")
        self._docker.tag(versions.DEBIAN_IMAGE, helper)
        return [helper, *(name for names in images.values() for name in names)]

    def _build_component(self, command: str, names: list[str]) -> None:
        context = self._fresh(self._build / command)
        place(self._bin / command, context / command)
        arguments = {}
        if (FILES / command).is_dir():
            shutil.copytree(FILES / command, context, dirs_exist_ok=True)
            arguments = {"DEBIAN": versions.DEBIAN_IMAGE}
        else:
            (context / "Dockerfile").write_text(
                f"FROM scratch\nCOPY {command} /usr/local/bin/{command}\n"
                f'ENV PATH=/usr/local/bin\nENTRYPOINT ["/usr/local/bin/{command}"]\n'
            )
        self._docker.build(context, names[0], arguments=arguments)
        for more in names[1:]:
            self._docker.tag(names[0], more)

    def _fill(self, context: Path, source: Path, storage: str) -> None:
        shutil.copytree(FILES / "node", context, dirs_exist_ok=True)
        shutil.copytree(source / "images/base/files", context / "kind", copy_function=shutil.copyfile)
        for folder in (context / "kind", *(context / "kind").rglob("*")):
            folder.chmod(0o755 if folder.is_dir() else 0o644)
        (context / "default-storage.yaml").write_text(storage_manifest(storage))
        for command in INSIDE:
            place(self._bin / command, context / "bin" / command)

    def _fresh(self, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def digest() -> str:
    """A digest of everything that a node image is built from."""
    made = hashlib.sha256("".join(inputs(command) for command in NODE).encode())
    made.update(f"{versions.KUBERNETES} {versions.METRICS_SERVER} {versions.PAUSE} {versions.DEBIAN}".encode())
    for file in sorted(each for folder in ("node", "kube-proxy") for each in (FILES / folder).iterdir()):
        made.update(file.read_bytes())
    return made.hexdigest()


def go_constant(source: str, name: str) -> str:
    """The value of a string constant in Go source; ClusterError where there is none."""
    found = re.search(rf'const {name} = "([^"]+)"', source)
    if not found:
        raise ClusterError(f"kind's source has no constant {name} any more")
    return found[1]


def storage_manifest(source: str) -> str:
    """The manifest of the default StorageClass that kind puts into its own node images, from its Go source."""
    text = source.partition("const defaultStorageManifest = `")[2]
    if not text:
        raise ClusterError("kind's source has no default storage manifest any more")
    body = text[: text.rindex("`")]
    return re.sub(r"` \+ (\w+) \+ `", lambda used: go_constant(source, used[1]), body)


def place(source: Path, target: Path) -> None:
    """Put a file into a build context without a copy where the file system allows it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)
