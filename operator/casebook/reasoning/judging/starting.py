"""What was asked about and is not all there: too few ready pods, or pods of a new revision that are not ready."""

from datetime import datetime, timedelta

from casebook.analysis.workloads import Pod, Workload
from casebook.reasoning.planning.sight import asked
from casebook.reasoning.situation import Situation

GIVEN = timedelta(seconds=600)
"""As long as Kubernetes gives a rollout by default (`progressDeadlineSeconds`): what is younger may be on its way."""


def lacking(situation: Situation) -> list[Workload]:
    """The workloads that the question is about, that run all the time, and that have fewer ready pods than they want,
    or a new revision whose pods are not ready while those of the old one still serve.

    Of an object that stands in no namespace, the state tells how it is: what rests on it is not asked about.
    """
    if situation.world.cluster_target:
        return []
    meant = [one for one in asked(situation) if one.serves and (one.live or one.ref.kind != "Pod")]
    return [one for one in meant if one.ready < one.desired or renewing(one)]


def renewing(workload: Workload) -> list[Pod]:
    """The pods of a new revision that are not ready yet."""
    if len(workload.revisions) < 2:
        return []
    return [pod for pod in workload.pods_of(workload.revisions[0]) if not pod.ready]


def alone(situation: Situation) -> list[Workload]:
    """The same where nothing else deviates: it is all that there is to say."""
    return [] if situation.pressing else lacking(situation)


def begun(situation: Situation, workload: Workload) -> datetime | None:
    """When the newest of it began: itself, a pod, or a change of it."""
    things = [workload.thing, *(pod.thing for pod in workload.live)]
    changes = [change.at for change in situation.timeline if change.object == workload.ref]
    return max([*(thing.created for thing in things if thing.created), *changes], default=None)


def is_starting(situation: Situation, workload: Workload) -> bool:
    """Whether it may only need a little longer."""
    at = begun(situation, workload)
    return at is not None and situation.world.now - at <= GIVEN


def said(situation: Situation, workload: Workload) -> str:
    """What it lacks, as a clause."""
    name, there = situation.label(workload.ref), f"{workload.ready} of {workload.desired} pods"
    if workload.ready >= workload.desired:
        new = workload.revisions[0]
        pods = workload.pods_of(new)
        there = f"{sum(pod.ready for pod in pods)} of {len(pods)} pods of its revision {new.number}"
    if is_starting(situation, workload):
        return f"{name} is still starting: {there} are ready"
    return f"{name} has {there} ready, and nothing that was seen says why"
