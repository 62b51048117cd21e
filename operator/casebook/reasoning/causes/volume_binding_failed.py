"""VolumeBindingFailed: no volume fits a claim, or none can be made for it."""

import re
from collections.abc import Iterator

from casebook.analysis.access import dig, quantity, text, words
from casebook.analysis.things import Ref, Thing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.claims import Pending, candidate, is_pending, pending
from casebook.reasoning.helpers import command
from casebook.reasoning.situation import Situation

_WORDS = re.compile(
    r"no persistent volumes available|no volume plugin matched|failed to provision|ProvisioningFailed|"
    r"cannot bind to requested volume|volume .* already bound|node affinity conflict",
    re.IGNORECASE,
)


def _detect(situation: Situation) -> Iterator[Candidate[Pending]]:
    for item in pending(situation):
        name = item.storage_class
        missing = bool(name) and Ref("StorageClass", "", name) not in situation.world.things
        if _WORDS.search(item.said) or (missing and _offered(situation, item)) or (not name and not item.events):
            why = next(iter(_unfit(situation, item)), "") or item.said[:200] or "no volume is offered to it"
            yield candidate(situation, item, f"cannot be bound: {why}")


def _offered(situation: Situation, item: Pending) -> list[Thing]:
    """Volumes of the class that the claim asks for."""
    volumes = situation.world.all("PersistentVolume")
    return [one for one in volumes if text(one.raw, "spec", "storageClassName") == item.storage_class]


def _unfit(situation: Situation, item: Pending) -> list[str]:
    """Why each volume of the class does not fit."""
    found = []
    wanted = quantity(item.claim.raw, "spec", "resources", "requests", "storage") or 0.0
    modes = set(words(item.claim.raw, "spec", "accessModes"))
    for volume in _offered(situation, item):
        name, phase = volume.ref.name, text(volume.raw, "status", "phase")
        holder = text(volume.raw, "spec", "claimRef", "name")
        if (quantity(volume.raw, "spec", "capacity", "storage") or 0.0) < wanted:
            size = text(volume.raw, "spec", "capacity", "storage")
            found.append(f"PersistentVolume/{name} has {size}, less than the claim wants")
        elif not modes <= set(words(volume.raw, "spec", "accessModes")):
            found.append(f"PersistentVolume/{name} does not offer access mode {', '.join(sorted(modes))}")
        elif phase in ("Released", "Failed") or (holder and holder != item.claim.ref.name):
            found.append(f"PersistentVolume/{name} is {phase or 'taken'} and still belongs to claim {holder}")
        elif dig(item.claim.raw, "spec", "selector"):
            found.append(f"PersistentVolume/{name} does not carry the labels of the claim's selector")
    return found


def _controller_says_so(_: Situation, found: Candidate[Pending]) -> Finding:
    events = [one for one in found.about.events if _WORDS.search(one.message)]
    return held(events[-1].cite()) if events else UNTESTED


def _no_volume_fits(situation: Situation, found: Candidate[Pending]) -> Finding:
    offered, unfit = _offered(situation, found.about), _unfit(situation, found.about)
    if not situation.world.complete("persistentvolumes", ""):
        return UNTESTED
    if offered and len(unfit) < len(offered):
        return failed(offered[0].cite("status", "phase"), note="a volume fits")
    cites = [volume.cite("spec", "accessModes", note=why) for volume, why in zip(offered, unfit, strict=False)]
    return held(found.about.claim.cite("spec"), *cites[:2])


def _steps(_: Situation, found: Candidate[Pending]) -> list[str]:
    return [
        "Make a volume that fits the claim (size, access mode, class, selector), or free the one that it should get.",
        "kubectl get persistentvolumes",
        command("describe", found.object),
    ]


CAUSES = (
    Cause(
        code="VolumeBindingFailed",
        means="No volume fits the claim, or none can be made for it.",
        names="PersistentVolumeClaim or PersistentVolume",
        explains="a claim that stays Pending, and pods that wait for it",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("the claim is not bound", is_pending, 60, -300),
            Prediction("the volume controller says that nothing fits", _controller_says_so, 400, 0),
            Prediction("no volume that exists fits", _no_volume_fits, 150, -300),
        ),
        steps=_steps,
    ),
)
