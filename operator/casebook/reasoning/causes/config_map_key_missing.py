"""ConfigMapKeyMissing: a workload refers to a key that its ConfigMap does not have."""

from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.helpers import command, undo
from casebook.reasoning.references import EXPLAINS, PREDICTIONS, Dangling, detector
from casebook.reasoning.situation import Situation


def _steps(_: Situation, found: Candidate[Dangling]) -> list[str]:
    item = found.about
    return [
        f"Add key {item.key} to ConfigMap {item.target.name}, or correct the key in the reference.",
        command("get", item.target, "-o yaml"),
        undo(item.workload),
    ]


CAUSES = (
    Cause(
        code="ConfigMapKeyMissing",
        means="A workload refers to a key that its ConfigMap does not have.",
        names="workload or ConfigMap",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=detector("ConfigMap", keyed=True),
        predictions=PREDICTIONS,
        steps=_steps,
    ),
)
