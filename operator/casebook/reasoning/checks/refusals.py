"""Pods that the API server refuses to create, by the words of the admission step that refused them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from casebook.analysis.events import Event
from casebook.analysis.signs import Sign
from casebook.analysis.symptoms import lacks_pods
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.reasoning.cause import Candidate, Finding, Prediction, failed, held
from casebook.reasoning.situation import Situation

REASONS = ("FailedCreate", "ReplicaSetCreateError", "FailedUpdate", "Failed")


@dataclass(frozen=True)
class Refusal:
    """One kind of refusal that a workload meets."""

    workload: Workload
    event: Event
    match: "re.Match[str]"


def refusals(situation: Situation, words: "re.Pattern[str]") -> Iterator[Refusal]:
    """The latest refusal of each workload whose message fits."""
    for workload in situation.workloads:
        about = situation.world.about(*situation.world.family(workload))
        fitting = [
            (event, found)
            for event in sorted(about, key=lambda event: (event.last.isoformat() if event.last else "", event.message))
            if event.reason in REASONS and (found := words.search(event.message))
        ]
        if fitting:
            yield Refusal(workload, *fitting[-1])


def detector(
    words: "re.Pattern[str]", name: Callable[[Situation, Refusal], Ref], say: Callable[[Situation, Refusal], str]
) -> Callable[[Situation], Iterator[Candidate[Refusal]]]:
    """Detects refusals of one kind; `name` finds the object to mend, `say` states the hypothesis."""

    def detect(situation: Situation) -> Iterator[Candidate[Refusal]]:
        for refusal in refusals(situation, words):
            yield Candidate(
                object=name(situation, refusal),
                statement=say(situation, refusal),
                harms=frozenset({refusal.workload.ref}),
                covers=frozenset({Sign.REFUSED, Sign.NOT_READY}),
                about=refusal,
                since=refusal.event.first,
            )

    return detect


def _api_says_so(_: Situation, found: Candidate[Refusal]) -> Finding:
    return held(found.about.event.cite())


def _pods_are_lacking(_: Situation, found: Candidate[Refusal]) -> Finding:
    workload = found.about.workload
    said = workload.thing.say(f"{len(workload.live)} of {workload.desired} pods exist")
    if workload.ref.kind in ("Job", "CronJob"):
        return held(said)
    return held(said) if lacks_pods(workload) else failed(said, note="it has its pods now")


SAYS_SO: Prediction[Refusal] = Prediction("the API server refuses its pods in these words", _api_says_so, 650, -300)
LACKING: Prediction[Refusal] = Prediction("pods are lacking now", _pods_are_lacking, 60, -300)
EXPLAINS = "fewer pods than wanted, or none; no pod that could be looked at"
