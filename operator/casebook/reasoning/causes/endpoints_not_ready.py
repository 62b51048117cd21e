"""EndpointsNotReady: every backend of a Service is unready, by its own word."""

from collections.abc import Iterator

from casebook.analysis.changes import rollout
from casebook.analysis.signs import Sign
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import cite_rollout, command, only, troubles
from casebook.reasoning.checks.probes import READINESS, Probe, probes
from casebook.reasoning.situation import Situation

OWN_WORD = range(500, 600)


def _detect(situation: Situation) -> Iterator[Candidate[Probe]]:
    for probe in probes(situation, READINESS):
        workload = probe.subject.workload
        if probe.container.ready or not probe.container.is_running or workload.ready:
            continue
        yield Candidate(
            object=workload.ref,
            statement=f"No pod of {situation.label(workload.ref)} is ready: {probe.message[:200]}",
            harms=only(workload.ref),
            covers=frozenset({Sign.NOT_READY, Sign.ERRORS, Sign.VAGUE}),
            about=probe,
            since=probe.since(),
        )


def _says_itself(_: Situation, found: Candidate[Probe]) -> Finding:
    probe = found.about
    if probe.status in OWN_WORD or probe.timed_out:
        return held(probe.failures[-1].cite())
    return failed(probe.failures[-1].cite()) if probe.status else UNTESTED


def _blames_nobody(situation: Situation, found: Candidate[Probe]) -> Finding:
    """Only the logs of what calls others can tell that they are not to blame."""
    workload = found.about.subject.workload
    blamed = [one for one in troubles(situation, workload) if one.peers]
    if blamed:
        return failed(blamed[0].cite(), note="it blames something that it calls")
    read = [log.summary() for log in situation.world.logs_of(workload)]
    if not read and situation.graph.calls[workload.ref]:
        return UNTESTED
    return held(*read[:1] or [workload.thing.say("it is set up to call nobody")])


def _program_is_the_same(situation: Situation, found: Candidate[Probe]) -> Finding:
    """A new program that does not answer its probe in time where the old one did: then it is the release."""
    workload = found.about.subject.workload
    rolled = rollout(workload)
    if rolled is None or not rolled.program or rolled.at < situation.world.begin:
        return UNTESTED
    if not found.about.timed_out or troubles(situation, workload):
        return UNTESTED
    return failed(cite_rollout(rolled))


def _logs(_: Situation, found: Candidate[Probe]) -> list[Query]:
    return found.about.subject.logs()


def _steps(_: Situation, found: Candidate[Probe]) -> list[str]:
    return [command("logs", found.object, "--all-pods --tail=100"), command("describe", found.object)]


CAUSES = (
    Cause(
        code="EndpointsNotReady",
        means="Every backend is unready, by its own word.",
        names="workload",
        explains="a Service without endpoints, errors of callers",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("the program itself says that it is not ready", _says_itself, 250, -200),
            Prediction("it blames nothing that it calls", _blames_nobody, 150, -200, _logs),
            Prediction("no new program came with it", _program_is_the_same, 0, -150),
        ),
        steps=_steps,
    ),
)
