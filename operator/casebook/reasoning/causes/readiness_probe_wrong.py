"""ReadinessProbeWrong: a program that works is kept out of its Service by a probe that asks the wrong thing."""

from collections.abc import Iterator

from casebook.analysis.signs import Sign
from casebook.reasoning.cause import Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.misprobing import asks_in_vain, candidate, changed, logs, program_is_well, steps
from casebook.reasoning.checks.probes import READINESS, Probe, probes
from casebook.reasoning.situation import Situation

SERVER_ERRORS = range(500, 600)


def _detect(situation: Situation) -> Iterator[Candidate[Probe]]:
    for probe in probes(situation, READINESS):
        if probe.container.is_running and not probe.container.ready:
            yield candidate(situation, probe, " although it runs", Sign.NOT_READY)


def _runs_unready(_: Situation, found: Candidate[Probe]) -> Finding:
    probe = found.about
    return held(probe.failures[-1].cite(), probe.container.cite_state())


def _asks_the_wrong_thing(situation: Situation, found: Candidate[Probe]) -> Finding:
    probe = found.about
    if probe.status in SERVER_ERRORS:
        return failed(probe.failures[-1].cite(), note="the program itself says that it is not ready")
    return asks_in_vain(situation, found)


CAUSES = (
    Cause(
        code="ReadinessProbeWrong",
        means="The readiness probe asks the wrong port, path or scheme, or too impatiently.",
        names="workload",
        explains="pods that run and are not ready, a Service without endpoints, errors of callers",
        base_rate=0.04,
        detect=_detect,
        predictions=(
            Prediction("the container runs and its readiness probe fails", _runs_unready, 150, -300),
            Prediction("the probe asks where nothing answers rightly", _asks_the_wrong_thing, 250, -300, logs),
            Prediction(
                "the program says nothing of an error",
                program_is_well(lambda one: bool(one.entry.exception[0] or one.peers)),
                60,
                -150,
                logs,
            ),
            changed(180),
        ),
        steps=steps,
    ),
)
