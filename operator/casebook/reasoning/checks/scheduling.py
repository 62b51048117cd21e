"""Pods that cannot be scheduled, by what the scheduler says of each node."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from casebook.analysis.access import text
from casebook.analysis.signs import Sign
from casebook.analysis.symptoms import on_unknown_node
from casebook.analysis.things import Cite, Thing
from casebook.analysis.workloads import Pod, Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Finding, held
from casebook.reasoning.checks.helpers import changed, cite_rollout
from casebook.reasoning.situation import Situation

_PART = re.compile(r"(\d+) ((?:node\(s\) |Insufficient |Too many |Preemption)[^,.]*(?:\{[^}]*\})?)")
_PREEMPTION = "preemption:"


@dataclass(frozen=True)
class Unscheduled:
    """A pending pod of a workload and what the scheduler says of it."""

    workload: Workload
    pod: Pod
    message: str
    cite: Cite

    def nodes_that(self, words: "re.Pattern[str]") -> int:
        """On how many nodes the scheduler gives a reason with these words."""
        said = self.message.split(_PREEMPTION)[0]
        counted = sum(int(count) for count, reason in _PART.findall(said) if words.search(reason))
        return counted or int(bool(words.search(said)))


def unscheduled(situation: Situation) -> Iterator[Unscheduled]:
    """One pending pod for each workload that has some."""
    for workload in situation.workloads:
        for pod in workload.live:
            scheduled = pod.condition("PodScheduled")
            if text(scheduled, "status") == "False":
                events = [one for one in situation.world.about(pod.thing.ref) if one.reason == "FailedScheduling"]
                message = text(scheduled, "message") or (events[-1].message if events else "")
                yield Unscheduled(workload, pod, message, pod.cite_condition("PodScheduled"))
                break


def misplaced(situation: Situation) -> Iterator[Unscheduled]:
    """One pod for each workload with pods that name a node which does not exist; no scheduler is asked about them."""
    for workload in situation.workloads:
        for pod in workload.live:
            if on_unknown_node(situation.world, pod):
                yield Unscheduled(workload, pod, "", pod.thing.cite("spec", "nodeName"))
                break


def detector(
    words: "re.Pattern[str]", say: Callable[[Unscheduled], str], part: str = ""
) -> Callable[[Situation], Iterator[Candidate[Unscheduled]]]:
    """Detects pending pods about which the scheduler says this; `part` is the field of the template behind it."""

    def detect(situation: Situation) -> Iterator[Candidate[Unscheduled]]:
        for item in unscheduled(situation):
            if not item.nodes_that(words):
                continue
            yield pending(situation, item, say(item), part)

    return detect


def pending(situation: Situation, item: Unscheduled, said: str, part: str = "") -> Candidate[Unscheduled]:
    """The hypothesis that a workload's pods stay Pending for this; `part` is the field of the template behind it."""
    rolled = changed(situation, item.workload, part) if part else None
    return Candidate(
        object=item.workload.ref,
        statement=f"{situation.label(item.workload.ref)} {said}",
        harms=frozenset({item.workload.ref}),
        covers=frozenset({Sign.PENDING, Sign.NOT_READY}),
        about=item,
        since=item.pod.thing.created,
        changed=rolled.at if rolled else None,
    )


def says_so(words: "re.Pattern[str]") -> Callable[[Situation, Candidate[Unscheduled]], Finding]:
    """Checks on how many nodes the scheduler gives this reason; the more nodes, the more it is the reason."""
    return lambda _, found: held(found.about.cite, note=f"{found.about.nodes_that(words)} nodes")


def part_changed(part: str) -> Callable[[Situation, Candidate[Unscheduled]], Finding]:
    """Checks whether the newest revision changed this part of the template."""

    def check(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
        rolled = changed(situation, found.about.workload, part)
        return held(cite_rollout(rolled, part)) if rolled else UNTESTED

    return check


def nodes(situation: Situation) -> list[Thing]:
    """The nodes, or none where they could not be read."""
    return situation.world.all("Node")
