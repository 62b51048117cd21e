"""What does not come to its end, or does not begin: Jobs that never complete, overdue CronJobs, deletions that wait."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from casebook.analysis.access import count, dig, moment, number, text, words
from casebook.analysis.changes import Edit, edited, edits
from casebook.analysis.events import Event
from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.things import Cite, Thing
from casebook.analysis.workloads import Container, Pod, Workload
from casebook.analysis.world import World
from casebook.api.base import timestamp

PATIENCE = timedelta(seconds=30)
TOUCH = timedelta(seconds=2)
ENDING = timedelta(seconds=45)
QUEUED = "kueue.x-k8s.io/queue-name"
"""A Job with this label is suspended until its queue has room for it, as it should be."""
SKIPPED = ("JobAlreadyActive", "UnknownTimeZone", "InvalidSchedule", "UnparseableSchedule", "TooManyMissedTimes")


def unending(world: World) -> Iterator[Symptom]:
    """Symptoms of all of these."""
    for workload in world.workloads.values():
        for pod in workload.pods:
            for done, left in held_open(world, pod)[:1]:
                said = f"container {left.name} of pod {pod.thing.ref.name} runs on after {done.name} is done"
                cites = (done.cite_ended(), left.cite_state())
                yield Symptom(workload.ref, Sign.NEVER_ENDS, said, done.ended_at, cites)
        for pod in slow_to_end(world, workload)[:1]:
            said = f"pod {pod.thing.ref.name} is told to end and does not, and no other takes its place"
            yield Symptom(workload.ref, Sign.ENDING, said, told_to_end(pod), (cite_end(pod),))
        waits = paused(workload) or by_hand(world, workload)
        if waits:
            edit, held = edited(workload.thing, "spec", "template"), workload.thing.cite(*waits)
            yield Symptom(workload.ref, Sign.ROLLOUT, "its rollout waits", edit.at if edit else None, (held,))
        written = unreconciled(world, workload)
        if written:
            seen = workload.thing.cite("status", "observedGeneration")
            yield Symptom(workload.ref, Sign.ROLLOUT, "what was written to it is not acted upon", written, (seen,))
    for cron in world.all("CronJob"):
        for why in overdue(world, cron):
            yield Symptom(cron.ref, Sign.OVERDUE, why.said, why.since, (why.cite,))
    for thing in world.things.values():
        if stuck(world, thing):
            since = moment(thing.raw, "metadata", "deletionTimestamp")
            waits = thing.cite("metadata", "finalizers")
            yield Symptom(world.top(thing.ref), Sign.DELETION, "is being deleted and does not go", since, (waits,))


def held_open(world: World, pod: Pod) -> list[tuple[Container, Container]]:
    """Pairs of a container of a Job's pod that is done and one that runs on beside it."""
    owner = pod.thing.owner()
    if owner is None or owner.kind != "Job" or pod.gone:
        return []
    mine = [one for one in pod.containers if not one.init]
    done = [one for one in mine if one.exit_code == 0 and not one.is_running and _before(world, one.ended_at, PATIENCE)]
    return [(one, left) for one in done for left in mine if left.is_running]


def slow_to_end(world: World, workload: Workload) -> list[Pod]:
    """Pods that were told to end some time ago and still run, where their workload waits for the place."""
    if len(workload.live) >= workload.desired or not workload.serves:
        return []
    return [
        pod
        for pod in workload.pods
        if pod.leaving and _before(world, told_to_end(pod), ENDING) and any(one.is_running for one in pod.containers)
    ]


def told_to_end(pod: Pod) -> datetime | None:
    """When its deletion was asked for: the time set for it less the grace period."""
    due = moment(pod.thing.raw, "metadata", "deletionTimestamp")
    grace = number(pod.thing.raw, "metadata", "deletionGracePeriodSeconds") or 0
    return due - timedelta(seconds=grace) if due else None


def cite_end(pod: Pod) -> Cite:
    """A citation of the end that was set for it."""
    grace = text(pod.thing.raw, "spec", "terminationGracePeriodSeconds")
    return pod.thing.cite("metadata", "deletionTimestamp", note=f"grace period {grace or 30} s")


def paused(workload: Workload) -> tuple[str, ...]:
    """The field by which a Deployment is paused with a change that waits for it to be resumed; empty where none is."""
    waits = count(workload.thing.raw, "status", "updatedReplicas") < workload.desired
    halted = workload.ref.kind == "Deployment" and dig(workload.thing.raw, "spec", "paused") is True
    return ("spec", "paused") if halted and waits else ()


def by_hand(world: World, workload: Workload) -> tuple[str, ...]:
    """The field by which a set leaves a new template to a person, and no pod has it yet; empty where none does.

    What has been left so since before the time asked about is how its owners want it.
    """
    newest = workload.revisions[0].thing.created if len(workload.revisions) > 1 else None
    if newest is None or newest < world.begin or not workload.desired:
        return ()
    if any(count(workload.thing.raw, "status", field) for field in ("updatedReplicas", "updatedNumberScheduled")):
        return ()
    if text(workload.thing.raw, "spec", "updateStrategy", "type") == "OnDelete":
        return ("spec", "updateStrategy", "type")
    held_back = count(workload.thing.raw, "spec", "updateStrategy", "rollingUpdate", "partition") >= workload.desired
    return ("spec", "updateStrategy", "rollingUpdate", "partition") if held_back else ()


def unreconciled(world: World, workload: Workload) -> datetime | None:
    """When a workload was written to, if no controller has looked at that for some time; else None."""
    if workload.ref.kind not in ("Deployment", "StatefulSet", "DaemonSet"):
        return None
    seen = count(workload.thing.raw, "status", "observedGeneration")
    if count(workload.thing.raw, "metadata", "generation") <= seen:
        return None
    newest = next((edit.at for edit in edits(workload.thing)), workload.thing.created)
    return newest if _before(world, newest, PATIENCE) else None


def stuck(world: World, thing: Thing) -> bool:
    """Whether it is being deleted and waits for finalizers."""
    asked = moment(thing.raw, "metadata", "deletionTimestamp")
    return bool(words(thing.raw, "metadata", "finalizers")) and _before(world, asked, PATIENCE)


def suspended(thing: Thing) -> bool:
    """Whether somebody suspended a CronJob or Job."""
    return dig(thing.raw, "spec", "suspend") is True and QUEUED not in thing.labels


class Overdue(NamedTuple):
    """Why a CronJob starts no Jobs: an event, a rhythm that broke off, or a schedule that was just changed."""

    said: str
    since: datetime | None
    cite: Cite
    event: Event | None = None
    edit: Edit | None = None


def overdue(world: World, cron: Thing) -> list[Overdue]:
    """The most telling reason to think that a CronJob should have started a Job and did not."""
    if dig(cron.raw, "spec", "suspend") is True:
        return []
    events = [one for one in world.about(cron.ref) if one.reason in SKIPPED and one.last and one.last >= world.begin]
    if events:
        said = f"starts no Job: {events[-1].message[:160]}"
        return [Overdue(said, events[-1].first, events[-1].cite(), events[-1])]
    edit = rescheduled(world, cron)
    last, gap = _rhythm(world, cron)
    if last and gap and world.now - last > 2 * gap + PATIENCE:
        said = f"has started no Job since {timestamp(last)}, before it did every {gap.total_seconds():.0f} s"
        return [Overdue(said, last + gap, cron.cite("status", "lastScheduleTime"), None, edit)]
    if edit and last and last <= edit.at and _before(world, edit.at, PATIENCE):
        said = f"has started no Job since its schedule was changed at {timestamp(edit.at)}"
        return [Overdue(said, edit.at, cron.cite("spec", "schedule"), None, edit)]
    return []


def rescheduled(world: World, cron: Thing) -> Edit | None:
    """The write that changed schedule or time zone within the time asked about, if there was one."""
    for field in ("schedule", "timeZone"):
        edit = edited(cron, "spec", field)
        afterwards = edit is not None and (cron.created is None or edit.at - cron.created >= TOUCH)
        if edit and afterwards and edit.at >= world.begin:
            return edit
    return None


def _rhythm(world: World, cron: Thing) -> tuple[datetime | None, timedelta | None]:
    """When it last started a Job, and how far apart its Jobs were."""
    jobs = [job.created for job in world.all("Job", cron.ref.namespace) if job.owner() == cron.ref and job.created]
    told = moment(cron.raw, "status", "lastScheduleTime")
    times = sorted([*jobs, *([told] if told and not any(abs(told - at) < PATIENCE for at in jobs) else [])])
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    return (times[-1] if times else None), (timedelta(seconds=median(gaps)) if gaps and median(gaps) > 0 else None)


def _before(world: World, at: datetime | None, ago: timedelta) -> bool:
    return at is not None and world.now - at >= ago
