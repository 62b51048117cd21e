"""VolumeBindingFailed: no volume fits a claim, none can be made for it, or its volume is where no pod may run."""

import re
from collections.abc import Iterator

from casebook.analysis.access import dig, quantity, text, words
from casebook.analysis.things import Ref, Thing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.claims import Pending, candidate, is_pending, mounts, pending
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.checks.scheduling import unscheduled
from casebook.reasoning.situation import Situation

_WORDS = re.compile(
    r"no persistent volumes available|no volume plugin matched|failed to provision|ProvisioningFailed|"
    r"cannot bind to requested volume|volume .* already bound",
    re.IGNORECASE,
)
_APART = re.compile(r"volume node affinity conflict|match PersistentVolume's node affinity")
"""What schedulers say where the volume of a claim can be used on other nodes only."""


def _detect(situation: Situation) -> Iterator[Candidate[Pending]]:
    for item in pending(situation):
        name = item.storage_class
        missing = bool(name) and Ref("StorageClass", "", name) not in situation.world.things
        if _WORDS.search(item.said) or (missing and _offered(situation, item)) or (not name and not item.events):
            why = next(iter(_unfit(situation, item)), "") or item.said[:200] or "no volume is offered to it"
            yield candidate(situation, item, f"cannot be bound: {why}")
    for item in _apart(situation):
        yield candidate(
            situation, item, f"has a volume that no node offers on which its pods may run: {item.said[:200]}"
        )


def _apart(situation: Situation) -> Iterator[Pending]:
    """Claims whose volume is there, with the pods that cannot get to it."""
    for item in unscheduled(situation):
        events = [one for one in situation.world.about(item.pod.thing.ref) if _APART.search(one.message)]
        for claim in situation.world.all("PersistentVolumeClaim") if events else ():
            if mounts(item.workload, claim.ref) and _where(situation, claim):
                yield Pending(claim, (item.workload,), tuple(events))


def _where(situation: Situation, claim: Thing) -> Thing | None:
    """The volume of a claim, if it can be used on some nodes only."""
    volume = situation.world.things.get(Ref("PersistentVolume", "", text(claim.raw, "spec", "volumeName")))
    return volume if volume and volume.spec("nodeAffinity") else None


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


def _is_out_of_reach(situation: Situation, found: Candidate[Pending]) -> Finding:
    volume = _where(situation, found.about.claim)
    return held(volume.cite("spec", "nodeAffinity")) if volume else is_pending(situation, found)


def _it_is_said(_: Situation, found: Candidate[Pending]) -> Finding:
    events = [one for one in found.about.events if _WORDS.search(one.message) or _APART.search(one.message)]
    return held(events[-1].cite()) if events else UNTESTED


def _no_volume_fits(situation: Situation, found: Candidate[Pending]) -> Finding:
    offered, unfit = _offered(situation, found.about), _unfit(situation, found.about)
    if not situation.world.complete("persistentvolumes", "") or _where(situation, found.about.claim):
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
        means="No volume fits the claim, none can be made for it, or its volume is where its pods may not run.",
        names="PersistentVolumeClaim or PersistentVolume",
        explains="a claim that stays Pending, and pods that wait for it",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("the claim is not bound, or its volume bound to nodes", _is_out_of_reach, 60, -300),
            Prediction("the volume controller or the scheduler says so", _it_is_said, 400, 0),
            Prediction("no volume that exists fits", _no_volume_fits, 150, -300),
        ),
        steps=_steps,
    ),
)
