"""ReleaseRegression: a new revision fails where the old one did not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from casebook.analysis import failures
from casebook.analysis.access import text
from casebook.analysis.changes import Rollout, differences, rollout
from casebook.analysis.errors import sign_of
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.api.enums import Outcome
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.felt import AT_ONCE, MOMENT, OWN, began_with, only_callers_fail
from casebook.reasoning.checks.helpers import (
    ALIASES,
    STOPPED,
    Trouble,
    aliased,
    cite_rollout,
    command,
    last_words,
    logs_wanted,
    only,
    proxied,
    troubles,
    undo,
)
from casebook.reasoning.checks.probes import FIELDS, READINESS, probes
from casebook.reasoning.situation import Situation

NAMED = frozenset(
    {failures.MEMORY, failures.AUTH, failures.NO_SPACE, failures.PERMISSION, failures.PORT_TAKEN, failures.FILES}
    | {failures.THREADS, failures.CONNECTIONS, failures.POOL, failures.FORBIDDEN, failures.LOCKED}
)
OFTEN = 3
"""So many answers in a row that came too late are no accident: the usual threshold of a probe."""
STARTING_TOGETHER = timedelta(seconds=15)
"""What is applied together is made within so long."""
STARTING = timedelta(minutes=3)
"""Most programs are up in less."""


@dataclass(frozen=True)
class Release(Rollout):
    """A rollout, and what callers say of the workload where it looks well itself."""

    callers: tuple[Trouble, ...]
    beside: Workload | None = None
    """What has long stood behind the same Service, where it is no newer revision of it but a workload of its own."""


def _detect(situation: Situation) -> Iterator[Candidate[Release]]:
    for workload in situation.workloads:
        found = rollout(workload)
        if found is None or found.at < situation.world.begin:
            continue
        callers = tuple(only_callers_fail(situation, workload))
        if not callers and not _shows(situation, workload):
            continue
        yield Candidate(
            object=workload.ref,
            statement=_statement(situation, found),
            harms=only(workload.ref),
            covers=OWN | ({Sign.PEER_ERRORS} if _led_elsewhere(situation, found) else frozenset()),
            about=Release(workload, found.new, found.old, found.at, found.found, callers),
            since=found.at,
            changed=found.at,
        )
    yield from _canaries(situation)


def _canaries(situation: Situation) -> Iterator[Candidate[Release]]:
    """Workloads that were put beside an older one behind the same Service, and fail where that does not."""
    for service in situation.world.all("Service"):
        behind = situation.world.selected_by(service)
        for workload in behind:
            since = workload.thing.created
            if since is None or since < situation.world.begin or not _shows(situation, workload):
                continue
            old = [one for one in behind if one.thing.created and since - one.thing.created > STARTING_TOGETHER]
            if old and len(workload.revisions) == 1 and old[0].revisions and not _shows(situation, old[0]):
                yield _canary(situation, service, workload, old[0], since)


def _canary(
    situation: Situation, service: Thing, workload: Workload, old: Workload, since: datetime
) -> Candidate[Release]:
    new, before = workload.revisions[0], old.revisions[0]
    found = Release(
        workload, new, before, since, tuple(differences(before.template, new.template)), callers=(), beside=old
    )
    place = f"stands beside {situation.label(old.ref)} behind {situation.label(service.ref)}"
    return Candidate(
        object=workload.ref,
        statement=f"{situation.label(workload.ref)} ({_what(found)}) {place} since {timestamp(since)} and fails where "
        f"that does not{_error(situation, found)}",
        harms=only(workload.ref),
        covers=OWN,
        about=found,
        since=since,
        changed=since,
    )


def _shows(situation: Situation, workload: Workload) -> bool:
    signs = {symptom.sign for symptom in situation.symptoms_of(workload.ref)}
    return bool(signs & {*OWN, Sign.PEER_ERRORS})


def _statement(situation: Situation, found: Rollout) -> str:
    return (
        f"Revision {found.new.number} of {situation.label(found.workload.ref)} ({_what(found)}), rolled out "
        f"{timestamp(found.at)}, fails where revision {found.old.number} did not{_error(situation, found)}"
    )


def _what(found: Rollout) -> str:
    return ("; ".join(item.said() for item in found.program[:3]) or "no change to the program")[:240]


def _error(situation: Situation, found: Rollout) -> str:
    own = _own(situation, found)
    kind, message = own[0].entry.exception if own else ("", "")
    error = f"{kind}: {message}" if kind else own[0].entry.message if own else ""
    return f": {error[:160]}" if error else ""


def _new(situation: Situation, found: Rollout) -> list[Trouble]:
    pods = {pod.thing.ref.name for pod in found.workload.pods_of(found.new)}
    return [one for one in troubles(situation, found.workload) if one.log.pod in pods] or _crashed(situation, found)


def _crashed(situation: Situation, found: Rollout) -> list[Trouble]:
    return [
        words
        for pod in found.workload.pods_of(found.new)
        for container in pod.containers
        if container.exit_code
        for words in last_words(situation, container)
    ]


def _own(situation: Situation, found: Rollout) -> list[Trouble]:
    return [one for one in _new(situation, found) if sign_of(one.entry, _targets(one)) is not Sign.PEER_ERRORS]


def _targets(one: Trouble) -> frozenset[Ref]:
    return frozenset(peer.target for peer in one.peers)


def _new_pods_fail(situation: Situation, found: Candidate[Release]) -> Finding:
    new = _new(situation, found.about)
    if new:
        return held(*(one.cite() for one in new[:2]))
    crashed = _ends(found.about)
    return held(*crashed) if crashed else UNTESTED


def _callers_fail_since(_: Situation, found: Candidate[Release]) -> Finding:
    """A program that looks well and does not answer rightly: its callers say so, from the rollout on."""
    strategy = text(found.about.workload.thing.raw, "spec", "strategy", "type")
    return began_with(found.about.callers, found.about.at, earlier=AT_ONCE if strategy == "Recreate" else MOMENT)


def _logs_name_it(situation: Situation, found: Candidate[Release]) -> Finding:
    new = [one for one in _new(situation, found.about) if one.entry.is_error]
    return held(*(one.cite() for one in new[:2])) if new else UNTESTED


def _not_killed(situation: Situation, found: Candidate[Release]) -> Finding:
    pods = found.about.workload.pods_of(found.about.new)
    ended = [one for pod in pods for one in pod.containers if one.ended]
    raised = [one for one in _new(situation, found.about) if one.entry.exception[0]]
    if not ended or raised or any(one.exit_code not in STOPPED for one in ended):
        return UNTESTED
    return failed(ended[0].cite_ended())


def _probe_unanswered(situation: Situation, found: Candidate[Release]) -> Finding:
    """It runs and takes the question of its readiness probe, which is as it was, and does not answer it in time.

    A program that only starts refuses connections; one that logs an error tells itself why.
    """
    workload = found.about.workload
    changed = any(item.touches(f".{FIELDS[READINESS]}") for item in found.about.found)
    if changed or troubles(situation, workload):
        return UNTESTED
    new = {pod.thing.ref for pod in workload.pods_of(found.about.new)}
    late = [
        one
        for one in probes(situation, READINESS)
        if one.container.pod.ref in new and one.container.is_running and one.timed_out
        if sum(event.count for event in one.failures) >= OFTEN
    ]
    return held(late[0].failures[-1].cite()) if late else UNTESTED


def _ends(found: Rollout) -> list[Cite]:
    return [
        container.cite_ended()
        for pod in found.workload.pods_of(found.new)
        for container in pod.containers
        if container.exit_code
    ][:2]


def _old_pods_well(situation: Situation, found: Candidate[Release]) -> Finding:
    rolled = found.about
    held_by = rolled.beside or rolled.workload
    old = held_by.pods_of(rolled.old)
    names = {pod.thing.ref.name for pod in old}
    wrong = [one for one in troubles(situation, held_by) if one.log.pod in names]
    if wrong:
        return failed(*(one.cite() for one in wrong[:2]))
    ready = [pod for pod in old if pod.ready]
    return held(*(pod.cite_condition("Ready") for pod in ready[:1])) if ready else UNTESTED


def _the_program_itself(situation: Situation, found: Candidate[Release]) -> Finding:
    new, own = _new(situation, found.about), _own(situation, found.about)
    if not new:
        return UNTESTED
    raised = [one for one in own if one.entry.exception[0] and not one.entry.kinds & NAMED]
    if raised:
        return held(*(one.cite() for one in raised[:2]))
    astray = _led_elsewhere(situation, found.about)
    if astray:
        led = (ALIASES, *proxied(found.about))
        return held(cite_rollout(found.about, *led), astray[0].cite(), note="the revision says where that call leads")
    blaming = [one for one in new if one.peers]
    return failed(*(one.cite() for one in blaming[:2])) if blaming else UNTESTED


def _led_elsewhere(situation: Situation, found: Rollout) -> list[Trouble]:
    """Errors about a name for which the revision gives its pods an address of its own, or about any with a proxy."""
    named, through = aliased(found), proxied(found)
    blaming = [one for one in _new(situation, found) if one.peers]
    return [one for one in blaming if through or named & {peer.endpoint.host for peer in one.peers}]


def _dies_of_itself(situation: Situation, found: Candidate[Release]) -> Finding:
    """Last words that blame nobody are the program's own matter."""
    said = _crashed(situation, found.about)
    return held(said[0].cite()) if said and not any(one.peers for one in said) else UNTESTED


def _does_not_only_start(situation: Situation, found: Candidate[Release]) -> Finding:
    """Pods that are a few minutes old, say nothing of a failure and have not ended may still be starting."""
    pods = found.about.workload.pods_of(found.about.new)
    if not pods or _ends(found.about) or _new(situation, found.about) or any(pod.ready for pod in pods):
        return UNTESTED
    if _probe_unanswered(situation, found).outcome is Outcome.HELD:
        return UNTESTED
    young = [pod for pod in pods if pod.thing.created and situation.world.now - pod.thing.created < STARTING]
    return failed(young[0].cite_condition("Ready")) if len(young) == len(pods) else UNTESTED


def _past_its_init(_: Situation, found: Candidate[Release]) -> Finding:
    pods = found.about.workload.pods_of(found.about.new)
    failing = [one for pod in pods for one in pod.containers if one.init and not one.sidecar and one.exit_code]
    return failed(failing[0].cite_ended(), note="it has not come to run the program") if failing else UNTESTED


def _names_nothing_else(situation: Situation, found: Candidate[Release]) -> Finding:
    named = [one for one in _new(situation, found.about) if one.entry.kinds & NAMED]
    return failed(named[0].cite(), note=", ".join(sorted(named[0].entry.kinds & NAMED))) if named else UNTESTED


def _program_changed(_: Situation, found: Candidate[Release]) -> Finding:
    cite = cite_rollout(found.about)
    return held(cite) if found.about.program else failed(cite)


def _new_logs(_: Situation, found: Candidate[Release]) -> list[Query]:
    pods = found.about.workload.pods_of(found.about.new)
    return [query for pod in pods[:2] for container in pod.containers for query in logs_wanted(container)]


def _steps(_: Situation, found: Candidate[Release]) -> list[str]:
    if found.about.beside:
        out = command("scale", found.object, "--replicas=0   # takes it from behind the Service")
        return [out, "Hand the error and what it differs in to the team that put it there."]
    return [undo(found.about.workload), "Hand the error and the revision's changes to the team that made the release."]


CAUSES = (
    Cause(
        code="ReleaseRegression",
        means="New code, or the settings that came with it, fails where the old revision did not.",
        names="workload (revision)",
        explains="errors or crashes of the new revision's pods since the rollout, and errors of callers",
        base_rate=0.08,
        detect=_detect,
        predictions=(
            Prediction("pods of the new revision fail", _new_pods_fail, 30, -200, _new_logs),
            Prediction("its callers fail since the rollout", _callers_fail_since, 230, -250),
            Prediction("its readiness probe is not answered in time", _probe_unanswered, 280, 0),
            Prediction("their logs name a failure", _logs_name_it, 150, 0, _new_logs),
            Prediction("the program ends by itself, it is not killed", _not_killed, 0, -230),
            Prediction("pods of the old revision do not fail", _old_pods_well, 60, -250),
            Prediction("the program itself fails, not what it calls", _the_program_itself, 180, -280, _new_logs),
            Prediction("its last words blame nobody", _dies_of_itself, 80, 0, _new_logs),
            Prediction("its errors name no limit, right or credential", _names_nothing_else, 0, -190),
            Prediction("it fails, it does not only start", _does_not_only_start, 0, -150),
            Prediction("its pods get past their init containers", _past_its_init, 0, -300),
            Prediction("the revision changed what runs or what it is given", _program_changed, 30, -300),
        ),
        steps=_steps,
    ),
)
