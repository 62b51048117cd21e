"""Everything that changed in the span of time asked about, on one line of time."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from casebook.analysis.access import listed, moment, text
from casebook.analysis.change import MOST_FIELDS, Change
from casebook.analysis.changes import Edit, edits
from casebook.analysis.deletions import deletions
from casebook.analysis.fields import Field, written
from casebook.analysis.rollouts import repushed, rollouts
from casebook.analysis.scaling import scaling
from casebook.analysis.things import Thing, clip
from casebook.analysis.workloads import CONTROLLERS, cite_condition
from casebook.analysis.world import World

EDITED = (
    "ConfigMap", "Service", "Ingress", "HorizontalPodAutoscaler", "ResourceQuota", "LimitRange", "NetworkPolicy",
    "PodDisruptionBudget", "PersistentVolumeClaim", "CronJob", "Role", "RoleBinding", "Deployment", "StatefulSet",
    "DaemonSet",
)  # fmt: skip
RULES = frozenset(["ResourceQuota", "LimitRange", "NetworkPolicy", "PodDisruptionBudget"])
"""Kinds whose creation alone changes what others may do."""
AT_ONCE = timedelta(seconds=2)
TOGETHER = timedelta(seconds=30)
MOST_JOBS = 20
_TOLD_ELSEWHERE = ("metadata.", "spec.template.", "spec.jobTemplate.metadata.")
_RESCALED = "SuccessfulRescale"
_NODE_CONDITIONS = {"Ready": "True", "DiskPressure": "False", "MemoryPressure": "False", "PIDPressure": "False"}


def timeline(world: World) -> list[Change]:
    """Every change from the begin of the span that was asked about until now, oldest first."""
    found = [
        *rollouts(world),
        *repushed(world),
        *_edits(world),
        *_scaled(world),
        *_rescaled(world),
        *_made(world),
        *_deleted(world),
        *_nodes(world),
        *_jobs(world),
    ]
    return _inside(world, found, world.begin)


def written_since(world: World, begin: datetime) -> list[Change]:
    """Every rollout and edit that is recorded since then, whatever was asked about, oldest first."""
    return _inside(world, [*rollouts(world), *_edits(world)], begin)


def _inside(world: World, found: Iterable[Change], begin: datetime) -> list[Change]:
    inside = (change for change in found if begin <= change.at <= world.now)
    return sorted(inside, key=lambda change: (change.at, change.object, change.told()))


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


def _deleted(world: World) -> Iterator[Change]:
    for gone in deletions(world):
        if gone.at is not None:
            yield Change(gone.at, gone.workload, "deleted", events=tuple(event.cite() for event in gone.stops[:1]))


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
