"""Label selectors, as the API server evaluates them."""

from collections.abc import Mapping
from typing import Any

from casebook.analysis.access import listed, strings, text, words


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether labels fit a `metav1.LabelSelector`; an empty one fits everything."""
    held = strings(selector, "matchLabels").items() <= labels.items()
    return held and all(_holds(rule, labels) for rule in listed(selector, "matchExpressions"))


def _holds(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, among = labels.get(text(rule, "key")), words(rule, "values")
    match text(rule, "operator"):
        case "In":
            return value in among
        case "NotIn":
            return value not in among
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case _:
            return False
