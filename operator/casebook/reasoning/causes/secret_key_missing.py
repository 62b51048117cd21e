"""SecretKeyMissing: a workload refers to a key that its Secret does not have."""

from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.helpers import command, undo
from casebook.reasoning.references import EXPLAINS, PREDICTIONS, Dangling, detector
from casebook.reasoning.situation import Situation


def _steps(_: Situation, found: Candidate[Dangling]) -> list[str]:
    item = found.about
    return [
        f"Add key {item.key} to Secret {item.target.name}, or correct the key in the reference.",
        command("describe", item.target, "  # lists its keys, not their values"),
        undo(item.workload),
    ]


CAUSES = (
    Cause(
        code="SecretKeyMissing",
        means="A workload refers to a key that its Secret does not have.",
        names="workload or Secret",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=detector("Secret", keyed=True),
        predictions=PREDICTIONS,
        steps=_steps,
    ),
)
