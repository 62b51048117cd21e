"""SecretMissing: a workload refers to a Secret that does not exist."""

from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.helpers import undo
from casebook.reasoning.references import EXPLAINS, PREDICTIONS, Dangling, detector
from casebook.reasoning.situation import Situation


def _steps(_: Situation, found: Candidate[Dangling]) -> list[str]:
    item = found.about
    return [
        f"Create Secret {item.target.name}, or correct the name where the workload refers to it.",
        undo(item.workload),
    ]


CAUSES = (
    Cause(
        code="SecretMissing",
        means="A workload refers to a Secret that does not exist.",
        names="workload or Secret",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=detector("Secret", keyed=False),
        predictions=PREDICTIONS,
        steps=_steps,
    ),
)
