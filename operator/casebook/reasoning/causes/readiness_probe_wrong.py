"""ReadinessProbeWrong: a program that works is kept out of its Service by a probe that asks the wrong thing."""

from collections.abc import Iterator

from casebook.analysis.signs import Sign
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.helpers import cite_rollout, only, troubles, undo
from casebook.reasoning.probes import READINESS, Probe, declared, listens, probes
from casebook.reasoning.situation import Situation

CLIENT_ERRORS = range(400, 500)
SERVER_ERRORS = range(500, 600)


def _detect(situation: Situation) -> Iterator[Candidate[Probe]]:
    for probe in probes(situation, READINESS):
        if probe.container.ready or not probe.container.is_running:
            continue
        rolled = probe.rolled(situation)
        yield Candidate(
            object=probe.subject.workload.ref,
            statement=f"The readiness probe of container {probe.container.name} of "
            f"{situation.label(probe.subject.workload.ref)} ({probe.asks}) fails although it runs: "
            f"{probe.message[:160]}",
            harms=only(probe.subject.workload.ref),
            covers=frozenset({Sign.NOT_READY}),
            about=probe,
            since=probe.since(),
            changed=rolled.at if rolled else None,
        )


def _runs_unready(_: Situation, found: Candidate[Probe]) -> Finding:
    probe = found.about
    return held(probe.failures[-1].cite(), probe.container.cite_state())


def _asks_the_wrong_thing(situation: Situation, found: Candidate[Probe]) -> Finding:
    probe = found.about
    if probe.status in CLIENT_ERRORS:
        return held(probe.failures[-1].cite(), probe.cite_spec())
    if probe.status in SERVER_ERRORS:
        return failed(probe.failures[-1].cite(), note="the program itself says that it is not ready")
    served = listens(situation, probe.subject)
    ports = declared(probe.container)
    if probe.port and served:
        return held(probe.cite_spec(), *list(served.values())[:1]) if probe.port not in served else UNTESTED
    if probe.port and ports and probe.port not in ports:
        return held(probe.cite_spec(), note=f"declared ports: {ports}")
    return UNTESTED


def _program_is_well(situation: Situation, found: Candidate[Probe]) -> Finding:
    subject = found.about.subject
    wrong = [one for one in troubles(situation, subject.workload) if one.entry.exception[0] or one.peers]
    logs = [log for log in situation.world.logs_of(subject.workload) if log.container == subject.container.name]
    if wrong:
        return failed(wrong[0].cite())
    return held(logs[0].summary()) if logs and logs[0].entries else UNTESTED


def _changed(situation: Situation, found: Candidate[Probe]) -> Finding:
    rolled = found.about.rolled(situation)
    return held(cite_rollout(rolled, "readinessProbe")) if rolled else UNTESTED


def _logs(_: Situation, found: Candidate[Probe]) -> list[Query]:
    return found.about.subject.logs()


def _steps(_: Situation, found: Candidate[Probe]) -> list[str]:
    probe = found.about
    return [
        f"Correct port, path or timing of the readiness probe of container {probe.container.name} ({probe.asks}).",
        undo(probe.subject.workload),
    ]


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
            Prediction("the probe asks where nothing answers rightly", _asks_the_wrong_thing, 250, -300, _logs),
            Prediction("the program says nothing of an error", _program_is_well, 60, -150, _logs),
            Prediction("the newest revision changed the probe", _changed, 180, 0),
        ),
        steps=_steps,
    ),
)
