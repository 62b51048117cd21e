"""StartupProbeWrong: a program that starts slowly is killed before it is up."""

from collections.abc import Iterator
from datetime import timedelta

from casebook.analysis.access import count, mapping, moment, text
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import cite_condition, condition
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import only, undo
from casebook.reasoning.checks.misprobing import changed
from casebook.reasoning.checks.probes import LIVENESS, STARTUP, Probe, declared, kills, listens, probes
from casebook.reasoning.situation import Situation

DEFAULT_PERIOD, DEFAULT_FAILURES = 10, 3
ROLLED_OUT = "NewReplicaSetAvailable"
"""What the deployment controller says once all pods of the newest revision were ready."""


def _detect(situation: Situation) -> Iterator[Candidate[Probe]]:
    for kind in (STARTUP, LIVENESS):
        for probe in probes(situation, kind):
            startup = mapping(probe.container.spec, "startupProbe")
            if probe.container.ready or (kind == LIVENESS and startup):
                continue
            rolled = probe.rolled(situation)
            yield Candidate(
                object=probe.subject.workload.ref,
                statement=f"{probe.subject.said(situation)} is killed by its {kind.lower()} probe after about "
                f"{allowance(probe)} s, before it is up",
                harms=only(probe.subject.workload.ref),
                covers=frozenset({Sign.CRASH, Sign.NOT_READY}),
                about=probe,
                changed=rolled.at if rolled else None,
            )


def allowance(probe: Probe) -> int:
    """Seconds that the probe gives a container to start: the delay and all failures but the first period."""
    period = count(probe.spec, "periodSeconds") or DEFAULT_PERIOD
    failures = count(probe.spec, "failureThreshold") or DEFAULT_FAILURES
    return count(probe.spec, "initialDelaySeconds") + period * failures


def _kubelet_kills(situation: Situation, found: Candidate[Probe]) -> Finding:
    events = kills(situation, found.about.container)
    return held(events[-1].cite()) if events else UNTESTED


def _never_up(situation: Situation, found: Candidate[Probe]) -> Finding:
    probe = found.about
    served = listens(situation, probe.subject)
    if served:
        return failed(*list(served.values())[:1])
    return held(probe.failures[-1].cite()) if probe.refused or probe.timed_out else UNTESTED


def _never_ready(_: Situation, found: Candidate[Probe]) -> Finding:
    """A revision whose rollout was completed has been up; without a readiness probe that tells nothing."""
    workload = found.about.subject.workload.thing
    if not mapping(found.about.container.spec, "readinessProbe"):
        return UNTESTED
    done = text(condition(workload, "Progressing"), "reason") == ROLLED_OUT
    return failed(cite_condition(workload, "Progressing")) if done else UNTESTED


def _dies_at_the_allowance(_: Situation, found: Candidate[Probe]) -> Finding:
    container = found.about.container
    began, ended = container.ended.get("startedAt"), container.ended_at
    if not ended or not isinstance(began, str):
        return UNTESTED
    lived = _lived(found.about)
    limit = timedelta(seconds=allowance(found.about) + 45)
    return held(container.cite_ended(), note=f"lived {lived}") if lived <= limit else failed(container.cite_ended())


def _lived(probe: Probe) -> timedelta:
    began, ended = moment(probe.container.ended, "startedAt"), probe.container.ended_at
    return ended - began if began and ended else timedelta()


def _asks_right_port(_: Situation, found: Candidate[Probe]) -> Finding:
    probe = found.about
    ports = declared(probe.container)
    if not ports or not probe.port:
        return UNTESTED
    return held(probe.cite_spec()) if probe.port in ports else failed(probe.cite_spec())


def _steps(_: Situation, found: Candidate[Probe]) -> list[str]:
    return [
        f"Give container {found.about.container.name} more than {allowance(found.about)} s to start: a startupProbe.",
        undo(found.about.subject.workload),
    ]


CAUSES = (
    Cause(
        code="StartupProbeWrong",
        means="A program that starts slowly is killed by its startup or liveness probe before it is up.",
        names="workload",
        explains="a container that is restarted again and again and never becomes ready",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("the kubelet kills the container for its probe", _kubelet_kills, 200, -200),
            Prediction("the program is not up when it is killed", _never_up, 150, -300),
            Prediction("its newest revision was never ready", _never_ready, 0, -300),
            Prediction("it dies when the probe's patience ends", _dies_at_the_allowance, 100, -200),
            Prediction("the probe asks a port that the container declares", _asks_right_port, 60, -250),
            changed(80),
        ),
        steps=_steps,
    ),
)
