"""ConfigMapMissing: a workload refers to a ConfigMap that does not exist."""

from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.helpers import undo
from casebook.reasoning.references import EXPLAINS, PREDICTIONS, Dangling, detector
from casebook.reasoning.situation import Situation


def _steps(_: Situation, found: Candidate[Dangling]) -> list[str]:
    item = found.about
    return [
        f"Create ConfigMap {item.target.name}, or correct the name where the workload refers to it.",
        f"kubectl get configmaps -n {item.target.namespace}   # is there one of a similar name?",
        undo(item.workload),
    ]


CAUSES = (
    Cause(
        code="ConfigMapMissing",
        means="A workload refers to a ConfigMap that does not exist.",
        names="workload or ConfigMap",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=detector("ConfigMap", keyed=False),
        predictions=PREDICTIONS,
        steps=_steps,
    ),
)
