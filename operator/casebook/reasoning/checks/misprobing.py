"""What the causes about wrong probes share: the hypothesis, and the checks against ports, logs and revisions."""

from collections.abc import Callable

from casebook.analysis.signs import Sign
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import Trouble, cite_rollout, only, troubles, undo
from casebook.reasoning.checks.probes import FIELDS, Probe, declared, listens
from casebook.reasoning.situation import Situation

Check = Callable[[Situation, Candidate[Probe]], Finding]
CLIENT_ERRORS = range(400, 500)


def candidate(situation: Situation, probe: Probe, consequence: str, *signs: Sign) -> Candidate[Probe]:
    """The hypothesis that this probe asks the wrong thing, with what comes of that."""
    workload = probe.subject.workload
    rolled = probe.rolled(situation)
    return Candidate(
        object=workload.ref,
        statement=f"The {probe.kind.lower()} probe of container {probe.container.name} of "
        f"{situation.label(workload.ref)} ({probe.asks}) fails{consequence}: {probe.message[:160]}",
        harms=only(workload.ref),
        covers=frozenset(signs),
        about=probe,
        since=probe.since(),
        changed=rolled.at if rolled else None,
    )


def asks_in_vain(situation: Situation, found: Candidate[Probe]) -> Finding:
    """Held where the program refuses the request, or serves or declares other ports than the one that is asked."""
    probe = found.about
    if probe.status in CLIENT_ERRORS:
        return held(probe.failures[-1].cite(), probe.cite_spec())
    served, ports = listens(situation, probe.subject), declared(probe.container)
    if not probe.port or probe.port in served:
        return UNTESTED
    if served:
        return held(probe.cite_spec(), *list(served.values())[:1])
    return held(probe.cite_spec(), note=f"declared ports: {ports}") if ports and probe.port not in ports else UNTESTED


def program_is_well(wrong: Callable[[Trouble], bool]) -> Check:
    """Checks that the program has said something, and no error that fits."""

    def check(situation: Situation, found: Candidate[Probe]) -> Finding:
        subject = found.about.subject
        errors = [one for one in troubles(situation, subject.workload) if wrong(one)]
        logs = [log for log in situation.world.logs_of(subject.workload) if log.container == subject.container.name]
        if errors:
            return failed(errors[0].cite())
        return held(logs[0].summary()) if logs and logs[0].entries else UNTESTED

    return check


def changed(weight: int) -> Prediction[Probe]:
    """The prediction that the newest revision changed the probe."""
    return Prediction("the newest revision changed the probe", _changed, weight, 0)


def _changed(situation: Situation, found: Candidate[Probe]) -> Finding:
    rolled = found.about.rolled(situation)
    return held(cite_rollout(rolled, FIELDS[found.about.kind])) if rolled else UNTESTED


def logs(_: Situation, found: Candidate[Probe]) -> list[Query]:
    """The logs of the container, which may tell where it listens."""
    return found.about.subject.logs()


def steps(_: Situation, found: Candidate[Probe]) -> list[str]:
    """What a person would do about a probe that asks the wrong thing."""
    probe = found.about
    name = f"the {probe.kind.lower()} probe of container {probe.container.name} ({probe.asks})"
    return [f"Correct port, path or timing of {name}.", undo(probe.subject.workload)]
