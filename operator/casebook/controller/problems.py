"""Investigations that cannot be done as asked: which field is wrong, and what would be right. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from casebook.api.base import timestamp
from casebook.api.names import PLATFORM_TENANT
from casebook.cluster.resources import UnknownResource, by_word
from casebook.controller.tenancy import Tenants
from casebook.controller.views import Case, Target

NAMES_SHOWN = 10
SKEW = timedelta(minutes=10)
"""Clocks of people and clusters may differ by so much; a time that far ahead is not called the future."""


@dataclass(frozen=True)
class Problem:
    """A reason for machines and a message for the person who asked."""

    reason: str
    message: str


def find_problem(case: Case, tenants: Tenants, now: datetime) -> Problem | None:
    """The first thing that is wrong with what is asked."""
    if case.unreadable:
        return Problem("SpecInvalid", f"{case.unreadable}. Create another Investigation with that mended.")
    return _place(case, tenants) or _window(case, now) or _target(case, tenants)


def _place(case: Case, tenants: Tenants) -> Problem | None:
    if case.namespace in tenants.of:
        return None
    return Problem(
        "NamespaceExcluded",
        f"metadata.namespace: {case.namespace} is excluded from investigation by this installation "
        "(excludedNamespaces); create the Investigation in another namespace.",
    )


def _window(case: Case, now: datetime) -> Problem | None:
    if case.window is None:
        return None
    start, end = case.window
    if start > end:
        return Problem("WindowContradictory", "spec.window: end is before start; give start <= end.")
    if start > now + SKEW:
        return Problem(
            "WindowContradictory",
            f"spec.window.start: {timestamp(start)} is in the future (now is {timestamp(now)}); "
            "give a time that has passed, or leave the window out to look back from now.",
        )
    return None


def _target(case: Case, tenants: Tenants) -> Problem | None:
    target = case.target
    if target is None:
        return None
    return _kind(target) or _reach(case, target, tenants)


def _kind(target: Target) -> Problem | None:
    if target.kind == "Secret":
        return Problem(
            "TargetForbidden",
            "spec.target.kind: Secrets are never read; give the workload that uses the Secret instead.",
        )
    if target.api_version:
        return None
    try:
        by_word(target.kind)
    except UnknownResource as error:
        return Problem("TargetUnknown", f"spec.target.kind: {error}; or give spec.target.apiVersion as well.")
    return None


def _reach(case: Case, target: Target, tenants: Tenants) -> Problem | None:
    tenant = tenants.of[case.namespace]
    field = "name" if target.kind == "Namespace" else "namespace"
    wanted = target.namespace
    mine = tenants.spaces[tenant]
    if wanted in mine or (tenant == PLATFORM_TENANT and tenants.known(wanted)):
        return None
    if tenant == PLATFORM_TENANT:
        return Problem("TargetNotFound", f"spec.target.{field}: there is no namespace {wanted}; check the spelling.")
    names = sorted(mine)
    shown = ", ".join(names[:NAMES_SHOWN]) + (", ..." if len(names) > NAMES_SHOWN else "")
    # The same words whether that namespace exists or not: a tenant may not learn of other tenants' names.
    return Problem(
        "TargetForbidden",
        f"spec.target.{field}: {wanted} is not a namespace of this Investigation's tenant; give one of {shown}, "
        "or create the Investigation in the namespace of the target.",
    )
