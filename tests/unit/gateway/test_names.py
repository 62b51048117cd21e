"""The identity of an alert group: unambiguous, stable, and a name that Kubernetes takes."""

import re

from hypothesis import given
from hypothesis import strategies as st

from casebook.api.names import episode_name, group_hash
from casebook.gateway.manifest import overflow_hash

from .conftest import Clock

PARTS = st.text(alphabet="ab:|/{}0123456789", max_size=6)
DNS = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


@given(st.tuples(PARTS, PARTS, PARTS), st.tuples(PARTS, PARTS, PARTS))
def test_different_groups_have_different_names(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (group_hash(*one) == group_hash(*other)) == (one == other)


@given(st.text(), st.text(), st.text(), st.integers(1, 999_999))
def test_every_name_is_a_name(receiver: str, key: str, namespace: str, episode: int) -> None:
    name = episode_name(group_hash(receiver, key, namespace), episode)
    assert len(name) <= 63
    assert DNS.fullmatch(name)


def test_names_stay_what_they_are() -> None:
    """A change of this value opens every open alert group a second time after an upgrade."""
    assert group_hash("prom", '{}:{alertname="Broken"}', "shop") == "474a3aa8c47ab420434d"


def test_overflow_has_one_name_per_tenant_and_hour() -> None:
    clock = Clock()
    first = overflow_hash("label:acme", clock())
    clock.advance(minutes=59)
    assert overflow_hash("label:acme", clock()) == first != overflow_hash("ns:acme", clock())
    clock.advance(minutes=1)
    assert overflow_hash("label:acme", clock()) != first
