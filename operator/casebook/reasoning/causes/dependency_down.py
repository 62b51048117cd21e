"""DependencyDown: something that others call has no pods that answer, and nothing deeper is known of it."""

from collections.abc import Iterator

from casebook.analysis import failures
from casebook.analysis.access import text
from casebook.analysis.changes import rollout
from casebook.analysis.services import ready_endpoints
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import Workload
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import (
    STOPPED,
    blaming,
    cite_rollout,
    command,
    only,
    troubles,
    workload_logs_wanted,
)
from casebook.reasoning.situation import Situation

DOWN = frozenset({Sign.CRASH, Sign.KILLED, Sign.NOT_READY, Sign.NO_PODS, Sign.ERRORS, Sign.VAGUE})
NOT_STARTED = frozenset({Sign.IMAGE, Sign.CREATE, Sign.PENDING, Sign.MOUNT, Sign.REFUSED})
GONE = frozenset(
    {failures.REFUSED, failures.TIMEOUT, failures.UNREACHABLE, failures.RESET, failures.UNRESOLVED, failures.STATUS}
)


def _detect(situation: Situation) -> Iterator[Candidate[Workload]]:
    for workload in situation.workloads:
        if not workload.serves or not blaming(situation, workload):
            continue
        since = min((one.since for one in situation.symptoms_of(workload.ref) if one.since), default=None)
        state = f"{workload.ready} of {workload.desired} pods are ready"
        yield Candidate(
            object=workload.ref,
            statement=f"{situation.label(workload.ref)}, which others call, does not answer them: {state}",
            harms=only(workload.ref),
            covers=DOWN,
            about=workload,
            since=None if since is None else since,
        )


def _callers_name_it(situation: Situation, found: Candidate[Workload]) -> Finding:
    said = blaming(situation, found.about)
    fitting = [one for one in said if one.entry.kinds & GONE]
    return held(*(one.cite() for one in fitting[:2])) if fitting else UNTESTED


def _called_on_the_path(situation: Situation, found: Candidate[Workload]) -> Finding:
    """To say of what was asked about that it is down repeats the question."""
    return failed(found.about.thing.cite("status")) if found.object in situation.focus else UNTESTED


def _nothing_hidden(situation: Situation, found: Candidate[Workload]) -> Finding:
    """A state that Kubernetes names says more than that nobody answers."""
    stopped = [one for one in situation.symptoms_of(found.object) if one.sign in NOT_STARTED]
    if stopped:
        return failed(*stopped[0].cites[:1], note=stopped[0].said)
    seen = situation.world.complete("events", found.object.namespace)
    return UNTESTED if seen else failed(note="events could not be read; they would say why")


def _no_release_broke_it(situation: Situation, found: Candidate[Workload]) -> Finding:
    """That the pods of a new revision end by themselves is a deeper reason."""
    rolled = rollout(found.about)
    if rolled is None or rolled.at < situation.world.begin or not rolled.program:
        return UNTESTED
    ended = [one for pod in found.about.pods_of(rolled.new) for one in pod.containers if one.exit_code]
    own = [one for one in ended if one.exit_code not in STOPPED]
    return failed(own[0].cite_ended(), cite_rollout(rolled)) if own else UNTESTED


def _is_wanted(_: Situation, found: Candidate[Workload]) -> Finding:
    return UNTESTED if found.about.desired else failed(found.about.thing.cite("spec", "replicas"))


def _is_down(_: Situation, found: Candidate[Workload]) -> Finding:
    workload = found.about
    if workload.ready >= max(workload.desired, 1):
        return failed(workload.live[0].cite_condition("Ready"), note="all its pods are ready")
    pods = [pod.cite_condition("Ready") for pod in workload.live if not pod.ready]
    return held(*(pods[:2] or [workload.thing.cite("spec", "replicas")]))


def _no_endpoints(situation: Situation, found: Candidate[Workload]) -> Finding:
    for service in situation.world.services_of(found.about):
        slices, ready = ready_endpoints(situation.world, service)
        if slices:
            return failed(slices[0].cite("endpoints")) if ready else held(slices[0].cite("endpoints"))
    return UNTESTED


def _it_fails_first(situation: Situation, found: Candidate[Workload]) -> Finding:
    """Its own errors that blame another peer say that it is a link of the chain, not its begin."""
    own = [one for one in troubles(situation, found.about) if one.peers]
    return failed(*(one.cite() for one in own[:2])) if own else UNTESTED


def _logs(_: Situation, found: Candidate[Workload]) -> list[Query]:
    return workload_logs_wanted(found.about)


def _steps(_: Situation, found: Candidate[Workload]) -> list[str]:
    return [
        command("describe", found.object),
        f"kubectl get pods -n {found.object.namespace} -l {_selector(found.about)} -o wide",
        command("logs", found.object, "--all-pods --tail=100"),
    ]


def _selector(workload: Workload) -> str:
    labels = workload.template.get("metadata")
    pairs = labels.get("labels") if isinstance(labels, dict) else {}
    return ",".join(f"{key}={text(value)}" for key, value in pairs.items()) if isinstance(pairs, dict) else ""


CAUSES = (
    Cause(
        code="DependencyDown",
        means="Something that others call has no pods that answer, and nothing deeper is known of it.",
        names="the dependency's workload",
        explains="errors of everything that calls it",
        base_rate=0.04,
        detect=_detect,
        predictions=(
            Prediction("callers name it in their errors", _callers_name_it, 180, -100),
            Prediction("it is not itself what was asked about", _called_on_the_path, 0, -200),
            Prediction("nothing hides why it is down", _nothing_hidden, 0, -200),
            Prediction("it does not end by itself in a new revision", _no_release_broke_it, 0, -200),
            Prediction("it is meant to have pods", _is_wanted, 0, -250),
            Prediction("its pods are not all ready", _is_down, 150, -300),
            Prediction("its Service has no ready endpoints", _no_endpoints, 80, -150),
            Prediction("it blames nobody further up", _it_fails_first, 0, -250, _logs),
        ),
        steps=_steps,
    ),
)
