"""LivenessProbeWrong: the kubelet restarts a container that works, because its liveness probe asks the wrong thing."""

from collections.abc import Iterator

from casebook.analysis.access import text
from casebook.analysis.signs import Sign
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.misprobing import asks_in_vain, candidate, changed, logs, program_is_well, steps
from casebook.reasoning.checks.probes import LIVENESS, Probe, kills, probes
from casebook.reasoning.situation import Situation

CRASH_CODES = {1, 2, 3, 134, 139}


def _detect(situation: Situation) -> Iterator[Candidate[Probe]]:
    for probe in probes(situation, LIVENESS):
        yield candidate(situation, probe, ", so the kubelet restarts it", Sign.CRASH, Sign.NOT_READY, Sign.KILLED)


def _kubelet_kills(situation: Situation, found: Candidate[Probe]) -> Finding:
    probe = found.about
    events = kills(situation, probe.container)
    if events:
        return held(events[-1].cite(), probe.failures[-1].cite())
    return UNTESTED if probe.container.restarts else failed(probe.container.cite_state(), note="it was never restarted")


def _does_not_end_by_itself(_: Situation, found: Candidate[Probe]) -> Finding:
    container = found.about.container
    if not container.ended:
        return UNTESTED
    own = text(container.ended, "reason") == "OOMKilled" or container.exit_code in CRASH_CODES
    return failed(container.cite_ended()) if own else held(container.cite_ended())


CAUSES = (
    Cause(
        code="LivenessProbeWrong",
        means="The liveness probe asks the wrong port, path or scheme, or too impatiently.",
        names="workload",
        explains="restarts of a program that works, and moments without endpoints",
        base_rate=0.04,
        detect=_detect,
        predictions=(
            Prediction("the kubelet kills the container for its probe", _kubelet_kills, 250, -300),
            Prediction("the probe asks where nothing answers rightly", asks_in_vain, 180, -100, logs),
            Prediction("the program does not end by itself", _does_not_end_by_itself, 80, -300),
            Prediction(
                "the program says nothing of an error of its own",
                program_is_well(lambda one: bool(one.entry.exception[0])),
                50,
                -120,
                logs,
            ),
            changed(150),
        ),
        steps=steps,
    ),
)
