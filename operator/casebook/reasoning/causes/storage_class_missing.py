"""StorageClassMissing: a claim asks for a StorageClass that does not exist, or for a default that is not there."""

from collections.abc import Iterator

from casebook.analysis.things import Cite, Ref
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.claims import Pending, candidate, is_pending, pending
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.situation import Situation

CLASSES = "storageclasses.storage.k8s.io"


def _detect(situation: Situation) -> Iterator[Candidate[Pending]]:
    for item in pending(situation):
        name = item.storage_class
        gone = bool(name) and Ref("StorageClass", "", name) not in situation.world.things
        if gone and (_said(item) or situation.world.complete(CLASSES, "")) and not _static(situation, item):
            yield candidate(situation, item, f"asks for StorageClass {name}, which does not exist")


def _static(situation: Situation, item: Pending) -> bool:
    """A class without an object is fine where volumes made by hand carry its name."""
    volumes = situation.world.all("PersistentVolume")
    return any(volume.spec("storageClassName") == item.storage_class for volume in volumes)


def _said(item: Pending) -> bool:
    return "storageclass" in item.said and "not found" in item.said


def _no_such_class(situation: Situation, found: Candidate[Pending]) -> Finding:
    name = found.about.storage_class
    listed = situation.world.listed(CLASSES, "")
    thing = situation.world.things.get(Ref("StorageClass", "", name))
    if thing is not None:
        return failed(thing.say("it exists"))
    if listed is None or not situation.world.complete(CLASSES, ""):
        return UNTESTED
    names = ", ".join(one.ref.name for one in situation.world.all("StorageClass")) or "none"
    return held(Cite(listed.id, f"StorageClasses: {names}; not among them: {name}"))


def _provisioner_says_so(_: Situation, found: Candidate[Pending]) -> Finding:
    events = [one for one in found.about.events if "not found" in one.message]
    return held(events[-1].cite()) if events else UNTESTED


def _steps(_: Situation, found: Candidate[Pending]) -> list[str]:
    return [
        "Make the claim again with a storageClassName that exists (it cannot be changed), or create the class.",
        "kubectl get storageclasses",
        command("describe", found.object),
    ]


CAUSES = (
    Cause(
        code="StorageClassMissing",
        means="A claim asks for a StorageClass that does not exist.",
        names="PersistentVolumeClaim",
        explains="a claim that stays Pending, and pods that wait for it",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("the claim is not bound", is_pending, 60, -300),
            Prediction("no such StorageClass is listed", _no_such_class, 250, -350),
            Prediction("the volume controller says that the class is not found", _provisioner_says_so, 250, 0),
        ),
        steps=_steps,
    ),
)
