"""RolloutStuck: a rollout does not go on although its newest revision is well: paused, without room to move, or held up
by a pod of a revision that was taken back."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from casebook.analysis.access import count, dig, text
from casebook.analysis.revisions import HASH
from casebook.analysis.signs import Sign
from casebook.analysis.things import shown
from casebook.analysis.unending import by_hand, paused
from casebook.analysis.workloads import Workload, cite_condition, condition
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, only, troubles
from casebook.reasoning.checks.withdrawn import (
    Leftover,
    failed_before,
    fails_by_itself,
    in_order,
    is_changed,
    is_seen,
    leftover,
    never_rolled_out,
    newest_is_well,
    not_replaced,
)
from casebook.reasoning.situation import Situation

LATE = "ProgressDeadlineExceeded"
DEEPER = frozenset(Sign) - {Sign.ROLLOUT, Sign.NO_ENDPOINTS, Sign.PEER_ERRORS, Sign.VAGUE}


BROKEN = frozenset(
    {
        Sign.CRASH,
        Sign.KILLED,
        Sign.IMAGE,
        Sign.CREATE,
        Sign.PENDING,
        Sign.MOUNT,
        Sign.NOT_READY,
        Sign.ERRORS,
        Sign.VAGUE,
    }
)
"""What a pod shows that fails by the revision that it runs."""


class Waiting(NamedTuple):
    """A workload whose rollout does not go on, and the field by which it waits; empty where it is only late.

    `left` is the pod of an older revision that it waits for, where it waits for one.
    """

    workload: Workload
    field: tuple[str, ...] = ()
    left: Leftover | None = None


def _detect(situation: Situation) -> Iterator[Candidate[Waiting]]:
    for workload in situation.workloads:
        late = text(condition(workload.thing, "Progressing"), "reason") == LATE
        waits = paused(workload) or by_hand(situation.world, workload)
        if waits or (workload.ref.kind == "Deployment" and late):
            yield Candidate(
                object=workload.ref,
                statement=f"The rollout of {situation.label(workload.ref)} {_why(workload, waits)}: "
                f"{count(workload.thing.raw, 'status', 'updatedReplicas')} of {workload.desired} pods are updated",
                harms=only(workload.ref),
                covers=frozenset({Sign.ROLLOUT, Sign.NOT_READY}),
                about=Waiting(workload, waits),
            )
        elif left := leftover(situation, workload):
            yield _held_up(situation, left)


def _held_up(situation: Situation, left: Leftover) -> Candidate[Waiting]:
    """The pod began to fail with its own revision; that another was written since then did not change it."""
    rolled, made = left.rolled, left.rolled.old.thing.created
    blaming = {one.log.pod for one in troubles(situation, left.workload) if one.peers}
    return Candidate(
        object=left.workload.ref,
        statement=f"The rollout of {situation.label(left.workload.ref)} to revision {rolled.new.number}, written at "
        f"{timestamp(rolled.at)}, waits for pod {left.name}, which still runs revision {rolled.old.number}, is not "
        "ready, and is not replaced before it is",
        harms=only(left.workload.ref),
        covers=BROKEN | ({Sign.PEER_ERRORS} if blaming <= {left.name} else frozenset()),
        about=Waiting(left.workload, left=left),
        since=left.pod.thing.created,
        changed=made if made and situation.world.begin <= made else None,
    )


def _why(workload: Workload, waits: tuple[str, ...]) -> str:
    if waits == ("spec", "paused"):
        return "is paused"
    if not waits:
        return "passed its progress deadline"
    return f"waits for a person ({'.'.join(waits)} = {shown(dig(workload.thing.raw, *waits))})"


def _does_not_go_on(situation: Situation, found: Candidate[Waiting]) -> Finding:
    thing, left = found.about.workload.thing, found.about.left
    if left:
        return not_replaced(situation, left)
    return held(thing.cite(*found.about.field) if found.about.field else cite_condition(thing, "Progressing"))


def _nothing_deeper(situation: Situation, found: Candidate[Waiting]) -> Finding:
    if found.about.left:
        return UNTESTED
    deeper = [one for one in situation.symptoms_of(found.object) if one.sign in DEEPER]
    return failed(*deeper[0].cites[:1]) if deeper else UNTESTED


def _no_room(_: Situation, found: Candidate[Waiting]) -> Finding:
    thing = found.about.workload.thing
    rolling = dig(thing.raw, "spec", "strategy", "rollingUpdate")
    tight = isinstance(rolling, dict) and text(rolling, "maxSurge") in ("0", "0%")
    return held(thing.cite("spec", "strategy")) if tight else UNTESTED


def _of_left(check: Callable[[Situation, Leftover], Finding]) -> Callable[[Situation, Candidate[Waiting]], Finding]:
    """A check of the pod that the rollout waits for, where it waits for one."""
    return lambda situation, found: check(situation, found.about.left) if found.about.left else UNTESTED


def _replacing(left: Leftover) -> list[str]:
    workload, anew = left.workload.ref, f"is made anew, from revision {left.rolled.new.number}; nothing else does that"
    return [
        f"kubectl delete pod -n {workload.namespace} {left.name}   # {anew}",
        command("rollout status", workload),
        f"kubectl get pods -n {workload.namespace} -L {HASH}   # which pod runs which revision",
    ]


def _steps(_: Situation, found: Candidate[Waiting]) -> list[str]:
    if found.about.left:
        return _replacing(found.about.left)
    if found.object.kind != "Deployment":
        return [
            "Ask first why it was set so; then delete its pods one by one, or set updateStrategy to RollingUpdate.",
            command("rollout history", found.object),
        ]
    return [
        f"{command('rollout status', found.object)}",
        f"{command('rollout resume', found.object)}   # if it is paused; ask first who paused it and why",
        command("describe", found.object),
    ]


CAUSES = (
    Cause(
        code="RolloutStuck",
        means="A rollout does not go on: paused, left to a person, past its deadline, without room to move, or held up "
        "by a pod of an older revision that is not ready.",
        names="workload",
        explains="a mix of old and new pods, fewer than wanted, or a pod that fails on after a rollback",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("the rollout does not go on", _does_not_go_on, 400, -300),
            Prediction("no pod of it shows a deeper reason", _nothing_deeper, 0, -350),
            Prediction("surge and availability leave no room", _no_room, 80, 0),
            Prediction("the newest revision came after its pod began to fail", _of_left(failed_before), 250, -300),
            Prediction("it replaces its pods in order, each when all are ready", _of_left(in_order), 80, -300),
            Prediction("its controller has seen the newest revision", _of_left(is_seen), 80, -300),
            Prediction("the pod's revision was never rolled out to the end", _of_left(never_rolled_out), 150, 0),
            Prediction("the newest revision changes what the pod runs", _of_left(is_changed), 80, -250),
            Prediction("neither its node nor what it calls is in trouble", _of_left(fails_by_itself), 0, -300),
            Prediction("pods of the newest revision are well", _of_left(newest_is_well), 100, -200),
        ),
        steps=_steps,
    ),
)
