"""FinalizerStuck: a deletion waits for a finalizer that nobody takes away."""

from collections.abc import Iterator

from casebook.analysis.access import listed, moment, text, words
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing
from casebook.analysis.unending import stuck
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.checks.helpers import command, only
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[Thing]]:
    for thing in situation.world.things.values():
        since = moment(thing.raw, "metadata", "deletionTimestamp")
        if since and stuck(situation.world, thing):
            waits, name = ", ".join(words(thing.raw, "metadata", "finalizers")), situation.label(thing.ref)
            yield Candidate(
                object=thing.ref,
                statement=f"{name} is being deleted since {timestamp(since)} and waits for {waits}",
                harms=only(situation.world.top(thing.ref)),
                covers=frozenset({Sign.DELETION, Sign.ENDING, Sign.NOT_READY}),
                about=thing,
                since=since,
            )


def _waits(_: Situation, found: Candidate[Thing]) -> Finding:
    return held(found.about.cite("metadata", "finalizers"), found.about.cite("metadata", "deletionTimestamp"))


def _still_used(situation: Situation, found: Candidate[Thing]) -> Finding:
    """The protection of claims and volumes goes when nothing uses them any more."""
    for pod in situation.world.pods.values():
        volumes = listed(pod.thing.raw, "spec", "volumes")
        names = {text(volume, "persistentVolumeClaim", "claimName") for volume in volumes}
        same = pod.thing.ref.namespace == found.object.namespace and found.object.kind == "PersistentVolumeClaim"
        if same and found.object.name in names:
            return held(pod.thing.say(f"uses claim {found.object.name}"))
    return UNTESTED


def _steps(_: Situation, found: Candidate[Thing]) -> list[str]:
    return [
        f"Find who owns the finalizer of {found.object.kind} {found.object.name}: does it run, and may it do its work?",
        command("get", found.object, "-o jsonpath='{.metadata.finalizers}'"),
        "Only if its owner is gone for good, take the finalizer out; what it was to clean up is then left behind.",
    ]


CAUSES = (
    Cause(
        code="FinalizerStuck",
        means="A deletion waits for a finalizer that nobody takes away.",
        names="the object that waits",
        explains="an object that does not go, and what cannot be made anew meanwhile",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("it is being deleted and has finalizers", _waits, 550, -300),
            Prediction("something still uses it", _still_used, 80, 0),
        ),
        steps=_steps,
    ),
)
