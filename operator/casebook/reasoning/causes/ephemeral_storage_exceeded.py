"""EphemeralStorageExceeded: pods are evicted because they write more than their own limit lets them."""

from collections.abc import Iterator

from casebook.analysis.evictions import Eviction, evictions
from casebook.analysis.signs import Sign
from casebook.reasoning.cause import Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, only
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[Eviction]]:
    latest = {one.workload: one for one in evictions(situation.world) if not one.condition}
    for workload, item in sorted(latest.items()):
        said = item.message.strip()[:200]
        yield Candidate(
            object=workload,
            statement=f"Pods of {situation.label(workload)} are evicted for what they write: {said}",
            harms=only(workload),
            covers=frozenset({Sign.EVICTED, Sign.NOT_READY, Sign.KILLED, Sign.CRASH}),
            about=item,
            since=item.at,
        )


def _kubelet_says_so(_: Situation, found: Candidate[Eviction]) -> Finding:
    return held(found.about.cite())


def _node_has_room(situation: Situation, found: Candidate[Eviction]) -> Finding:
    others = [one for one in evictions(situation.world) if one.condition and one.pod.node == found.about.pod.node]
    return failed(others[0].cite()) if others else held(found.about.cite(), note="its own limit, not the node's")


def _steps(_: Situation, found: Candidate[Eviction]) -> list[str]:
    return [
        "Raise the emptyDir's sizeLimit or limits.ephemeral-storage, or let the program write less or elsewhere.",
        command("describe", found.about.pod.thing.ref),
    ]


CAUSES = (
    Cause(
        code="EphemeralStorageExceeded",
        means="Pods are evicted because they write more than their own limit lets them.",
        names="workload",
        explains="pods that are evicted and replaced, while their node is well",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("the kubelet evicts it for its own limit", _kubelet_says_so, 550, -300),
            Prediction("the node itself has room", _node_has_room, 60, -200),
        ),
        steps=_steps,
    ),
)
