"""ImageAbsentOnNode: the pull policy is Never and the node does not hold the image."""

from casebook.reasoning.cause import Candidate, Cause, Finding, Prediction, tested
from casebook.reasoning.checks.helpers import command, undo
from casebook.reasoning.checks.images import ABSENT, Pull, detector, image_changed, says_so
from casebook.reasoning.situation import Situation


def _policy_never(_: Situation, found: Candidate[Pull]) -> Finding:
    container = found.about.container
    said = container.pod.say(f"container {container.name}: imagePullPolicy = {container.spec.get('imagePullPolicy')}")
    return tested(container.spec.get("imagePullPolicy") == "Never", said)


def _steps(_: Situation, found: Candidate[Pull]) -> list[str]:
    return [
        "Set imagePullPolicy: IfNotPresent, or load the image on every node that may run the pod.",
        command("edit", found.object, "  # changes what runs"),
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="ImageAbsentOnNode",
        means="The pull policy is Never and the image is not on the node.",
        names="workload",
        explains="pods that never start, a Service without endpoints, errors of callers",
        base_rate=0.01,
        detect=detector(ABSENT, lambda _: "which is not on the node, and its pull policy is Never"),
        predictions=(
            Prediction("the kubelet says that the image is not there", says_so(ABSENT), 450, -300),
            Prediction("the pull policy is Never", _policy_never, 150, -300),
            Prediction("the newest revision changed the image or its policy", image_changed, 60, 0),
        ),
        steps=_steps,
    ),
)
