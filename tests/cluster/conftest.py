"""A running Casebook in the test cluster, and what tests need to speak to it."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from support.tools import output

ROOT = Path(__file__).parents[2]
SYSTEM = "casebook-system"
RUNS = "casebook-runs"
MONITORING = "casebook-monitoring"
MANIFESTS = Path(__file__).parent / "monitoring"


def install(*arguments: str) -> None:
    """Install this checkout by the same script as the demo's, or change what is installed; more goes to helm."""
    done = subprocess.run([ROOT / "hack" / "install", *arguments], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def monitoring(kubeconfig: str) -> str:
    """The demo's Prometheus, which scrapes every pod that is part of the shop; the namespace it lives in."""
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": MONITORING}}
    output("kubectl", "apply", "-f", "-", stdin=json.dumps(space))
    output("kubectl", "apply", "-f", str(MANIFESTS / "prometheus.yaml"))
    output("kubectl", "-n", MONITORING, "rollout", "status", "deployment/prometheus", "--timeout=180s")
    return MONITORING


@pytest.fixture(scope="session")
def installed(monitoring: str) -> str:
    """Casebook as this checkout has it; the namespace it lives in."""
    install()
    return SYSTEM


@pytest.fixture(scope="session")
def receiver_token(installed: str) -> str:
    """The bearer token of the receiver `alertmanager`."""
    encoded = output(
        "kubectl", "-n", installed, "get", "secret", "casebook-receivers", "-o", "jsonpath={.data.alertmanager}"
    )
    return base64.b64decode(encoded).decode().splitlines()[0]
