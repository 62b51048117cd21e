"""The project's images: what each is built from, on the official Python or on its stand-in."""

from dataclasses import dataclass
from pathlib import Path

from . import versions
from .cluster import Cluster
from .docker import Docker
from .progress import Progress

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Image:
    """An image `<name>:dev`: its build context, its target there, and the published image that it stands in for."""

    name: str
    context: Path
    target: str | None = None
    published: str | None = None

    @property
    def tag(self) -> str:
        """The name under which tests and the demo use it."""
        return f"{self.name}:dev"


IMAGES = (
    Image("casebook", ROOT, target="casebook"),
    Image("casebook-postgres", ROOT, target="postgres"),
    Image("casebook-prometheus", ROOT / "tests/cluster/images/prometheus", published=versions.PROMETHEUS),
    Image("casebook-alertmanager", ROOT / "tests/cluster/images/alertmanager", published=versions.ALERTMANAGER),
    Image("casebook-shop", ROOT / "tests/cluster/shop"),
)
NAMES = tuple(image.name for image in IMAGES)


class Builder:
    """Builds images in the engine that the cluster uses."""

    def __init__(self, cluster: Cluster, progress: Progress) -> None:
        self._cluster = cluster
        self._progress = progress

    def build(self, names: tuple[str, ...]) -> list[str]:
        """Build or fetch the named images, all where none is named, and return their tags."""
        self._cluster.ensure_engine()
        docker = self._cluster.docker
        self._cluster.debian.ensure_python()
        wanted = [image for image in IMAGES if image.name in names or not names]
        for image in wanted:
            with self._progress.step(f"image {image.tag}"):
                self._make(docker, image)
        return [image.tag for image in wanted]

    def _make(self, docker: Docker, image: Image) -> None:
        """A published image is used as it is; without a registry the same version is built from Debian's package."""
        if image.published and (docker.has(image.published) or self._pulled(docker, image.published)):
            docker.tag(image.published, image.tag)
        else:
            arguments = {"BASE": versions.PYTHON_BASE} if image.target is None else {}
            docker.build(image.context, image.tag, target=image.target, arguments=arguments)

    def _pulled(self, docker: Docker, published: str) -> bool:
        return not docker.label(versions.PYTHON_BASE, versions.STAND_IN) and docker.pull(published)
