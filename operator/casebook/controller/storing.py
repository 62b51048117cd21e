"""The store as the controller meets it: work that it is away for is tried again, as where the API server is away."""

from collections.abc import Iterator
from contextlib import contextmanager

from casebook.cluster.errors import Unavailable
from casebook.store.errors import StoreUnavailable


@contextmanager
def storing() -> Iterator[None]:
    """What is asked of the store within raises `Unavailable` where the store cannot be used."""
    try:
        yield
    except StoreUnavailable as error:
        raise Unavailable(f"the store cannot be used now: {error}") from error
