"""What is asked of a Docker engine, whichever it is."""

from collections.abc import Mapping
from pathlib import Path

from .errors import ClusterError
from .shell import Shell


class Docker:
    """The docker command with this tool's few uses of it; `host_network` makes builds use the machine's network."""

    def __init__(self, shell: Shell, *, host_network: bool) -> None:
        self._shell = shell
        self._host_network = host_network

    def version(self) -> str | None:
        """The version of the engine that answers, None where none does."""
        try:
            return self._shell.text("docker", "info", "--format", "{{.ServerVersion}}", seconds=20) or None
        except ClusterError:
            return None

    def has(self, image: str) -> bool:
        """Whether the engine holds an image."""
        return self._shell.answers("docker", "image", "inspect", image)

    def label(self, image: str, name: str) -> str:
        """A label of an image, empty where there is no such image or label."""
        template = f'{{{{index .Config.Labels "{name}"}}}}'
        try:
            return self._shell.text("docker", "image", "inspect", "--format", template, image)
        except ClusterError:
            return ""

    def pull(self, image: str) -> bool:
        """Pull an image; False where no registry answers for it."""
        try:
            self._shell.run("docker", "pull", image, log="pull")
        except ClusterError:
            return False
        return True

    def tag(self, image: str, name: str) -> None:
        """Give an image one more name."""
        self._shell.text("docker", "tag", image, name)

    def build(
        self, context: Path, tag: str, *, file: Path | None = None, target: str | None = None,
        arguments: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """`docker build` of a folder; what did not change comes from the engine's cache."""
        argv: list[str | Path] = ["docker", "build", "--tag", tag, "--file", file or context / "Dockerfile"]
        argv += ["--network", "host"] if self._host_network else []
        argv += ["--target", target] if target else []
        for option, pairs in (("--build-arg", arguments or {}), ("--label", labels or {})):
            argv += [part for name, value in pairs.items() for part in (option, f"{name}={value}")]
        self._shell.run(*argv, context, log=f"image-{tag.partition(':')[0].rpartition('/')[2]}")

    def save(self, images: list[str], target: Path) -> None:
        """Write images as one docker-archive."""
        self._shell.run("docker", "save", "--output", target, *images, log="save")

    def containers(self, label: str) -> list[str]:
        """Names of containers with a label, running or not."""
        return self._shell.text("docker", "ps", "--all", "--filter", f"label={label}", "--format", "{{.Names}}").split()

    def running(self, container: str) -> bool:
        """Whether a container runs."""
        return self._shell.text("docker", "inspect", "--format", "{{.State.Running}}", container) == "true"

    def start(self, container: str) -> None:
        """Start a container that stopped."""
        self._shell.text("docker", "start", container)

    def remove_network(self, name: str) -> None:
        """Remove a network if it is there and unused."""
        if self._shell.answers("docker", "network", "inspect", name):
            self._shell.text("docker", "network", "rm", name)

    def remove_images(self, names: list[str]) -> None:
        """Remove images that are there."""
        for name in filter(self.has, names):
            self._shell.text("docker", "image", "rm", "--force", name)
