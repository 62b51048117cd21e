"""ImageRegistryUnreachable: the registry's name does not resolve, or it does not answer."""

from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held, tested
from casebook.reasoning.checks.helpers import undo
from casebook.reasoning.checks.images import UNAUTHORIZED, UNREACHABLE, Pull, detector, image_changed, pulls, says_so
from casebook.reasoning.situation import Situation

DEFAULT_REGISTRY = "docker.io"


def registry(image: str) -> str:
    """The registry of an image reference: its first part where that looks like a host, else Docker Hub."""
    first = image.split("/")[0]
    return first if "/" in image and ("." in first or ":" in first or first == "localhost") else DEFAULT_REGISTRY


def _no_answer(_: Situation, found: Candidate[Pull]) -> Finding:
    return tested(not found.about.speaks_of(UNAUTHORIZED), *found.about.cites[:1])


def _others_fail_too(situation: Situation, found: Candidate[Pull]) -> Finding:
    mine = registry(found.about.image)
    others = [pull for pull in pulls(situation) if registry(pull.image) == mine and pull.workload.ref != found.object]
    return held(*(pull.cites[0] for pull in others[:2])) if others else UNTESTED


def _steps(_: Situation, found: Candidate[Pull]) -> list[str]:
    host = registry(found.about.image)
    return [
        f"Check that {host} is the right registry, that nodes resolve its name, and that it answers (curl -I https://{host}/v2/).",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="ImageRegistryUnreachable",
        means="The registry's name does not resolve, or the registry does not answer.",
        names="workload or cluster",
        explains="pods that wait for their image, a Service without endpoints, errors of callers",
        base_rate=0.03,
        detect=detector(UNREACHABLE, lambda pull: f"but registry {registry(pull.image)} cannot be reached"),
        predictions=(
            Prediction("the node does not reach the registry", says_so(UNREACHABLE), 420, -300),
            Prediction("the registry gives no answer of its own", _no_answer, 40, -200),
            Prediction("other workloads cannot pull from it either", _others_fail_too, 60, 0),
            Prediction("the newest revision changed the image", image_changed, 60, 0),
        ),
        steps=_steps,
    ),
)
