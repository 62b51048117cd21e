"""Limits that a template leaves open and a LimitRange gives: which one, and since when."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from casebook.analysis.access import dig, listed, quantity, text
from casebook.analysis.changes import edited
from casebook.analysis.things import Cite, Thing
from casebook.api.base import timestamp
from casebook.reasoning.checks.helpers import Subject, declared
from casebook.reasoning.situation import Situation

AT_ONCE = timedelta(seconds=2)


class Default(NamedTuple):
    """A limit that a LimitRange gives to containers which set none: the field that says so.

    `at` is when it was written, if that was within the time asked about and the pod got it by that.
    """

    by: Thing
    path: tuple[str | int, ...]
    at: datetime | None = None

    @property
    def is_new(self) -> bool:
        """Whether the LimitRange itself was made by that write."""
        made = self.by.created
        return self.at is not None and made is not None and self.at - made < AT_ONCE

    def cite(self) -> Cite:
        """A citation of the field."""
        return self.by.cite(*self.path)

    def said(self) -> str:
        """`created at ...`, or empty where it was not written of late."""
        return f"{'created' if self.is_new else 'written'} at {timestamp(self.at)}" if self.at else ""


def default_limit(situation: Situation, namespace: str, resource: str, value: Any) -> Default | None:
    """The LimitRange of a namespace that gives containers this limit; one without a default gives its maximum."""
    wanted = quantity(value)
    for thing in situation.world.all("LimitRange", namespace) if wanted is not None else ():
        for index, item in enumerate(listed(thing.raw, "spec", "limits")):
            for part in ("default", "max"):
                if text(item, "type") == "Container" and quantity(item, part, resource) == wanted:
                    return Default(thing, ("spec", "limits", index, part, resource))
    return None


def defaulted(situation: Situation, subject: Subject, resource: str) -> Default | None:
    """What gives a container its limit where the template sets none."""
    workload, container = subject
    owner, wanted = declared(situation, workload, situation.world.pods[container.pod.ref], container)
    path = ("resources", "limits", resource)
    if not wanted or owner.ref.kind == "Pod" or dig(wanted, *path) is not None:
        return None
    found = default_limit(situation, container.pod.ref.namespace, resource, dig(container.spec, *path))
    return found._replace(at=_written(situation, found, container.pod)) if found else None


def _written(situation: Situation, found: Default, pod: Thing) -> datetime | None:
    """When it was written; a pod that was there before did not get its limit by that."""
    edit = edited(found.by, "spec", "limits")
    at = edit.at if edit else found.by.created
    return at if at and pod.created and situation.world.begin <= at <= pod.created else None
