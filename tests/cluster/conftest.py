"""A running Casebook in the test cluster, and what tests need to speak to it."""

import base64
import subprocess
from pathlib import Path

import pytest

from support.tools import output

ROOT = Path(__file__).parents[2]
SYSTEM = "casebook-system"
RUNS = "casebook-runs"


@pytest.fixture(scope="session")
def installed(kubeconfig: str) -> str:
    """Casebook as this checkout has it, installed by the same script as the demo's; the namespace it lives in."""
    done = subprocess.run([ROOT / "hack" / "install"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return SYSTEM


@pytest.fixture(scope="session")
def receiver_token(installed: str) -> str:
    """The bearer token of the receiver `alertmanager`."""
    encoded = output(
        "kubectl", "-n", installed, "get", "secret", "casebook-receivers", "-o", "jsonpath={.data.alertmanager}"
    )
    return base64.b64decode(encoded).decode().splitlines()[0]
