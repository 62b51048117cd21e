"""What people type as the source of a quarantine."""

import click
import pytest

from casebook.cli.quarantine import parse
from casebook.knowledge.quarantine import source_words


@pytest.mark.parametrize(
    ("origin", "member", "value"),
    [
        ("memory/m", "memory", "m"),
        ("memory/pay/m", "memory", "pay/m"),
        ("skill/s", "skill", "s"),
        ("user/system:serviceaccount:shop:ci", "person", "system:serviceaccount:shop:ci"),
        ("user/CN=mallory/emailAddress=m@example.com", "person", "CN=mallory/emailAddress=m@example.com"),
        ("signature/Down; Deployment/web", "signature", "Down; Deployment/web"),
        ("inv/why", "investigation", "why"),
        ("inv/why/f1", "investigation", "why"),
    ],
)
def test_each_form_is_read_and_said_again(origin: str, member: str, value: str) -> None:
    found = parse(origin)
    assert getattr(found, member) == value
    assert source_words(found) == origin


@pytest.mark.parametrize("origin", ["", "mallory", "user/", "person/mallory", "/m", "inv/a/b/c", "memory/a/b/c"])
def test_anything_else_is_refused_with_the_forms_that_would_do(origin: str) -> None:
    with pytest.raises(
        click.UsageError, match=r"write memory/NAME, skill/NAME, inv/NAME, inv/NAME/FEEDBACK, user/NAME"
    ):
        parse(origin)
