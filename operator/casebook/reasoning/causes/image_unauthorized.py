"""ImageUnauthorized: the registry refuses the node's credentials for an image, or none are given."""

from casebook.analysis.access import listed
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held, tested
from casebook.reasoning.checks.helpers import undo
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


def _is_there(_: Situation, found: Candidate[Pull]) -> Finding:
    pull = found.about
    return tested(not pull.speaks_of(NOT_FOUND), *pull.cites[:1]) if pull.messages[1:] else UNTESTED


def _answers(_: Situation, found: Candidate[Pull]) -> Finding:
    return tested(not found.about.speaks_of(UNREACHABLE), *found.about.cites[:1])


def _no_credentials(_: Situation, found: Candidate[Pull]) -> Finding:
    thing = found.about.workload.thing
    given = listed(found.about.workload.template, "spec", "imagePullSecrets")
    return UNTESTED if given else held(thing.say("its template names no imagePullSecrets"))


def _steps(_: Situation, found: Candidate[Pull]) -> list[str]:
    place = found.object.namespace
    return [
        f"Give the pods credentials for {found.about.image}: imagePullSecrets of the template or the ServiceAccount.",
        f"kubectl get serviceaccounts -n {place} -o yaml   # which imagePullSecrets are given",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="ImageUnauthorized",
        means="The registry refuses the credentials for an image, or none are given.",
        names="workload or Secret",
        explains="pods that wait for their image, a Service without endpoints, errors of callers",
        base_rate=0.03,
        detect=detector(UNAUTHORIZED, lambda _: "which the registry does not let it pull"),
        predictions=(
            Prediction("the registry refuses to serve the image", says_so(UNAUTHORIZED), 420, -300),
            Prediction("the registry does not say that the image is missing", _is_there, 60, -120),
            Prediction("the registry can be reached", _answers, 30, -250),
            Prediction("no credentials are given", _no_credentials, 60, 0),
            Prediction("the newest revision changed the image", image_changed, 60, 0),
        ),
        steps=_steps,
    ),
)
