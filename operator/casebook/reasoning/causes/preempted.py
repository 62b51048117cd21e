"""Preempted: pods gave way to pods of a higher priority."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from casebook.analysis.access import text
from casebook.analysis.events import Event
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Pod
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.situation import Situation

_BY = re.compile(r"Preempted by (?:a )?pod (?P<uid>[0-9a-f-]{36})|Preempted by (?:pod )?[\w.-]+/(?P<name>[\w.-]+)")


@dataclass(frozen=True)
class Displaced:
    """What was displaced, by what, as the scheduler said it."""

    victim: Ref
    event: Event
    winner: Pod | None


def _detect(situation: Situation) -> Iterator[Candidate[Displaced]]:
    for event in situation.world.events:
        found = _BY.search(event.message) if event.reason == "Preempted" else None
        if found is None:
            continue
        victim = _victim(situation, event.about)
        winner = _winner(situation, found)
        name = situation.world.top(winner.thing.ref) if winner else victim
        by = f" for {situation.label(name)}" if winner else " for a pod that is not visible here"
        yield Candidate(
            object=name,
            statement=f"Pods of {situation.label(victim)} were pre-empted{by}, which has a higher priority",
            harms=frozenset({victim}),
            covers=frozenset({Sign.PENDING, Sign.NOT_READY}),
            about=Displaced(victim, event, winner),
            since=event.first,
        )


def _victim(situation: Situation, pod: Ref) -> Ref:
    """The workload of a pod that is gone: the one whose name begins the pod's."""
    if pod in situation.world.things:
        return situation.world.top(pod)
    fitting = [
        ref
        for ref in situation.world.workloads
        if ref.namespace == pod.namespace and pod.name.startswith(f"{ref.name}-")
    ]
    return max(fitting, key=lambda ref: (len(ref.name), ref), default=pod)


def _winner(situation: Situation, found: "re.Match[str]") -> Pod | None:
    for pod in situation.world.pods.values():
        uid = text(pod.thing.raw, "metadata", "uid")
        if (found["uid"] and uid == found["uid"]) or (found["name"] and pod.thing.ref.name == found["name"]):
            return pod
    return None


def _scheduler_says_so(_: Situation, found: Candidate[Displaced]) -> Finding:
    return held(found.about.event.cite())


def _has_priority(_: Situation, found: Candidate[Displaced]) -> Finding:
    winner = found.about.winner
    return held(winner.thing.cite("spec", "priority")) if winner else UNTESTED


def _waits_now(situation: Situation, found: Candidate[Displaced]) -> Finding:
    waiting = [one for one in situation.symptoms_of(found.about.victim) if one.sign is Sign.PENDING]
    return held(*waiting[0].cites[:1]) if waiting else UNTESTED


def _steps(_: Situation, found: Candidate[Displaced]) -> list[str]:
    return [
        "Give the displaced workload a priority that fits its worth, or let the other run elsewhere or later.",
        "kubectl get priorityclasses",
        command("describe", found.object),
    ]


CAUSES = (
    Cause(
        code="Preempted",
        means="Pods gave way to pods of a higher priority.",
        names="the workload that pre-empts",
        explains="pods that vanish and then stay Pending",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("the scheduler says that it pre-empted them", _scheduler_says_so, 500, -300),
            Prediction("what took the place has a priority", _has_priority, 100, 0),
            Prediction("the displaced wait for a node now", _waits_now, 80, 0),
        ),
        steps=_steps,
    ),
)
