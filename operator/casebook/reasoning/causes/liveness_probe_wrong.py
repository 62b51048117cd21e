"""LivenessProbeWrong: the kubelet restarts a container that works, because its liveness probe asks the wrong thing."""

from collections.abc import Iterator

from casebook.analysis.access import text
from casebook.analysis.signs import Sign
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.helpers import cite_rollout, only, troubles, undo
from casebook.reasoning.probes import LIVENESS, Probe, declared, kills, listens, probes
from casebook.reasoning.situation import Situation

CRASH_CODES = {1, 2, 3, 134, 139}


def _detect(situation: Situation) -> Iterator[Candidate[Probe]]:
    for probe in probes(situation, LIVENESS):
        rolled = probe.rolled(situation)
        yield Candidate(
            object=probe.subject.workload.ref,
            statement=f"The liveness probe of container {probe.container.name} of "
            f"{situation.label(probe.subject.workload.ref)} ({probe.asks}) fails, so the kubelet restarts it: "
            f"{probe.message[:160]}",
            harms=only(probe.subject.workload.ref),
            covers=frozenset({Sign.CRASH, Sign.NOT_READY, Sign.KILLED}),
            about=probe,
            since=probe.since(),
            changed=rolled.at if rolled else None,
        )


def _kubelet_kills(situation: Situation, found: Candidate[Probe]) -> Finding:
    probe = found.about
    events = kills(situation, probe.container)
    if events:
        return held(events[-1].cite(), probe.failures[-1].cite())
    return UNTESTED if probe.container.restarts else failed(probe.container.cite_state(), note="it was never restarted")


def _asks_where_nothing_is(situation: Situation, found: Candidate[Probe]) -> Finding:
    probe = found.about
    served = listens(situation, probe.subject)
    if probe.port and served and probe.port not in served:
        return held(probe.cite_spec(), *list(served.values())[:1])
    if probe.port and declared(probe.container) and probe.port not in declared(probe.container):
        return held(probe.cite_spec(), note=f"declared ports: {declared(probe.container)}")
    if probe.status in range(400, 500):
        return held(probe.failures[-1].cite(), probe.cite_spec())
    return UNTESTED


def _does_not_end_by_itself(_: Situation, found: Candidate[Probe]) -> Finding:
    container = found.about.container
    if not container.ended:
        return UNTESTED
    own = text(container.ended, "reason") == "OOMKilled" or container.exit_code in CRASH_CODES
    return failed(container.cite_ended()) if own else held(container.cite_ended())


def _program_is_well(situation: Situation, found: Candidate[Probe]) -> Finding:
    subject = found.about.subject
    logs = [log for log in situation.world.logs_of(subject.workload) if log.container == subject.container.name]
    raised = [one for one in troubles(situation, subject.workload) if one.entry.exception[0]]
    if raised:
        return failed(raised[0].cite())
    return held(logs[0].summary()) if logs and logs[0].entries else UNTESTED


def _logs(_: Situation, found: Candidate[Probe]) -> list[Query]:
    return found.about.subject.logs()


def _changed(situation: Situation, found: Candidate[Probe]) -> Finding:
    rolled = found.about.rolled(situation)
    return held(cite_rollout(rolled, "livenessProbe")) if rolled else UNTESTED


def _steps(_: Situation, found: Candidate[Probe]) -> list[str]:
    probe = found.about
    return [
        f"Correct port, path or timing of the liveness probe of container {probe.container.name} ({probe.asks}).",
        undo(probe.subject.workload),
    ]


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
            Prediction("the probe asks where nothing answers rightly", _asks_where_nothing_is, 180, -100, _logs),
            Prediction("the program does not end by itself", _does_not_end_by_itself, 80, -300),
            Prediction("the program says nothing of an error of its own", _program_is_well, 50, -120, _logs),
            Prediction("the newest revision changed the probe", _changed, 150, 0),
        ),
        steps=_steps,
    ),
)
