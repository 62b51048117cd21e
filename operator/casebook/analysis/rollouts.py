"""Rollouts as changes: what each revision changed in the pod template."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from casebook.analysis.access import moment, text
from casebook.analysis.change import Change
from casebook.analysis.changes import RESTARTED, Difference, Rollout, differences, edits, rollout, telling
from casebook.analysis.fields import Field
from casebook.analysis.things import Thing, shown
from casebook.analysis.workloads import Container, Workload
from casebook.analysis.world import World

WRITTEN_WITHIN = timedelta(seconds=4)
"""How long before its first revision is made a template may have been written."""
_VARIABLE = re.compile(r".*\benv\[[^\]]+\]")


def rollouts(world: World) -> Iterator[Change]:
    """Every change of revision of every workload whose time is known."""
    for workload in world.workloads.values():
        newest = rollout(workload)
        if newest is not None:
            yield _rolled(workload, newest)
        for new, old in pairwise(workload.revisions[1:]):
            if new.thing.created and (old.thing.created is None or old.thing.created < new.thing.created):
                changed = tuple(differences(old.template, new.template))
                yield _rolled(workload, Rollout(workload, new, old, new.thing.created, changed))


def repushed(world: World) -> Iterator[Change]:
    """Images that became others under the same name: tags pushed again, seen where a container starts anew."""
    for workload in world.workloads.values():
        seen: dict[tuple[str, str], str] = {}
        for at, pod, container in sorted(_started(workload), key=lambda item: (item[0], item[1].ref)):
            image, digest = text(container.spec, "image"), _digest(container)
            before = seen.setdefault((container.name, image), digest)
            if digest != before:
                seen[(container.name, image)] = digest
                field = Field(f"image {image} of {container.name}", before, digest, is_old_known=True)
                yield Change(at, workload.ref, "the same name for another image", fields=(field,), shows=pod)


def _started(workload: Workload) -> Iterator[tuple[datetime, Thing, Container]]:
    for pod in workload.pods:
        for container in pod.containers:
            at = container.running_since or moment(container.ended, "startedAt")
            if at and _digest(container):
                yield at, pod.thing, container


def _digest(container: Container) -> str:
    """The digest of the image that runs, where the runtime names it by one, cut to 19 characters."""
    return text(container.status, "imageID").partition("@")[2][:19]


def _rolled(workload: Workload, found: Rollout) -> Change:
    revisions = f"revision {found.new.number}"
    told = telling(list(found.found))
    if not told:
        by_hand = any(RESTARTED in item.path for item in found.found)
        revisions += ", a restart by hand" if by_hand else ", nothing that the program sees"
    fields = tuple(_fields(workload, told))
    return Change(found.at, workload.ref, revisions, _rolled_by(workload, found.at), fields, found.new.thing)


def _fields(workload: Workload, found: list[Difference]) -> Iterator[Field]:
    """One field a difference, of an environment variable that came or went one for all of it."""
    parts: dict[str, list[Difference]] = {}
    for item in found:
        whole = _VARIABLE.match(item.path)
        parts.setdefault(whole[0] if whole else item.path, []).append(item)
    for path, items in parts.items():
        old = _whole(path, [(item.path, item.old) for item in items])
        new = _whole(path, [(item.path, item.new) for item in items])
        yield Field(_brief(workload, path), old, new, is_old_known=True)


def _whole(path: str, leaves: list[tuple[str, Any]]) -> Any:
    """One value of the leaves below a path: the only one as it is, several as text, without the steps between."""
    given = [(leaf[len(path) :], value) for leaf, value in leaves if value is not None]
    if len(given) == 1 and given[0][0] in ("", ".value"):
        return given[0][1]
    return ", ".join(f"{leaf.rpartition('.')[2]}: {shown(value)}" for leaf, value in given) or None


def _brief(workload: Workload, path: str) -> str:
    """The path below the pod's spec, without the container where there is only one."""
    path = path.removeprefix("spec.")
    return path.partition("].")[2] if path.startswith("containers[") and len(workload.specs()) == 1 else path


def _rolled_by(workload: Workload, at: datetime) -> str:
    near = [edit for edit in edits(workload.thing) if abs(edit.at - at) <= WRITTEN_WITHIN]
    return near[0].manager if near else ""
