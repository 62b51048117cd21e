"""HPAMisconfigured: an autoscaler points to nothing, or measures what its target does not request."""

import re
from collections.abc import Iterator

from casebook.analysis.access import moment, text
from casebook.analysis.graph import scale_target
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing
from casebook.analysis.workloads import cite_condition, condition
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.situation import Situation

_NO_REQUEST = re.compile(r"missing request for (?P<what>\w+)")
_KINDS = ("AbleToScale", "ScalingActive")


def _wrong(thing: Thing) -> tuple[str, str]:
    """The condition that tells of a mistake in the autoscaler, and what is wrong; empty where none does."""
    for kind in _KINDS:
        found = condition(thing, kind)
        if text(found, "status") != "False":
            continue
        lacking = _NO_REQUEST.search(text(found, "message"))
        if lacking:
            return kind, f"measures {lacking['what']} in shares of requests, which its target does not have"
        if text(found, "reason") == "FailedGetScale":
            return kind, "points to a target that is not there"
    return "", ""


def _detect(situation: Situation) -> Iterator[Candidate[Thing]]:
    for thing in situation.world.all("HorizontalPodAutoscaler"):
        kind, said = _wrong(thing)
        if kind:
            target = scale_target(thing)
            yield Candidate(
                object=thing.ref,
                statement=f"{situation.label(thing.ref)} {said} ({target.kind}/{target.name})",
                harms=frozenset({thing.ref, target}),
                covers=frozenset({Sign.SCALER}),
                about=thing,
                since=moment(condition(thing, kind), "lastTransitionTime"),
            )


def _says_so(_: Situation, found: Candidate[Thing]) -> Finding:
    return held(cite_condition(found.about, _wrong(found.about)[0]))


def _target_is_so(situation: Situation, found: Candidate[Thing]) -> Finding:
    target = scale_target(found.about)
    there = situation.world.workloads.get(target)
    if "not there" in _wrong(found.about)[1]:
        return failed(there.thing.say("it is there")) if there else held(found.about.cite("spec", "scaleTargetRef"))
    return held(there.thing.say("a container of it requests nothing")) if there else UNTESTED


def _steps(_: Situation, found: Candidate[Thing]) -> list[str]:
    return [
        "Point scaleTargetRef to what is to be scaled, or give all its containers requests for what is measured.",
        command("describe", found.object),
    ]


CAUSES = (
    Cause(
        code="HPAMisconfigured",
        means="An autoscaler points to nothing, or measures what its target does not request.",
        names="HorizontalPodAutoscaler",
        explains="replicas that stay as they are under load",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("it says what it lacks", _says_so, 500, -300),
            Prediction("its target is so", _target_is_so, 120, -300),
        ),
        steps=_steps,
    ),
)
