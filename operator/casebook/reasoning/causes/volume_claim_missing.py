"""VolumeClaimMissing: a workload mounts a claim that does not exist."""

import re

from casebook.analysis.things import Cite, Ref
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import undo
from casebook.reasoning.checks.scheduling import Unscheduled, detector, part_changed, says_so
from casebook.reasoning.situation import Situation

_WORDS = re.compile(r"persistentvolumeclaim \"(?P<name>[^\"]+)\" not found")


def _claim(item: Unscheduled) -> str:
    found = _WORDS.search(item.message)
    return found["name"] if found else ""


def _say(item: Unscheduled) -> str:
    return f"mounts PersistentVolumeClaim {_claim(item)}, which does not exist"


def _absent(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    place = found.object.namespace
    listed = situation.world.listed("persistentvolumeclaims", place)
    thing = situation.world.things.get(Ref("PersistentVolumeClaim", place, _claim(found.about)))
    if listed is None or not situation.world.complete("persistentvolumeclaims", place):
        return UNTESTED
    if thing is not None:
        return failed(thing.say("it is there now"))
    return held(Cite(listed.id, f"no PersistentVolumeClaim {_claim(found.about)} listed"))


def _steps(_: Situation, found: Candidate[Unscheduled]) -> list[str]:
    return [f"Create PersistentVolumeClaim {_claim(found.about)}, or correct its name.", undo(found.about.workload)]


CAUSES = (
    Cause(
        code="VolumeClaimMissing",
        means="A workload mounts a claim that does not exist.",
        names="PersistentVolumeClaim",
        explains="pods that stay Pending",
        base_rate=0.01,
        detect=detector(_WORDS, _say, ".volumes"),
        predictions=(
            Prediction("the scheduler says that the claim is not found", says_so(_WORDS), 560, -300),
            Prediction("no such claim is listed", _absent, 100, -300),
            Prediction("the newest revision changed the volumes", part_changed(".volumes"), 100, 0),
        ),
        steps=_steps,
    ),
)
