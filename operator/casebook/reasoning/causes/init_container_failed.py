"""InitContainerFailed: an init container fails, or waits for something that never comes."""

from collections.abc import Iterator

from casebook.analysis.signs import Sign
from casebook.analysis.symptoms import runs_on
from casebook.analysis.unending import suspended
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import (
    Subject,
    changed_part,
    cite_rollout,
    command,
    containers,
    last_words,
    only,
    undo,
)
from casebook.reasoning.checks.waiting import waiting_for
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[Subject]]:
    for workload, _, container in containers(situation):
        if not container.init or container.sidecar:
            continue
        if not container.exit_code and not runs_on(situation.world, container):
            continue
        subject = Subject(workload, container)
        how = f"ends with exit code {container.exit_code}" if container.exit_code else "waits and does not end"
        said = last_words(situation, container)
        words = f": {said[-1].entry.message[:160]}" if said else ""
        rolled = changed_part(situation, subject, "")
        yield Candidate(
            object=workload.ref,
            statement=f"Init container {container.name} of {situation.label(workload.ref)} {how}{words}",
            harms=only(workload.ref),
            covers=frozenset({Sign.CRASH, Sign.NOT_READY, Sign.KILLED}),
            about=subject,
            changed=rolled.at if rolled else None,
        )


def _blocks(_: Situation, found: Candidate[Subject]) -> Finding:
    container = found.about.container
    mains = [one for pod in found.about.workload.live for one in pod.containers if not one.init]
    started = [one for one in mains if one.is_running and one.pod.ref == container.pod.ref]
    return failed(started[0].cite_state()) if started else held(container.cite_state())


def _own_fault(situation: Situation, found: Candidate[Subject]) -> Finding:
    said = last_words(situation, found.about.container)
    if not said:
        return UNTESTED
    jobs = [one.ref for one in situation.world.all("Job") if suspended(one)]
    waits = [cite for job in jobs for workload, cite in waiting_for(situation, job) if workload.ref == found.object]
    if waits:
        return failed(*waits[:1], note="it waits for a Job that is suspended")
    blamed = [one for one in said if one.peers]
    return failed(blamed[0].cite(), note="it waits for something else") if blamed else held(said[-1].cite())


def _logs(_: Situation, found: Candidate[Subject]) -> list[Query]:
    return found.about.logs()


def _changed(situation: Situation, found: Candidate[Subject]) -> Finding:
    rolled = changed_part(situation, found.about, "")
    return held(cite_rollout(rolled, "initContainers")) if rolled else UNTESTED


def _steps(_: Situation, found: Candidate[Subject]) -> list[str]:
    subject = found.about
    return [
        f"{command('logs', subject.workload.ref, f'-c {subject.container.name}')}   # what it fails at or waits for",
        undo(subject.workload),
    ]


CAUSES = (
    Cause(
        code="InitContainerFailed",
        means="An init container fails, or waits for something that never comes.",
        names="workload",
        explains="pods that never get to their main containers",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("the main containers have not started because of it", _blocks, 300, -300),
            Prediction("it fails by itself, not for something that it calls", _own_fault, 80, -120, _logs),
            Prediction("the newest revision changed it", _changed, 120, 0),
        ),
        steps=_steps,
    ),
)
