"""Label selectors."""

import pytest

from casebook.analysis.selectors import matches

LABELS = {"app": "api", "tier": "backend"}


def rule(key: str, operator: str, *values: str) -> dict[str, object]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ({}, True),
        ({"matchLabels": {"app": "api"}}, True),
        ({"matchLabels": {"app": "web"}}, False),
        ({"matchLabels": {"app": "api", "zone": "a"}}, False),
        (rule("tier", "In", "frontend", "backend"), True),
        (rule("tier", "In", "frontend"), False),
        (rule("tier", "NotIn", "frontend"), True),
        (rule("zone", "NotIn", "a"), True),
        (rule("tier", "NotIn", "backend"), False),
        (rule("app", "Exists"), True),
        (rule("zone", "Exists"), False),
        (rule("zone", "DoesNotExist"), True),
        (rule("app", "DoesNotExist"), False),
        (rule("app", "Resembles", "api"), False),
        ({"matchLabels": {"app": "api"}} | rule("tier", "In", "frontend"), False),
    ],
)
def test_a_selector_fits_as_the_api_server_says(selector: dict[str, object], fits: bool) -> None:
    assert matches(selector, LABELS) is fits
