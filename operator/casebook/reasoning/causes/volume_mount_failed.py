"""VolumeMountFailed, VolumeInUse: a volume cannot be mounted, or another pod or node holds it."""

import re

from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed
from casebook.reasoning.checks.helpers import command, undo
from casebook.reasoning.checks.mounting import EXPLAINS, SAYS_SO, Unmounted, detector
from casebook.reasoning.situation import Situation

_IN_USE = re.compile(
    r"Multi-Attach error|ReadWriteOncePod access mode|is already used by pod|already exclusively attached"
)
_FAILED = re.compile(r"^(?!.*Multi-Attach).*(?:MountVolume|AttachVolume|mount)", re.DOTALL)
_MISSING = re.compile(
    r"(?:configmap|secret|persistentvolumeclaim) \"[^\"]+\" not found|references non-existent", re.IGNORECASE
)


def _in_use(situation: Situation, item: Unmounted) -> str:
    return f"A volume of {situation.label(item.workload.ref)} is in use elsewhere: {item.event.message[:240]}"


def _fails(situation: Situation, item: Unmounted) -> str:
    return f"A volume of {situation.label(item.workload.ref)} cannot be mounted: {item.event.message[:240]}"


def _source_exists(situation: Situation, found: Candidate[Unmounted]) -> Finding:
    """A reference to nothing has causes of its own."""
    about = situation.world.about(found.about.pod.thing.ref)
    missing = [one for one in about if one.reason == "FailedMount" and _MISSING.search(one.message)]
    return failed(missing[-1].cite()) if missing else UNTESTED


def _steps(_: Situation, found: Candidate[Unmounted]) -> list[str]:
    pod = found.about.pod.thing.ref
    return [command("describe", pod, "  # the events name volume and reason"), undo(found.about.workload)]


def _steps_in_use(_: Situation, found: Candidate[Unmounted]) -> list[str]:
    return [
        "End the pod that holds the volume, or give the new one a volume of its own; RollingUpdate needs both at once.",
        f"kubectl get pods -n {found.about.workload.ref.namespace} -o wide   # who mounts the claim, and where",
        command("describe", found.object),
    ]


CAUSES = (
    Cause(
        code="VolumeInUse",
        means="A volume is held by another pod or node.",
        names="PersistentVolumeClaim or PersistentVolume",
        explains=EXPLAINS,
        base_rate=0.01,
        detect=detector(_IN_USE, _in_use),
        predictions=(SAYS_SO,),
        steps=_steps_in_use,
    ),
    Cause(
        code="VolumeMountFailed",
        means="A volume cannot be attached or mounted.",
        names="PersistentVolumeClaim, or workload where the volume is none",
        explains=EXPLAINS,
        base_rate=0.01,
        detect=detector(_FAILED, _fails),
        predictions=(SAYS_SO, Prediction("what it refers to exists", _source_exists, 0, -400)),
        steps=_steps,
    ),
)
