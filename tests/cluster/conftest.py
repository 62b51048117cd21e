"""A running Casebook in the test cluster, and what tests need to speak to it."""

import base64
import os
import re
import subprocess
from collections.abc import Iterator
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


@pytest.fixture
def gateway_url(installed: str) -> Iterator[str]:
    """The gateway's address on loopback, as long as the test runs."""
    command = [
        "kubectl",
        "-n",
        installed,
        "port-forward",
        "service/casebook-gateway",
        ":8080",
        "--address",
        "127.0.0.1",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ
    ) as forward:
        assert forward.stdout is not None
        line = forward.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        assert found, f"kubectl port-forward said: {line}"
        yield f"http://127.0.0.1:{found[1]}"
        forward.terminate()
