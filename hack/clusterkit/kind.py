"""The kind cluster, and the wait until everything in it works: kind returns before Services do."""

import time
from pathlib import Path

from . import versions
from .docker import Docker
from .errors import ClusterError
from .progress import Progress
from .settings import Settings
from .shell import Shell

MANIFESTS = Path(__file__).parent / "manifests"
LABEL = "io.x-k8s.kind.cluster"
NETWORK = "kind"
SERVICES = "10.97.0.0/16"
"""`serviceSubnet` of manifests/kind.yaml."""
PATIENCE = 300
"""Seconds for one thing to become ready, on a small and busy machine."""


class Kind:
    """One cluster of one node."""

    def __init__(self, settings: Settings, shell: Shell, progress: Progress, docker: Docker) -> None:
        self._settings = settings
        self._shell = shell
        self._progress = progress
        self._docker = docker

    @property
    def node(self) -> str:
        """The node's container."""
        return f"{self._settings.cluster}-control-plane"

    def exists(self) -> bool:
        """Whether the node is there and was set up to the end, running or not."""
        return self.node in self._docker.containers(LABEL) and self._settings.kubeconfig.exists()

    def resume(self) -> None:
        """Start the node where it has stopped."""
        if not self._docker.running(self.node):
            with self._progress.step(f"start the node {self.node}"):
                self._docker.start(self.node)
        self._keep_service_addresses_inside()

    def create(self, image: str) -> None:
        """Create the cluster from a node image; what an interrupted run left is replaced."""
        with self._progress.step(f"create the kind cluster {self._settings.cluster} ({image.partition('@')[0]})"):
            if self.node in self._docker.containers(LABEL):
                self.delete()
            self._create(image)
        self._keep_service_addresses_inside()

    def _keep_service_addresses_inside(self) -> None:
        """Refuse what is sent to a Service address that is not programmed yet.

        It would follow the default route off the machine, where something else may answer; the API server would keep
        such a connection and never find the real backend again.
        """
        for chain in ("OUTPUT", "FORWARD"):
            rule = (chain, "-d", SERVICES, "-j", "REJECT")
            if not self._shell.answers("docker", "exec", self.node, "iptables", "--check", *rule):
                self._shell.text("docker", "exec", self.node, "iptables", "--append", *rule)

    def _create(self, image: str) -> None:
        made = self._settings.kubeconfig.with_suffix(".new")
        made.parent.mkdir(parents=True, exist_ok=True)
        self._shell.run(
            "kind", "create", "cluster", "--name", self._settings.cluster, "--image", image, "--kubeconfig", made,
            "--config", MANIFESTS / "kind.yaml", "--wait", f"{PATIENCE}s", log="kind-create",
        )  # fmt: skip
        made.rename(self._settings.kubeconfig)

    def ready(self) -> None:
        """Install metrics-server; wait for it, Service rules, DNS, storage and the default ServiceAccount."""
        with self._progress.step("wait until Services, DNS, storage and metrics work"):
            self._poll("the API server", "get", "--raw", "/readyz")
            self._install_metrics_server()
            self._rollout("kube-system", "daemonset/kube-proxy")
            self._rollout("kube-system", "deployment/coredns")
            self._rollout("local-path-storage", "deployment/local-path-provisioner")
            self._poll("the default ServiceAccount", "get", "serviceaccount", "default", "--namespace", "default")
            self._rollout("kube-system", "deployment/metrics-server")
            self._poll("the metrics of the node", "top", "nodes")

    def _install_metrics_server(self) -> None:
        text = (MANIFESTS / "metrics-server.yaml").read_text().replace("METRICS_SERVER_IMAGE", versions.METRICS_SERVER)
        manifest = self._settings.kubeconfig.with_name("metrics-server.yaml")
        manifest.write_text(text)
        self._shell.run("kubectl", "apply", "--filename", manifest, log="metrics-server")

    def _rollout(self, namespace: str, workload: str) -> None:
        self._progress.note(workload)
        self._shell.run(
            "kubectl", "--namespace", namespace, "rollout", "status", workload, f"--timeout={PATIENCE}s", log="ready"
        )

    def _poll(self, what: str, *kubectl: str) -> None:
        self._progress.note(what)
        deadline = time.monotonic() + PATIENCE
        while not self._shell.answers("kubectl", *kubectl, seconds=15):
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"{what} did not come up within {PATIENCE} s: try hack/cluster kubectl {' '.join(kubectl)}"
                )
            time.sleep(0.5)

    def load(self, images: list[str]) -> None:
        """Copy images of the engine into the node; those it has are skipped."""
        absent = [image for image in images if not self._docker.has(image)]
        if absent:
            raise ClusterError(f"the Docker engine has no image {', '.join(absent)}: build it with hack/image build")
        self._shell.run("kind", "load", "docker-image", *images, "--name", self._settings.cluster, log="kind-load")

    def delete(self) -> None:
        """Delete the node and what is known about it."""
        self._shell.run("kind", "delete", "cluster", "--name", self._settings.cluster, log="kind-delete")
        self._settings.kubeconfig.unlink(missing_ok=True)

    def others(self) -> list[str]:
        """Nodes of other kind clusters in the same engine."""
        return [node for node in self._docker.containers(LABEL) if node != self.node]
