"""What speaks for there being nothing to mend: workloads that have what they want and stay up."""

from dataclasses import dataclass
from datetime import datetime

from casebook.analysis.workloads import Container, Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Finding, Prediction, failed, held
from casebook.reasoning.situation import Situation


@dataclass(frozen=True)
class Past:
    """A workload that is well now and was not, with the containers that ended."""

    workload: Workload
    ended: tuple[Container, ...]

    @property
    def last(self) -> datetime | None:
        """When the latest of them ended."""
        return max((one.ended_at for one in self.ended if one.ended_at), default=None)


def past(situation: Situation) -> list[Past]:
    """Workloads in question that had restarts and have none of the symptoms now."""
    found = []
    for workload in situation.workloads:
        if workload.ref not in situation.path or not workload.serves:
            continue
        ended = tuple(one for one in workload.containers if one.restarts and one.ended)
        if ended and not situation.symptoms_of(workload.ref):
            found.append(Past(workload, ended))
    return found


def _all_ready(_: Situation, found: Candidate[Past]) -> Finding:
    workload = found.about.workload
    pods = [pod.cite_condition("Ready") for pod in workload.live]
    well = workload.ready >= workload.desired > 0
    return Finding(held().outcome if well else failed().outcome, tuple(pods[:2]))


def _steady(situation: Situation, found: Candidate[Past]) -> Finding:
    unsteady = [one for one in found.about.ended if not one.steady(situation.world.now)]
    if unsteady:
        return failed(unsteady[0].cite_state())
    return held(*(one.cite_state() for one in found.about.ended[:2]))


def _no_errors(situation: Situation, found: Candidate[Past]) -> Finding:
    logs = [log for log in situation.world.logs_of(found.about.workload) if not log.previous]
    return held(logs[0].summary()) if logs else UNTESTED


def _nothing_on_the_path(situation: Situation, _: Candidate[Past]) -> Finding:
    pressing = situation.pressing
    return failed(*pressing[0].cites[:2]) if pressing else UNTESTED


PREDICTIONS: tuple[Prediction[Past], ...] = (
    Prediction("all pods that it should have are ready", _all_ready, 150, -400),
    Prediction("containers have been up for long after their last end", _steady, 200, -300),
    Prediction("its log names no errors that go on", _no_errors, 80, 0),
    Prediction("nothing on the path deviates now", _nothing_on_the_path, 0, -400),
)


def steps(_: Situation, found: Candidate[Past]) -> list[str]:
    """What a person would do about an alert that has nothing behind it any more."""
    return [
        "Close or silence the alert; nothing needs mending now.",
        "If it comes back, look at the rule: does it count restarts over a long time?",
        f"kubectl get pods -n {found.object.namespace}   # restarts and their age",
    ]
