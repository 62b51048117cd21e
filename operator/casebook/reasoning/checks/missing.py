"""Causes that a workload refers to a ConfigMap, a Secret or a key of one that is not there."""

from collections.abc import Callable, Iterator

from casebook.analysis.changes import Edit, Rollout, changed_after_creation
from casebook.analysis.settings import Reference, references
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Ref
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import changed, cite_rollout, only, undo
from casebook.reasoning.checks.references import Dangling, dangling
from casebook.reasoning.situation import Situation

Look = Callable[[Ref], list[str]]
_COVERS = frozenset({Sign.CREATE, Sign.MOUNT, Sign.NOT_READY, Sign.CRASH})
_SAID = frozenset({Sign.ERRORS, Sign.VAGUE, Sign.JOB_FAILED})


def _candidate(situation: Situation, item: Dangling) -> Candidate[Dangling]:
    """The hypothesis that this reference keeps the workload from starting."""
    name = item.target.label(item.target.namespace)
    what = f"key {item.key} of {name}" if item.key else name
    rolled, edit = _brought(situation, item), _emptied(situation, item)
    said = "the key is not in it" if item.key else "it does not exist"
    how = f"reads {item.path}, which is {what}" if item.path else f"refers to {what}"
    since = f"; it was written by {edit.manager} at {timestamp(edit.at)}" if edit else ""
    return Candidate(
        object=item.target if edit else item.workload.ref,
        statement=f"{situation.label(item.workload.ref)} {how}, but {said}{since}",
        harms=only(item.workload.ref),
        covers=_COVERS | _SAID if item.path else _COVERS,
        about=item,
        changed=edit.at if edit else rolled.at if rolled else None,
    )


def _emptied(situation: Situation, item: Dangling) -> Edit | None:
    """The write within the time asked about after which a program did not find its file any more."""
    thing = situation.world.things.get(item.target) if item.path else None
    edit = changed_after_creation(thing) if thing else None
    return edit if edit and edit.at >= situation.world.begin else None


def _detector(kind: str, *, keyed: bool) -> Callable[[Situation], Iterator[Candidate[Dangling]]]:
    """Detects references to a kind of object that is missing, or to a key that is missing in it."""

    def detect(situation: Situation) -> Iterator[Candidate[Dangling]]:
        for item in dangling(situation):
            if item.target.kind == kind and bool(item.key) is keyed:
                yield _candidate(situation, item)

    return detect


def _is_said(_: Situation, found: Candidate[Dangling]) -> Finding:
    return held(*found.about.cites)


def _template_refers(_: Situation, found: Candidate[Dangling]) -> Finding:
    item = _reference(found.about)
    thing = found.about.workload.thing
    return held(thing.cite(*item.path)) if item else failed(thing.say("no such reference in its template now"))


def _reference(item: Dangling) -> Reference | None:
    mine = [one for one in references(item.workload) if one.target == item.target]
    return next((one for one in mine if one.key == item.key or not item.key or item.path), None)


def _really_absent(situation: Situation, found: Candidate[Dangling]) -> Finding:
    item = found.about
    if item.target.kind != "ConfigMap" or not situation.world.complete("configmaps", item.target.namespace):
        return UNTESTED
    listed = situation.world.listed("configmaps", item.target.namespace)
    thing = situation.world.things.get(item.target)
    if thing is None:
        return held(Cite(listed.id if listed else "", f"no ConfigMap {item.target.name} among those listed"))
    keys = sorted({*(thing.raw.get("data") or {}), *(thing.raw.get("binaryData") or {})}, key=str)
    if item.key and item.key not in keys:
        return held(thing.say(f"keys: {', '.join(map(str, keys[:12]))}"))
    return failed(thing.say(f"it is there now, keys: {', '.join(map(str, keys[:12]))}"))


def _newly_referred(situation: Situation, found: Candidate[Dangling]) -> Finding:
    rolled, edit = _brought(situation, found.about), _emptied(situation, found.about)
    if edit:
        return held(
            situation.world.things[found.about.target].say(f"written by {edit.manager} at {timestamp(edit.at)}")
        )
    return held(cite_rollout(rolled)) if rolled else UNTESTED


def _brought(situation: Situation, item: Dangling) -> Rollout | None:
    rolled = changed(situation, item.workload, "spec")
    named = (item.key, item.target.name)
    new = {str(one.new) for one in rolled.found if one.new is not None} if rolled else set()
    return rolled if any(name in new for name in named if name) else None


_PREDICTIONS: tuple[Prediction[Dangling], ...] = (
    Prediction("the kubelet, or the program that reads it, says that it is not there", _is_said, 450, -300),
    Prediction("the pod template refers to it", _template_refers, 60, -300),
    Prediction("it is really absent from what was listed", _really_absent, 150, -250),
    Prediction("the newest revision brought the reference, or a write took the key away", _newly_referred, 100, 0),
)


def missing(code: str, kind: str, *, keyed: bool, look: Look) -> Cause[Dangling]:
    """The cause that a workload refers to an object of this kind, or to a key of one, that is not there.

    `look` gives the commands with which a person sees what there is instead.
    """
    what = f"a key that its {kind} does not have" if keyed else f"a {kind} that does not exist"
    return Cause(
        code=code,
        means=f"A workload refers to {what}.",
        names=f"workload or {kind}",
        explains="containers that cannot be created or volumes that cannot be mounted, and what follows from that",
        base_rate=0.02,
        detect=_detector(kind, keyed=keyed),
        predictions=_PREDICTIONS,
        steps=lambda _, found: [_remedy(found.about), *look(found.about.target), undo(found.about.workload)],
    )


def _remedy(item: Dangling) -> str:
    name = f"{item.target.kind} {item.target.name}"
    if item.key:
        return f"Add key {item.key} to {name}, or correct the key in the reference."
    return f"Create {name}, or correct the name where the workload refers to it."
