"""TerminationTooSlow: a pod that was told to end runs on, and what should follow it waits."""

from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import dig, number, text, words
from casebook.analysis.signs import Sign
from casebook.analysis.unending import cite_end, slow_to_end, told_to_end
from casebook.analysis.workloads import Pod, Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, only
from casebook.reasoning.situation import Situation

USUAL_SECONDS = 30


class Ending(NamedTuple):
    """A pod that does not end."""

    workload: Workload
    pod: Pod


def _detect(situation: Situation) -> Iterator[Candidate[Ending]]:
    for workload in situation.workloads:
        for pod in slow_to_end(situation.world, workload)[:1]:
            since = told_to_end(pod)
            lasts = f" for {(situation.world.now - since).total_seconds():.0f} s" if since else ""
            yield Candidate(
                object=workload.ref,
                statement=f"Pod {pod.thing.ref.name} of {situation.label(workload.ref)} was told to end and runs on"
                f"{lasts} (grace period {_grace(pod)} s), and the next one waits for it",
                harms=only(workload.ref),
                covers=frozenset({Sign.ENDING, Sign.NOT_READY, Sign.NO_PODS, Sign.ROLLOUT}),
                about=Ending(workload, pod),
                since=since,
            )


def _grace(pod: Pod) -> int:
    return number(pod.thing.raw, "metadata", "deletionGracePeriodSeconds") or USUAL_SECONDS


def _runs_on(_: Situation, found: Candidate[Ending]) -> Finding:
    running = [one for one in found.about.pod.containers if one.is_running]
    return held(cite_end(found.about.pod), *(one.cite_state() for one in running[:1]))


def _may_take_long(_: Situation, found: Candidate[Ending]) -> Finding:
    pod = found.about.pod
    hooked = [one for one in pod.containers if dig(one.spec, "lifecycle", "preStop")]
    if hooked:
        return held(pod.thing.say(f"container {hooked[0].name} has a preStop hook"))
    return held(cite_end(pod)) if _grace(pod) > USUAL_SECONDS else UNTESTED


def _nothing_else_holds_it(situation: Situation, found: Candidate[Ending]) -> Finding:
    pod = found.about.pod
    if words(pod.thing.raw, "metadata", "finalizers"):
        return failed(pod.thing.cite("metadata", "finalizers"))
    node = next((one for one in situation.world.all("Node") if one.ref.name == pod.node), None)
    ready = [one for one in dig(node.raw, "status", "conditions") or () if text(one, "type") == "Ready"] if node else []
    if node and ready and text(ready[0], "status") != "True":
        return failed(node.cite("status", "conditions"))
    return UNTESTED


def _steps(_: Situation, found: Candidate[Ending]) -> list[str]:
    pod = found.about.pod
    return [
        "Let the program end on SIGTERM (does a shell as process 1 keep it?), and shorten the grace period.",
        command("delete", pod.thing.ref, "--grace-period=5   # ends it now; what it has not saved is lost"),
    ]


CAUSES = (
    Cause(
        code="TerminationTooSlow",
        means="A pod that was told to end runs on: SIGTERM ignored, a long grace period, or a preStop hook.",
        names="workload",
        explains="a rollout that waits, fewer pods than wanted",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("a pod was told to end and runs on", _runs_on, 450, -300),
            Prediction("it may take long", _may_take_long, 120, 0),
            Prediction("no finalizer and no lost node holds it", _nothing_else_holds_it, 0, -350),
        ),
        steps=_steps,
    ),
)
