"""VolumeFull: a volume has no space left."""

from collections.abc import Iterator

from casebook.analysis import failures
from casebook.analysis.access import listed, text
from casebook.analysis.things import Ref
from casebook.reasoning.cause import Candidate, Cause
from casebook.reasoning.checks.logged import EXPLAINS, Said, advice, candidate, of_kind, quoted, says_so, spoken
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[Said]]:
    for found in spoken(situation, of_kind(failures.NO_SPACE)):
        claims = _claims(found)
        where = situation.label(claims[0]) if claims else f"A volume of {situation.label(found.workload.ref)}"
        yield candidate(situation, found, f"{where} is full: {quoted(found)}", thing=claims[0] if claims else None)


def _claims(found: Said) -> list[Ref]:
    place = found.workload.ref.namespace
    pods = [pod.thing.raw for pod in found.workload.pods] or [found.workload.template]
    names = [text(one, "persistentVolumeClaim", "claimName") for raw in pods for one in listed(raw, "spec", "volumes")]
    return [Ref("PersistentVolumeClaim", place, name) for name in dict.fromkeys(names) if name]


CAUSES = (
    Cause(
        code="VolumeFull",
        means="A volume has no space left.",
        names="PersistentVolumeClaim or workload",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=_detect,
        predictions=(says_so("the program says that no space is left", 380),),
        steps=advice("Free space on the volume or make it larger; find out what filled it."),
    ),
)
