"""VolumePermissionDenied: ownership or mode of a volume keeps a program out."""

import re
from collections.abc import Iterator

from casebook.analysis import failures
from casebook.analysis.access import listed, text
from casebook.reasoning.cause import Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.logged import (
    EXPLAINS,
    Said,
    advice,
    candidate,
    of_kind,
    part_changed,
    quoted,
    says_so,
    spoken,
)
from casebook.reasoning.situation import Situation

_OTHER = re.compile(r"read-only file ?system|erofs|bind|listen|privileged port|\bport \d", re.IGNORECASE)
PARTS = ("securityContext", "volumes")


def _detect(situation: Situation) -> Iterator[Candidate[Said]]:
    for found in spoken(situation, of_kind(failures.PERMISSION)):
        entries = tuple(one for one in found.entries if not _OTHER.search(one.entry.said))
        if entries and _mounted(found):
            said = Said(found.workload, entries)
            label = situation.label(found.workload.ref)
            yield candidate(situation, said, f"{label} may not use its volume: {quoted(said)}", parts=PARTS)


def _mounted(found: Said) -> list[str]:
    mounts = [mount for _, _, spec in found.workload.specs() for mount in listed(spec, "volumeMounts")]
    return [text(mount, "mountPath") for mount in mounts if text(mount, "mountPath")]


def _names_a_mount(_: Situation, found: Candidate[Said]) -> Finding:
    paths = _mounted(found.about)
    for one in found.about.entries:
        if any(path in one.entry.said for path in paths):
            return held(one.cite())
    return failed(found.about.entries[0].cite(), note=f"mounted are: {', '.join(paths)}")


CAUSES = (
    Cause(
        code="VolumePermissionDenied",
        means="Ownership or mode of a volume keeps the program out.",
        names="workload or PersistentVolumeClaim",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=_detect,
        predictions=(
            says_so("the program says that it may not read or write", 300),
            Prediction("the path that is refused is a mounted volume", _names_a_mount, 120, -120),
            Prediction("the newest revision changed user or volumes", part_changed(*PARTS), 100, 0),
        ),
        steps=advice("Give the volume to the container's user: fsGroup, or ownership on the volume."),
    ),
)
