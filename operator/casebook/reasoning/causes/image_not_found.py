"""ImageNotFound: the tag, digest or repository that a workload asks for does not exist in the registry."""

from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held, tested
from casebook.reasoning.checks.helpers import command, undo
from casebook.reasoning.checks.images import (
    NOT_FOUND,
    UNAUTHORIZED,
    UNREACHABLE,
    Pull,
    detector,
    image_changed,
    says_so,
)
from casebook.reasoning.situation import Situation


def _answers_and_lets_in(_: Situation, found: Candidate[Pull]) -> Finding:
    pull = found.about
    if not pull.messages[1:]:
        return UNTESTED
    return tested(not pull.speaks_of(UNAUTHORIZED) and not pull.speaks_of(UNREACHABLE), *pull.cites)


def _starts_nowhere(_: Situation, found: Candidate[Pull]) -> Finding:
    pull = found.about
    running = [
        container
        for pod in pull.workload.live
        for container in pod.containers
        if container.is_running and container.spec.get("image") == pull.image
    ]
    return Finding(tested(False).outcome, (running[0].cite_state(),)) if running else held(pull.container.cite_state())


def _steps(_: Situation, found: Candidate[Pull]) -> list[str]:
    return [
        f"Check that {found.about.image} exists in the registry; correct the tag or push the image.",
        undo(found.about.workload),
        command("describe", found.about.container.pod.ref),
    ]


CAUSES = (
    Cause(
        code="ImageNotFound",
        means="The tag, digest or repository that a workload asks for does not exist in the registry.",
        names="workload",
        explains="pods that wait for their image, a Service without endpoints, errors of callers",
        base_rate=0.04,
        detect=detector(NOT_FOUND, lambda _: "which the registry does not have"),
        predictions=(
            Prediction("the registry says that the image is not there", says_so(NOT_FOUND), 450, -300),
            Prediction("the registry answers and lets the node in", _answers_and_lets_in, 60, -350),
            Prediction("no pod runs with this image", _starts_nowhere, 30, -150),
            Prediction("the newest revision changed the image", image_changed, 100, 0),
        ),
        steps=_steps,
    ),
)
