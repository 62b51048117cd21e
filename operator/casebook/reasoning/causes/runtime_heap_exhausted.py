"""RuntimeHeapExhausted: the program's own heap limit is reached below the container's limit."""

from casebook.analysis import failures
from casebook.analysis.access import text
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.logged import EXPLAINS, Said, advice, detector, part_changed, says_so
from casebook.reasoning.situation import Situation


def _not_killed(_: Situation, found: Candidate[Said]) -> Finding:
    ended = [one for one in found.about.workload.containers if one.ended]
    killed = [one for one in ended if text(one.ended, "reason") == "OOMKilled"]
    if killed:
        return failed(killed[0].cite_ended())
    return held(ended[0].cite_ended()) if ended else UNTESTED


CAUSES = (
    Cause(
        code="RuntimeHeapExhausted",
        means="The program's own heap limit is reached below the container's limit.",
        names="workload or ConfigMap",
        explains=EXPLAINS,
        base_rate=0.02,
        detect=detector(failures.MEMORY, "runs out of its own heap", "HEAP", ".env", ".envFrom", ".args"),
        predictions=(
            says_so("the program says that its memory is used up", 350),
            Prediction("the kernel did not kill the container", _not_killed, 100, -300),
            Prediction(
                "the newest revision changed its settings", part_changed("HEAP", ".env", ".envFrom", ".args"), 60, 0
            ),
        ),
        steps=advice("Raise the heap that the program allows itself (its container allows more), or let it need less."),
    ),
)
