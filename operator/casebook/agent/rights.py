"""The check that a run begins with: this process may read evidence, and can neither write nor see a Secret."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

READING = frozenset({"get", "list", "watch"})
MAX_NAMESPACES = 50
"""Namespaces that are checked; the reader's rights are one ClusterRole, bound alike in each of them."""

_REVIEWS = frozenset({"selfsubjectreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"})
_REACHES_IN = frozenset({"exec", "attach", "portforward", "proxy", "ephemeralcontainers", "token", "*"})
"""Subresources through which even `get` does more than read."""


class TooMuchRight(Exception):
    """The process may do more than an agent must; the message says what."""


class Reviewer(Protocol):
    """The part of `cluster.Writer` that posts reviews."""

    async def review(self, resource: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """The review with its status."""
        ...


async def check_rights(reviewer: Reviewer, namespaces: Sequence[str]) -> None:
    """Raises `TooMuchRight` if any rule in these namespaces allows a write or a Secret, and `ClusterError`."""
    checked = list(namespaces)[:MAX_NAMESPACES]
    reviews = await asyncio.gather(*(_rules(reviewer, namespace) for namespace in checked))
    for namespace, rules in zip(checked, reviews, strict=True):
        excess = next(iter(excesses(rules)), "")
        if excess:
            raise TooMuchRight(
                f"this agent could {excess} in namespace {namespace}; an agent only reads and never sees Secrets. "
                "Take that right from its ServiceAccount."
            )


def excesses(rules: Iterable[Mapping[str, Any]]) -> list[str]:
    """What these rules allow beyond reading evidence, each as `verb resource`."""
    found: list[str] = []
    for rule in rules:
        verbs = sorted(rule.get("verbs") or ())
        core = bool({"", "*"} & set(rule.get("apiGroups") or ()))
        for resource in rule.get("resources") or ():
            if verbs and resource not in _REVIEWS:
                found += [f"{verb} {resource}" for verb in verbs if _too_much(verb, resource, core=core)]
    return found


def _too_much(verb: str, resource: str, *, core: bool) -> bool:
    kind, _, subresource = resource.partition("/")
    return verb not in READING or (core and kind in ("secrets", "*")) or subresource in _REACHES_IN


async def _rules(reviewer: Reviewer, namespace: str) -> list[dict[str, Any]]:
    answer = await reviewer.review("selfsubjectrulesreviews.authorization.k8s.io", {"spec": {"namespace": namespace}})
    status = answer.get("status") or {}
    return list(status.get("resourceRules") or ())
