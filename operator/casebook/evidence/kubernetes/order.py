"""What comes first in a list, so that what is left out at its end is what tells least."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from casebook.analysis.access import count, dig, listed, text


def telling_first(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each owner's pods one that is well and one that is not, then what else is not, then the rest.

    So every workload is seen, and whatever is wrong in it. What is no pod keeps its order.
    """
    seen: Counter[tuple[tuple[str, str, str], bool]] = Counter()
    placed = []
    for item in items:
        well = _is_well(item)
        group = (_owner(item), well)
        seen[group] += 1
        placed.append((0 if seen[group] == 1 else 2 if well else 1, item))
    return [item for _, item in sorted(placed, key=lambda one: one[0])]


def _is_well(item: dict[str, Any]) -> bool:
    """Whether it is a pod that does what it should and always did."""
    if item.get("kind") != "Pod" or dig(item, "metadata", "deletionTimestamp"):
        return False
    if text(item, "status", "phase") == "Succeeded":
        return True
    states = [*listed(item, "status", "initContainerStatuses"), *listed(item, "status", "containerStatuses")]
    ready = any(
        text(one, "type") == "Ready" and text(one, "status") == "True" for one in listed(item, "status", "conditions")
    )
    return ready and not any(count(one, "restartCount") for one in states)


def _owner(item: dict[str, Any]) -> tuple[str, str, str]:
    owner = next(iter(listed(item, "metadata", "ownerReferences")), item.get("metadata"))
    return text(item, "metadata", "namespace"), text(owner, "kind"), text(owner, "name")
