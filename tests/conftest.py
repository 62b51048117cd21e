"""Marks every test by the folder that it lives in, and gives the fixtures that several folders share."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.kube import kube_client, kubeconfig, namespace, reader, writer  # noqa: F401

ROOT = Path(__file__).parent
KINDS = ("unit", "integration", "cluster", "chart")

# How long an example takes says more of the machine than of the code; speeds are measured in bench/.
settings.register_profile("casebook", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("casebook")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kind = item.path.relative_to(ROOT).parts[0]
        if kind in KINDS:
            item.add_marker(kind)
