"""Fields of pods that are not as in the template from which the pods were made: somebody changed them on creation."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from casebook.analysis.access import dig, quantity
from casebook.analysis.things import Thing
from casebook.analysis.workloads import Container, Pod, Workload
from casebook.reasoning.checks.defaults import default_limit
from casebook.reasoning.checks.helpers import Subject, declared
from casebook.reasoning.situation import Situation

LIMITS = ("resources", "limits")
_FIELDS = ((*LIMITS, "memory"), (*LIMITS, "cpu"), ("image",), ("command",), ("args",))


class Altered(NamedTuple):
    """A field of a pod's container that is not as in its template; what the template leaves open is None there."""

    subject: Subject
    owner: Thing
    path: tuple[str, ...]
    wanted: Any
    found: Any

    @property
    def field(self) -> str:
        """Its path in words."""
        return ".".join(self.path)


def altered(situation: Situation, workload: Workload, pod: Pod, container: Container) -> Iterator[Altered]:
    """The fields of one container that were changed; defaults of a LimitRange are no change."""
    owner, wanted = declared(situation, workload, pod, container)
    if not wanted or owner.ref.kind == "Pod":
        return
    for path in _FIELDS:
        before, now = dig(wanted, *path), dig(container.spec, *path)
        if before is None and (path[:2] != LIMITS or now is None or _by_default(situation, pod, path[-1], now)):
            continue
        if not _same(path, before, now):
            yield Altered(Subject(workload, container), owner, path, before, now)


def _by_default(situation: Situation, pod: Pod, resource: str, value: Any) -> bool:
    """Whether a LimitRange gives this limit; where LimitRanges were not read, it may."""
    place = pod.thing.ref.namespace
    given = default_limit(situation, place, resource, value)
    return given is not None or not situation.world.complete("limitranges", place)


def _same(path: tuple[str, ...], one: Any, other: Any) -> bool:
    if path[0] == "resources":
        return quantity(one) == quantity(other)
    return bool(one == other)
