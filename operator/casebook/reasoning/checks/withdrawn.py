"""Pods of an older revision that do not come up, while a newer one waits for them.

A StatefulSet that makes its pods in order replaces none while one of them is not ready, not even that one: whoever
takes back a revision that fails has to delete its pod as well. Kubernetes documents it as forced rollback.
"""

from datetime import datetime
from typing import NamedTuple

from casebook.analysis.access import count, moment, text
from casebook.analysis.changes import Rollout, differences, rollout
from casebook.analysis.revisions import HASH
from casebook.analysis.things import Ref
from casebook.analysis.unending import PATIENCE
from casebook.analysis.workloads import Pod, Workload, cite_condition, condition
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Finding, failed, held, tested
from casebook.reasoning.checks.helpers import Trouble, cite_rollout, last_words, troubles
from casebook.reasoning.situation import Situation

POLICY, STRATEGY = ("spec", "podManagementPolicy"), ("spec", "updateStrategy", "type")
PARTITION = ("spec", "updateStrategy", "rollingUpdate", "partition")


class Leftover(NamedTuple):
    """A pod that a rollout waits for, since when it fails, and the way from its revision to the newest one."""

    pod: Pod
    began: datetime
    rolled: Rollout

    @property
    def name(self) -> str:
        """Name of the pod."""
        return self.pod.thing.ref.name

    @property
    def workload(self) -> Workload:
        """The StatefulSet that it is a pod of."""
        return self.rolled.workload


def leftover(situation: Situation, workload: Workload) -> Leftover | None:
    """The first pod that is older than the newest revision, not of it, and not ready; None while the rollout goes on.

    What is leaving makes room for the newest revision. Pods below the partition are to stay as they are.
    """
    newest, now = rollout(workload), situation.world.now
    if workload.ref.kind != "StatefulSet" or newest is None or now - newest.at < PATIENCE:
        return None
    for pod in () if any(pod.leaving for pod in workload.pods) else workload.live:
        old = next((one for one in workload.revisions[1:] if one.thing.ref == pod.revision), None)
        began, made = _began(situation, pod, newest.at), pod.thing.created
        if old and began and made and made < newest.at and now - began >= PATIENCE and _is_in_reach(workload, pod):
            found = tuple(differences(old.template, newest.new.template))
            return Leftover(pod, began, Rollout(workload, newest.new, old, newest.at, found))
    return None


def _is_in_reach(workload: Workload, pod: Pod) -> bool:
    """Whether the rollout is to reach it, by its place in the order."""
    place = pod.thing.ref.name.rpartition("-")[2]
    return place.isdigit() and int(place) >= count(workload.thing.raw, *PARTITION)


def _began(situation: Situation, pod: Pod, wrote: datetime) -> datetime | None:
    """Since when it fails: it is not ready, or was put off by the kubelet before that write as after it."""
    if pod.ready:
        return None
    unready = moment(pod.condition("Ready"), "lastTransitionTime") or pod.thing.created
    put_off = [one for one in situation.world.about(pod.thing.ref) if one.reason == "BackOff"]
    times = [unready, *(one.first for one in put_off if one.last and one.last >= wrote)]
    return min((at for at in times if at), default=None)


def not_replaced(_: Situation, found: Leftover) -> Finding:
    """That it still runs its revision while the controller wants another."""
    thing = found.workload.thing
    wanted = text(thing.raw, "status", "updateRevision")
    if not wanted:
        return UNTESTED
    cites = found.pod.thing.cite("metadata", "labels", HASH), thing.cite("status", "updateRevision")
    return tested(wanted != found.rolled.old.thing.ref.name, *cites, found.pod.cite_condition("Ready"))


def failed_before(_: Situation, found: Leftover) -> Finding:
    """That the newest revision was written when it failed already: what fails since then may be on its way."""
    said = found.pod.thing.say(f"fails since {timestamp(found.began)}")
    wrote = found.rolled.new.thing.say(
        f"revision {found.rolled.new.number} was written at {timestamp(found.rolled.at)}"
    )
    return tested(found.began <= found.rolled.at, said, wrote)


def in_order(_: Situation, found: Leftover) -> Finding:
    """That the StatefulSet waits for each of its pods: the others are replaced by themselves, or only by a person."""
    thing = found.workload.thing
    policy, strategy = text(thing.raw, *POLICY), text(thing.raw, *STRATEGY)
    ordered = policy in ("", "OrderedReady") and strategy in ("", "RollingUpdate")
    said = thing.say(f"podManagementPolicy {policy or 'OrderedReady'}, updateStrategy {strategy or 'RollingUpdate'}")
    return tested(ordered, said)


def is_seen(_: Situation, found: Leftover) -> Finding:
    """That the controller has seen the newest revision, and leaves the pod as it is."""
    thing = found.workload.thing
    seen = count(thing.raw, "status", "observedGeneration") >= count(thing.raw, "metadata", "generation")
    return tested(seen, thing.cite("status", "observedGeneration"))


def never_rolled_out(_: Situation, found: Leftover) -> Finding:
    """That its revision was taken back on the way: one that once was on all pods may fail by something else."""
    current = text(found.workload.thing.raw, "status", "currentRevision")
    if not current or current == found.rolled.old.thing.ref.name:
        return UNTESTED
    return held(found.workload.thing.cite("status", "currentRevision"))


def is_changed(_: Situation, found: Leftover) -> Finding:
    """That the newest revision gives the pod something else to run; after a mere restart it would fail as before."""
    return tested(bool(found.rolled.telling), cite_rollout(found.rolled))


def fails_by_itself(situation: Situation, found: Leftover) -> Finding:
    """That neither its node nor anything that it calls is in trouble: those would fail it in any revision."""
    node = situation.world.things.get(Ref("Node", "", found.pod.node))
    if node is not None and text(condition(node, "Ready"), "status") != "True":
        return failed(cite_condition(node, "Ready"))
    own = {found.workload.ref, *(one.ref for one in situation.world.services_of(found.workload))}
    for one in _words(situation, found):
        ill = [peer.target for peer in one.peers if peer.target not in own and situation.symptoms_of(peer.target)]
        if ill:
            return failed(one.cite(), *situation.symptoms_of(ill[0])[0].cites[:1])
    return held(cite_condition(node, "Ready")) if node is not None else UNTESTED


def _words(situation: Situation, found: Leftover) -> list[Trouble]:
    said = [one for one in troubles(situation, found.workload) if one.log.pod == found.name]
    return said + [one for container in found.pod.containers for one in last_words(situation, container)]


def newest_is_well(situation: Situation, found: Leftover) -> Finding:
    """That pods of the newest revision do not fail."""
    new = found.workload.pods_of(found.rolled.new)
    ended = [one for pod in new for one in pod.containers if one.exit_code and not one.steady(situation.world.now)]
    if ended:
        return failed(ended[0].cite_ended())
    ready = [pod for pod in new if pod.ready]
    return held(ready[0].cite_condition("Ready")) if ready else UNTESTED
