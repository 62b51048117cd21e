"""RolloutStuck: a rollout does not go on although no pod of it is in trouble: paused, or without room to move."""

from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import count, dig, text
from casebook.analysis.signs import Sign
from casebook.analysis.things import shown
from casebook.analysis.unending import by_hand, paused
from casebook.analysis.workloads import Workload, cite_condition, condition
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, only
from casebook.reasoning.situation import Situation

LATE = "ProgressDeadlineExceeded"
DEEPER = frozenset(Sign) - {Sign.ROLLOUT, Sign.NO_ENDPOINTS, Sign.PEER_ERRORS, Sign.VAGUE}


class Waiting(NamedTuple):
    """A workload whose rollout does not go on, and the field by which it waits; empty where it is only late."""

    workload: Workload
    field: tuple[str, ...]


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


def _why(workload: Workload, waits: tuple[str, ...]) -> str:
    if waits == ("spec", "paused"):
        return "is paused"
    if not waits:
        return "passed its progress deadline"
    return f"waits for a person ({'.'.join(waits)} = {shown(dig(workload.thing.raw, *waits))})"


def _does_not_go_on(_: Situation, found: Candidate[Waiting]) -> Finding:
    thing = found.about.workload.thing
    return held(thing.cite(*found.about.field) if found.about.field else cite_condition(thing, "Progressing"))


def _nothing_deeper(situation: Situation, found: Candidate[Waiting]) -> Finding:
    deeper = [one for one in situation.symptoms_of(found.object) if one.sign in DEEPER]
    return failed(*deeper[0].cites[:1]) if deeper else UNTESTED


def _no_room(_: Situation, found: Candidate[Waiting]) -> Finding:
    thing = found.about.workload.thing
    rolling = dig(thing.raw, "spec", "strategy", "rollingUpdate")
    tight = isinstance(rolling, dict) and text(rolling, "maxSurge") in ("0", "0%")
    return held(thing.cite("spec", "strategy")) if tight else UNTESTED


def _steps(_: Situation, found: Candidate[Waiting]) -> list[str]:
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
        means="A rollout does not go on: paused, left to a person, past its deadline, or without room to move.",
        names="workload",
        explains="a mix of old and new pods, or fewer than wanted",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("the rollout does not go on", _does_not_go_on, 400, -300),
            Prediction("no pod of it shows a deeper reason", _nothing_deeper, 0, -350),
            Prediction("surge and availability leave no room", _no_room, 80, 0),
        ),
        steps=_steps,
    ),
)
