"""The chart as Helm renders it, for several sets of values."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.tools import CHART, output

HERE = Path(__file__).parent
SETS = sorted(path.stem for path in (HERE / "values").glob("*.yaml"))
MUTATING = "admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy"

Manifest = dict[str, Any]


@cache
def text_of(name: str) -> str:
    """What `helm template` prints for a set of values, on a cluster that serves MutatingAdmissionPolicy."""
    values = str(HERE / "values" / f"{name}.yaml")
    return output("helm", "template", "casebook", str(CHART), "-n", "casebook-system", "-f", values, "-a", MUTATING)


@pytest.fixture
def rendered() -> Callable[[str], list[Manifest]]:
    """The manifests of a set of values."""
    return lambda name: [document for document in yaml.safe_load_all(text_of(name)) if document]


@pytest.fixture(params=SETS)
def manifests(request: pytest.FixtureRequest, rendered: Callable[[str], list[Manifest]]) -> list[Manifest]:
    """The manifests of each set in turn."""
    return rendered(request.param)
