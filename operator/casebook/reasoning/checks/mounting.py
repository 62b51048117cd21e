"""Volumes that cannot be attached or mounted, by what kubelet and controller say of pods that wait for them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from casebook.analysis.access import listed, text
from casebook.analysis.events import Event
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Pod, Workload
from casebook.reasoning.cause import Candidate, Finding, Prediction, held
from casebook.reasoning.situation import Situation

REASONS = ("FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedScheduling")
_NAMED = re.compile(r"volume \"(?P<name>[^\"]+)\"|unmounted volumes=\[(?P<list>[^\] ,]+)")


@dataclass(frozen=True)
class Unmounted:
    """A pod that waits for a volume, and what was said of it."""

    workload: Workload
    pod: Pod
    event: Event


def unmounted(situation: Situation, words: "re.Pattern[str]") -> Iterator[Unmounted]:
    """The latest such event of one waiting pod of each workload."""
    for workload in situation.workloads:
        for pod in workload.live:
            said = [
                one
                for one in situation.world.about(pod.thing.ref)
                if one.reason in REASONS and words.search(one.message)
            ]
            if said and pod.phase == "Pending" and not pod.mounted:
                yield Unmounted(workload, pod, said[-1])
                break


def claim(item: Unmounted) -> Ref | None:
    """The claim behind the volume that is spoken of; the only claim of the pod where none is named."""
    found = _NAMED.search(item.event.message)
    named = (found["name"] or found["list"]) if found else ""
    claims = {
        text(volume, "name"): text(volume, "persistentVolumeClaim", "claimName")
        for volume in listed(item.pod.thing.raw, "spec", "volumes")
        if text(volume, "persistentVolumeClaim", "claimName")
    }
    name = claims.get(named) or (next(iter(claims.values())) if len(claims) == 1 and named not in _plain(item) else "")
    return Ref("PersistentVolumeClaim", item.workload.ref.namespace, name) if name else None


def _plain(item: Unmounted) -> set[str]:
    volumes = listed(item.pod.thing.raw, "spec", "volumes")
    return {text(one, "name") for one in volumes if not text(one, "persistentVolumeClaim", "claimName")}


def detector(
    words: "re.Pattern[str]", say: Callable[[Situation, Unmounted], str]
) -> Callable[[Situation], Iterator[Candidate[Unmounted]]]:
    """Detects waiting pods of whose volumes this is said; the claim is to be mended where there is one."""

    def detect(situation: Situation) -> Iterator[Candidate[Unmounted]]:
        for item in unmounted(situation, words):
            thing = claim(item)
            harms = {item.workload.ref} | ({thing} if thing else set())
            yield Candidate(
                object=thing or item.workload.ref,
                statement=say(situation, item),
                harms=frozenset(harms),
                covers=frozenset({Sign.MOUNT, Sign.PENDING, Sign.NOT_READY}),
                about=item,
                since=item.event.first,
            )

    return detect


def _says_so(_: Situation, found: Candidate[Unmounted]) -> Finding:
    return held(found.about.event.cite())


SAYS_SO: Prediction[Unmounted] = Prediction("it is said of its volume in these words", _says_so, 600, -300)
EXPLAINS = "pods that wait for a volume"
