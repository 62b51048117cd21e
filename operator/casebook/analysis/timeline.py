"""Everything that changed in the span of time asked about, on one line of time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from casebook.analysis.access import listed, moment, text
from casebook.analysis.changes import RESTARTED, Difference, Edit, Rollout, differences, edits, rollout, telling
from casebook.analysis.fields import Field, written
from casebook.analysis.scaling import scaling
from casebook.analysis.things import Cite, Ref, Thing, clip, shown
from casebook.analysis.workloads import CONTROLLERS, Workload, cite_condition
from casebook.analysis.world import World
from casebook.api.base import timestamp

EDITED = (
    "ConfigMap", "Service", "Ingress", "HorizontalPodAutoscaler", "ResourceQuota", "LimitRange", "NetworkPolicy",
    "PodDisruptionBudget", "PersistentVolumeClaim", "CronJob", "Role", "RoleBinding", "Deployment", "StatefulSet",
    "DaemonSet",
)  # fmt: skip
RULES = frozenset(["ResourceQuota", "LimitRange", "NetworkPolicy", "PodDisruptionBudget"])
"""Kinds whose creation alone changes what others may do."""
AT_ONCE = timedelta(seconds=2)
TOGETHER = timedelta(seconds=30)
MOST_FIELDS, MOST_JOBS = 3, 20
_SETTING = re.compile(r"\benv\[([^\]]+)\]|^(?:data|binaryData)\.(.+)|\b(?:args|command)\b")
_VARIABLE = re.compile(r".*\benv\[[^\]]+\]")
_TOLD_ELSEWHERE = ("metadata.", "spec.template.", "spec.jobTemplate.metadata.")
_RESCALED = "SuccessfulRescale"
_NODE_CONDITIONS = {"Ready": "True", "DiskPressure": "False", "MemoryPressure": "False", "PIDPressure": "False"}


@dataclass(frozen=True)
class Change:
    """One change: when, of what, in words or by fields, and by which field manager where that is recorded.

    `shows` is the object whose record tells of it, `events` what else does.
    """

    at: datetime
    object: Ref
    what: str = ""
    by: str = ""
    fields: tuple[Field, ...] = ()
    shows: Thing | None = None
    events: tuple[Cite, ...] = ()

    def told(self, about: str = "") -> list[str]:
        """What changed, a piece a field. Values of settings are only told where `about` speaks of the setting."""
        said = [field.said(values=is_open(field, about)) for field in self.fields[:MOST_FIELDS]]
        left = len(self.fields) - MOST_FIELDS
        more = [f"{left} more field{'s' if left > 1 else ''}"] if left > 0 else []
        return [*([self.what] if self.what else []), *said, *more]

    def cites(self, about: str = "") -> tuple[Cite, ...]:
        """Citations of it."""
        by = f", by {self.by}" if self.by else ""
        record = (self.shows.say(f"{'; '.join(self.told(about))} at {timestamp(self.at)}{by}"),) if self.shows else ()
        return (*record, *self.events)


def is_open(field: Field, about: str) -> bool:
    """Whether the value of a field may be told: it is no setting of a program, or the text speaks of that setting."""
    found = _SETTING.search(field.path)
    names = [found[1], *(found[2] or "").split(":")] if found else []
    return found is None or any(name in about for name in names if name)


def timeline(world: World) -> list[Change]:
    """Every change from the begin of the span that was asked about until now, oldest first."""
    found = [*_rollouts(world), *_edits(world), *_scaled(world), *_rescaled(world), *_made(world), *_nodes(world)]
    found += _jobs(world)
    inside = (change for change in found if world.begin <= change.at <= world.now)
    return sorted(inside, key=lambda change: (change.at, change.object, change.told()))


def _rollouts(world: World) -> Iterator[Change]:
    for workload in world.workloads.values():
        newest = rollout(workload)
        if newest is not None:
            yield _rolled(workload, newest)
        for new, old in zip(workload.revisions[1:], workload.revisions[2:], strict=False):
            if new.thing.created and (old.thing.created is None or old.thing.created < new.thing.created):
                changed = tuple(differences(old.template, new.template))
                yield _rolled(workload, Rollout(workload, new, old, new.thing.created, changed))


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
        old, new = (_whole(path, [(item.path, value) for item, value in pairs]) for pairs in _sides(items))
        yield Field(_brief(workload, path), old, new, is_old_known=True)


def _sides(items: list[Difference]) -> tuple[list[tuple[Difference, Any]], list[tuple[Difference, Any]]]:
    return [(item, item.old) for item in items], [(item, item.new) for item in items]


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
    near = [edit for edit in edits(workload.thing) if abs(edit.at - at) <= 2 * AT_ONCE]
    return near[0].manager if near else ""


def _edits(world: World) -> Iterator[Change]:
    for kind in EDITED:
        for thing in world.all(kind):
            for edit in edits(thing):
                if thing.created is None or edit.at - thing.created > AT_ONCE:
                    yield from _edit(thing, edit)


def _edit(thing: Thing, edit: Edit) -> Iterator[Change]:
    """One write. Of templates the rollouts tell more; what only labels and annotates an object is not told."""
    fields = [item for item in written(thing, edit) if not f"{item.path}.".startswith(_TOLD_ELSEWHERE)]
    if not fields:
        return
    known = any(field.is_old_known for field in fields) or len(fields) <= MOST_FIELDS
    what = "" if known else f"{len(fields)} fields written again; which of them changed is not recorded"
    yield Change(edit.at, thing.ref, what, edit.manager, tuple(fields) if known else (), thing)


def _scaled(world: World) -> Iterator[Change]:
    """Scaling to nothing that no manager is recorded for, from the controller's events."""
    for workload in world.workloads.values():
        found = scaling(world, workload) if workload.desired == 0 else None
        if found is not None and found.at is not None and not found.by:
            field = Field("spec.replicas", found.before, 0, is_old_known=found.before is not None)
            yield Change(found.at, workload.ref, fields=(field,), events=found.cites)


def _rescaled(world: World) -> Iterator[Change]:
    for scaler in world.all("HorizontalPodAutoscaler"):
        for event in world.about(scaler.ref):
            if event.reason == _RESCALED and event.last:
                yield Change(event.last, scaler.ref, clip(event.message, 200), events=(event.cite(),))


def _made(world: World) -> Iterator[Change]:
    """Objects that are new; those made within half a minute of each other are one change, but for rules."""
    new = [(thing.created, thing) for kind in EDITED for thing in world.all(kind) if thing.created]
    batch: list[tuple[datetime, Thing]] = []
    for at, thing in sorted(new, key=lambda item: (item[0], item[1].ref)):
        if at < world.begin:
            continue
        if thing.ref.kind in RULES:
            yield Change(at, thing.ref, "created", shows=thing)
            continue
        if batch and at - batch[0][0] > TOGETHER:
            yield _batch(batch)
            batch = []
        batch.append((at, thing))
    if batch:
        yield _batch(batch)


def _batch(new: list[tuple[datetime, Thing]]) -> Change:
    """Objects made together, told by a workload among them where there is one."""
    _, first = min(new, key=lambda item: (item[1].ref.kind not in CONTROLLERS, item[1].ref))
    others = f", with {len(new) - 1} more objects" if len(new) > 1 else ""
    return Change(new[0][0], first.ref, f"created{others}", shows=first)


def _nodes(world: World) -> Iterator[Change]:
    for node in world.all("Node"):
        for item in listed(node.raw, "status", "conditions"):
            kind, at = text(item, "type"), moment(item, "lastTransitionTime")
            if at and text(item, "status") != _NODE_CONDITIONS.get(kind, text(item, "status")):
                said = f"condition {kind} is {text(item, 'status')} ({text(item, 'reason')})"
                yield Change(at, node.ref, said, events=(cite_condition(node, kind),))
        for taint in listed(node.raw, "spec", "taints"):
            added = moment(taint, "timeAdded")
            if added:
                said = f"taint {text(taint, 'key')}:{text(taint, 'effect')} added"
                yield Change(added, node.ref, said, shows=node)


def _jobs(world: World) -> list[Change]:
    """Jobs that started, the newest ones."""
    found = []
    for job in world.all("Job"):
        at = moment(job.raw, "status", "startTime")
        if at:
            ended = moment(job.raw, "status", "completionTime")
            said = f"started{f', done after {(ended - at).total_seconds():.0f} s' if ended else ''}"
            found.append(Change(at, job.ref, said, shows=job))
    return sorted(found, key=lambda change: (change.at, change.object))[-MOST_JOBS:]
