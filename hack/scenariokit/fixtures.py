"""What several scenarios share: an image registry that the node reaches as localhost:5000."""

from pathlib import Path

from scenariokit.kubectl import Kube

NAMESPACE = "casebook-fixtures"
REGISTRY = Path(__file__).resolve().parents[2] / "tests" / "cluster" / "shop" / "fixtures" / "registry.yaml"


async def ensure(kube: Kube) -> bool:
    """Have the registry run, if the cluster can; whether it was started now."""
    if (await kube.run("get", "namespace", NAMESPACE)).code == 0:
        return False
    await kube.must("apply", "-f", str(REGISTRY))
    await kube.run("-n", NAMESPACE, "rollout", "status", "daemonset/registry", "--timeout=60s", seconds=70)
    return True


async def remove(kube: Kube) -> None:
    """Take it away."""
    await kube.must("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
