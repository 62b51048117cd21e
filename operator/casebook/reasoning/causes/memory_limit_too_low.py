"""MemoryLimitTooLow: a container is killed at its memory limit soon after its start, or since the limit was lowered."""

from collections.abc import Iterator

from casebook.analysis.access import moment, text
from casebook.analysis.changes import PROGRAM
from casebook.analysis.signs import Sign
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.defaults import Default, defaulted
from casebook.reasoning.checks.helpers import (
    Subject,
    changed,
    changed_part,
    cite_rollout,
    command,
    containers,
    lowered,
    only,
    undo,
    was,
)
from casebook.reasoning.checks.mutated import altered
from casebook.reasoning.situation import Situation

LIMIT = ".resources.limits.memory"
KILLED = 137
AT_ONCE_SECONDS = 20


def _detect(situation: Situation) -> Iterator[Candidate[Subject]]:
    for workload, _, container in containers(situation):
        oom = text(container.ended, "reason") == "OOMKilled"
        if not (oom or container.exit_code == KILLED) or (container.steady(situation.world.now) and workload.serves):
            continue
        subject, part = Subject(workload, container), f"[{container.name}]{LIMIT}"
        rolled, given = changed(situation, workload, part), defaulted(situation, subject, "memory")
        limit = text(container.spec, "resources", "limits", "memory")
        by_default = given is not None and given.at is not None and not (rolled and rolled.at > given.at)
        yield Candidate(
            object=workload.ref,
            statement=f"Container {container.name} of {situation.label(workload.ref)} is killed at its memory limit of "
            f"{limit or 'the node'}{was(rolled, part)}{_origin(situation, given)}",
            harms=only(workload.ref),
            covers=frozenset({Sign.KILLED, Sign.CRASH, Sign.NOT_READY, Sign.JOB_FAILED}),
            about=subject,
            changed=given.at if given and by_default else rolled.at if rolled else None,
            changed_on=given.by.ref if given and by_default else None,
        )


def _origin(situation: Situation, given: Default | None) -> str:
    if given is None:
        return ""
    when = f" ({given.said()})" if given.at else ""
    return f", the default of {situation.label(given.by.ref)}{when}: its template sets none"


def _killed_for_memory(_: Situation, found: Candidate[Subject]) -> Finding:
    container = found.about.container
    if text(container.ended, "reason") == "OOMKilled":
        return held(container.cite_ended())
    return UNTESTED if container.exit_code == KILLED else failed(container.cite_ended())


def _limit_set(_: Situation, found: Candidate[Subject]) -> Finding:
    container = found.about.container
    limit = text(container.spec, "resources", "limits", "memory")
    said = container.pod.say(f"container {container.name}: resources.limits.memory = {limit or 'not set'}")
    return held(said) if limit else failed(said)


def _limit_declared(situation: Situation, found: Candidate[Subject]) -> Finding:
    """A limit that neither template nor LimitRange gives comes from whoever changed the pod on creation."""
    given = defaulted(situation, found.about, "memory")
    if given:
        return held(given.cite())
    workload, container = found.about
    pod = situation.world.pods[container.pod.ref]
    changes = [one for one in altered(situation, workload, pod, container) if one.path[-1] == "memory"]
    return failed(changes[0].owner.say(f"its template gives {changes[0].wanted or 'none'}")) if changes else UNTESTED


def _limit_lowered(situation: Situation, found: Candidate[Subject]) -> Finding:
    rolled, given = lowered(situation, found.about, LIMIT), defaulted(situation, found.about, "memory")
    if rolled:
        return held(cite_rollout(rolled, LIMIT))
    return held(given.by.say(given.said())) if given and given.is_new else UNTESTED


def _soon(situation: Situation, found: Candidate[Subject]) -> Finding:
    """What is killed at once never fitted; what serves for a while first, under the limit of before, leaks."""
    container = found.about.container
    began, ended = moment(container.ended, "startedAt"), container.ended_at
    if not began or not ended:
        return UNTESTED
    lived = (ended - began).total_seconds()
    note = f"it lived {lived:.0f} s"
    if lived <= AT_ONCE_SECONDS:
        return held(container.cite_ended(), note=note)
    lowered = changed_part(situation, found.about, LIMIT)
    program = changed_part(situation, found.about, *PROGRAM)
    return failed(container.cite_ended(), note=note) if program and not lowered else UNTESTED


def _no_probe_kills(situation: Situation, found: Candidate[Subject]) -> Finding:
    container = found.about.container
    if text(container.ended, "reason") == "OOMKilled":
        return UNTESTED
    kills = [
        one for one in situation.world.about(container.pod.ref) if one.reason == "Killing" and "probe" in one.message
    ]
    return failed(kills[-1].cite()) if kills else held(container.cite_ended(), note="no probe killed it")


def _steps(situation: Situation, found: Candidate[Subject]) -> list[str]:
    workload, container = found.about
    given = defaulted(situation, found.about, "memory")
    mend = [f"Raise resources.limits.memory of container {container.name} to what it needs.", undo(workload)]
    if given:
        mend = [
            f"Give container {container.name} a resources.limits.memory of its own, as much as it needs.",
            command("edit", given.by.ref, "  # or mend its default; pods keep what they have until they are made anew"),
        ]
    return [
        *mend,
        f"kubectl top pod -n {workload.ref.namespace} {container.pod.ref.name} --containers   # what it uses",
    ]


CAUSES = (
    Cause(
        code="MemoryLimitTooLow",
        means="A container is killed at its memory limit, which was lowered or never fitted.",
        names="workload",
        explains="containers killed with exit code 137, restarts, pods that are not ready, errors of callers",
        base_rate=0.06,
        detect=_detect,
        predictions=(
            Prediction("the kernel killed the container for its memory", _killed_for_memory, 300, -300),
            Prediction("the container has a memory limit", _limit_set, 60, -200),
            Prediction("its template or a LimitRange gives it this limit", _limit_declared, 0, -250),
            Prediction("the limit was lowered or is new", _limit_lowered, 200, 0),
            Prediction("it is killed soon after its start", _soon, 60, -190),
            Prediction("no liveness probe killed it", _no_probe_kills, 120, -350),
        ),
        steps=_steps,
    ),
)
