"""What the adapter imports decides how soon the first answer comes."""

import subprocess
import sys

import pytest

from casebook.cluster.lean import skip_eager_imports


def test_the_adapter_does_not_import_the_synchronous_client() -> None:
    code = (
        "import sys, casebook.cluster.client; print([m for m in ('kubernetes.client', 'requests') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_package_that_is_not_there_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        skip_eager_imports("no_such_package")


def test_a_package_that_is_imported_is_left_alone() -> None:
    before = sys.modules["email"] if "email" in sys.modules else __import__("email")
    skip_eager_imports("email")
    assert sys.modules["email"] is before
