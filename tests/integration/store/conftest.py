"""What the tests of the store share."""

from uuid import uuid4

import pytest


@pytest.fixture
def tenant() -> str:
    """One of its own for every test, since all of them share a Postgres."""
    return f"ns:{uuid4().hex}"
