"""What the environment asks for, and where things are kept."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """One run's wishes and places; nothing is kept inside the checkout.

    `root` is the cache of this tool, `context` the kubeconfig context that a person named, `cluster` the name of the
    kind cluster, `yes` whether questions count as answered.
    """

    root: Path
    cluster: str
    context: str | None
    yes: bool

    @classmethod
    def of(cls, env: Mapping[str, str]) -> "Settings":
        """Read `CASEBOOK_CLUSTER_NAME`, `CASEBOOK_CONTEXT`, `YES` and `XDG_CACHE_HOME`."""
        cache = Path(env.get("XDG_CACHE_HOME") or Path(env.get("HOME", "/")) / ".cache")
        return cls(
            root=cache / "casebook",
            cluster=env.get("CASEBOOK_CLUSTER_NAME") or "casebook",
            context=env.get("CASEBOOK_CONTEXT") or None,
            yes=env.get("YES", "") not in {"", "0"},
        )

    @property
    def bin(self) -> Path:
        """Commands built from Go modules."""
        return self.root / "bin"

    @property
    def logs(self) -> Path:
        """One log per step, the last run's only."""
        return self.root / "logs"

    @property
    def build(self) -> Path:
        """Build contexts; everything in it can be made again."""
        return self.root / "build"

    @property
    def engine(self) -> Path:
        """The Docker engine of our own."""
        return self.root / "engine"

    @property
    def kubeconfig(self) -> Path:
        """The cluster's kubeconfig; ~/.kube/config is never touched."""
        return self.root / "clusters" / self.cluster / "kubeconfig"

    def environment(self, env: Mapping[str, str], *, own_engine: bool) -> dict[str, str]:
        """The environment for every command that is run: our commands first, our engine where we started one."""
        made = dict(env) | {
            "PATH": f"{self.bin}{os.pathsep}{env.get('PATH', os.defpath)}",
            "KUBECONFIG": str(self.kubeconfig),
            "KIND_EXPERIMENTAL_PROVIDER": "docker",
        }
        if own_engine:
            made |= {"DOCKER_HOST": f"unix://{self.engine / 'docker.sock'}", "DOCKER_BUILDKIT": "0"}
        return made
