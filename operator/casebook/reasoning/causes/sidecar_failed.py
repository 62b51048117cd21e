"""SidecarFailed: the program of a pod is well, a container beside it is not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from casebook.analysis.signs import Sign
from casebook.analysis.symptoms import CREATE_REASONS, IMAGE_REASONS
from casebook.analysis.workloads import Container, Pod
from casebook.api.observation import LOGS, Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import Subject, changed_part, cite_rollout, command, containers, last_words, only
from casebook.reasoning.situation import Situation

DEFAULT = "kubectl.kubernetes.io/default-container"
STARTING = timedelta(seconds=60)


class Beside(NamedTuple):
    """A container that fails beside the main one of its pod."""

    subject: Subject
    main: Container


def _detect(situation: Situation) -> Iterator[Candidate[Beside]]:
    for workload, pod, container in containers(situation):
        main = _main(pod)
        if main is None or not workload.serves or not _is_beside(container, main) or not _fails(situation, container):
            continue
        subject = Subject(workload, container)
        rolled = changed_part(situation, subject, "")
        said = last_words(situation, container)
        words = f": {said[-1].entry.message[:160]}" if said else ""
        how = f"ends with exit code {container.exit_code}" if container.exit_code is not None else "is not ready"
        yield Candidate(
            object=workload.ref,
            statement=f"{subject.said(situation)}, a sidecar of {main.name}, {how}{words}",
            harms=only(workload.ref),
            covers=frozenset({Sign.CRASH, Sign.NOT_READY}),
            about=Beside(subject, main),
            changed=rolled.at if rolled else None,
        )


def _main(pod: Pod) -> Container | None:
    """The container that logs and shells go to where none is named: the annotated one, else the first."""
    mine = [one for one in pod.containers if not one.init]
    named = pod.thing.annotations.get(DEFAULT)
    return next((one for one in mine if one.name == named), mine[0] if mine else None)


def _is_beside(container: Container, main: Container) -> bool:
    return container.sidecar or (not container.init and container.name != main.name)


def _fails(situation: Situation, container: Container) -> bool:
    """Whether it ended and does not stay up, or runs for a while without becoming ready."""
    if container.ready:
        return bool(container.restarts) and not container.steady(situation.world.now)
    since = container.running_since
    late = since is not None and situation.world.now - since >= STARTING
    return late or container.exit_code is not None or bool(container.waiting)


def _does_not_stay_up(_: Situation, found: Candidate[Beside]) -> Finding:
    container = found.about.subject.container
    return held(container.cite_ended() if container.exit_code is not None else container.cite_state())


def _main_is_well(_: Situation, found: Candidate[Beside]) -> Finding:
    main, sidecar = found.about.main, found.about.subject.container
    if main.is_running and (main.ready or main.restarts == 0):
        return held(main.cite_state())
    if sidecar.sidecar and not main.ended:
        return held(main.cite_state(), note="it waits for the sidecar")
    return failed(main.cite_ended(), note="the main container does not stay up either")


def _by_itself(situation: Situation, found: Candidate[Beside]) -> Finding:
    said = last_words(situation, found.about.subject.container)
    if not said:
        return UNTESTED
    blamed = [one for one in said if one.peers]
    return failed(blamed[0].cite(), note="it fails for something that it calls") if blamed else held(said[-1].cite())


def _nothing_hidden(situation: Situation, found: Candidate[Beside]) -> Finding:
    """What it calls may be why it ends; its own log would say so."""
    pod = found.about.subject.container.pod.ref
    unread = [one for one in situation.world.snapshot.failed() if one.query.source == LOGS]
    hidden = any((one.query.namespace, one.query.name) == (pod.namespace, pod.name) for one in unread)
    return failed(note="its log could not be read; it would say why") if hidden else UNTESTED


def _was_started(_: Situation, found: Candidate[Beside]) -> Finding:
    """An image, a command, a setting or a limit that stops it has a name of its own."""
    container = found.about.subject.container
    stopped = container.waiting in IMAGE_REASONS | CREATE_REASONS or container.ended.get("reason") == "OOMKilled"
    return (
        failed(container.cite_state(), *([container.cite_ended()] if container.ended else [])) if stopped else UNTESTED
    )


def _changed(situation: Situation, found: Candidate[Beside]) -> Finding:
    subject = found.about.subject
    rolled = changed_part(situation, subject, "")
    return held(cite_rollout(rolled, f"[{subject.container.name}]")) if rolled else UNTESTED


def _logs(_: Situation, found: Candidate[Beside]) -> list[Query]:
    return found.about.subject.logs()


def _steps(_: Situation, found: Candidate[Beside]) -> list[str]:
    subject = found.about.subject
    name, ref = subject.container.name, subject.workload.ref
    return [
        command("logs", ref, f"-c {name} --previous   # why it ended"),
        f"Mend {name}, or take it out of the pods for a while; where a webhook injects it, look at its configuration.",
        command("get", ref, f"-o yaml   # is {name} in the template, or was it injected?"),
    ]


CAUSES = (
    Cause(
        code="SidecarFailed",
        means="A container beside the main one fails or is not ready, which takes the whole pod out of service.",
        names="workload",
        explains="pods that are not ready although the program in them is well",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("a sidecar does not stay up or does not become ready", _does_not_stay_up, 280, -300),
            Prediction("the main container is well, or waits for it", _main_is_well, 150, -300),
            Prediction("it fails by itself, not for something that it calls", _by_itself, 60, -150, _logs),
            Prediction("nothing hides why it ends", _nothing_hidden, 0, -200),
            Prediction("it was started, and no limit ended it", _was_started, 0, -300),
            Prediction("the newest revision changed it", _changed, 100, 0),
        ),
        steps=_steps,
    ),
)
