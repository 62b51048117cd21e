"""JobNeverCompletes: the work of a Job is done, and a container beside it runs on."""

from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.unending import held_open
from casebook.analysis.workloads import Container
from casebook.reasoning.cause import Candidate, Cause, Finding, Prediction, held, tested
from casebook.reasoning.checks.helpers import command, only
from casebook.reasoning.situation import Situation


class Open(NamedTuple):
    """A container that is done, and the one that keeps its pod open."""

    job: Ref
    done: Container
    left: Container


def _detect(situation: Situation) -> Iterator[Candidate[Open]]:
    for pod in situation.world.pods.values():
        owner = pod.thing.owner()
        for done, left in held_open(situation.world, pod)[:1]:
            job = owner or pod.thing.ref
            yield Candidate(
                object=job,
                statement=f"{situation.label(job)} never completes: container {done.name} is done, "
                f"container {left.name} beside it runs on",
                harms=only(situation.world.top(job)),
                covers=frozenset({Sign.NEVER_ENDS, Sign.OVERDUE}),
                about=Open(job, done, left),
                since=done.ended_at,
            )


def _one_is_done(_: Situation, found: Candidate[Open]) -> Finding:
    return held(found.about.done.cite_ended(), found.about.left.cite_state())


def _is_no_sidecar(_: Situation, found: Candidate[Open]) -> Finding:
    """The kubelet ends native sidecars by itself when the work is done."""
    return tested(not found.about.left.init, found.about.left.cite_state())


def _steps(_: Situation, found: Candidate[Open]) -> list[str]:
    return [
        f"Make {found.about.left.name} a native sidecar (an init container with restartPolicy Always), or let it end.",
        command("delete", found.object, "  # gives up this run; its work is done"),
    ]


CAUSES = (
    Cause(
        code="JobNeverCompletes",
        means="The work of a Job is done, but a container beside it runs on.",
        names="Job",
        explains="a Job that stays active, and following runs that are not started",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("one container is done and another runs on", _one_is_done, 500, -300),
            Prediction("the other is no native sidecar", _is_no_sidecar, 60, -300),
        ),
        steps=_steps,
    ),
)
