"""What surrounds the verdict: what is affected, what is well, what was not looked at, what could not be read."""

from collections.abc import Sequence

from casebook.analysis.access import moment
from casebook.analysis.services import ready_endpoints
from casebook.analysis.signs import Symptom
from casebook.analysis.things import clip
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.api.enums import Reach
from casebook.api.observation import LOGS, METRICS, PROMETHEUS, Observation, Result
from casebook.api.report import Finding
from casebook.reasoning.board import Board
from casebook.reasoning.judging.verdict import missing_target
from casebook.reasoning.planning import measuring
from casebook.reasoning.planning.sight import unseen
from casebook.reasoning.planning.survey import EVENTS_PLACE, sees_events
from casebook.reasoning.reporting.evidence import Ledger
from casebook.reasoning.situation import Situation

MAX_FINDINGS = 20
NOTE = 400
CITES = 3


def _finding(label: str, note: str, evidence: Sequence[str] = ()) -> Finding:
    return Finding(object=clip(label, 253), note=clip(note, NOTE), evidence=list(evidence))


def affected(board: Board, ledger: Ledger) -> list[Finding]:
    """Entities with symptoms, those on the path first, each with the reads that show it."""
    situation = board.situation
    shown: dict[str, list[Symptom]] = {}
    for symptom in [*situation.pressing, *(item for item in situation.symptoms if item not in situation.pressing)]:
        shown.setdefault(situation.label(symptom.entity), []).append(symptom)
    return [
        _finding(
            label,
            "; ".join(dict.fromkeys(_told(symptom) for symptom in symptoms)) + _aside(situation, symptoms),
            ledger.cite([cite for symptom in symptoms for cite in symptom.cites[:1]][:CITES]),
        )
        for label, symptoms in list(shown.items())[:MAX_FINDINGS]
    ]


def _told(symptom: Symptom) -> str:
    return f"{symptom.said} since {timestamp(symptom.since)}" if symptom.since else symptom.said


def _aside(situation: Situation, symptoms: Sequence[Symptom]) -> str:
    on_path = any(symptom.entity in situation.path for symptom in symptoms)
    return "" if on_path else " (not on the path of what was asked about)"


def healthy(board: Board, ledger: Ledger) -> list[Finding]:
    """Workloads and Services on the path that were looked at and show nothing."""
    situation = board.situation
    unwell = {symptom.entity for symptom in situation.symptoms}
    found = [
        _finding(situation.label(workload.ref), _well(situation, workload))
        for workload in situation.workloads
        if workload.ref in situation.path
        and workload.ref not in unwell
        and workload.serves
        and workload.desired
        and workload.ready >= workload.desired
    ]
    for service in situation.world.all("Service"):
        _, ready = ready_endpoints(situation.world, service)
        if service.ref in situation.path and service.ref not in unwell and ready:
            found.append(_finding(situation.label(service.ref), f"{ready} ready endpoints"))
    over = [one for one in situation.reruns if not one.presses and one.series]
    found += [_finding(f"Alert/{one.alarm.name}", one.said(), ledger.cite([one.cite()])) for one in over]
    return found[:MAX_FINDINGS]


def _well(situation: Situation, workload: Workload) -> str:
    said = f"{workload.ready}/{workload.desired} ready"
    logs = list(situation.world.logs_of(workload))
    lines = sum(len(log.entries) for log in logs)
    return f"{said}, nothing wrong in {lines} log entries" if logs else said


def not_checked(board: Board) -> list[Finding]:
    """What was not looked at, and why."""
    situation = board.situation
    run = situation.world.snapshot.run
    found = [
        _finding("Secret/*", "never read; what is missing or refused shows in events, container status and logs"),
        *(_finding(name, note) for name, note in measuring.gaps(situation.world, situation.reruns)),
    ]
    # A tenant is shown cluster-scoped objects field by field; the observation says what was left out.
    found += [
        _finding(item.query.resource, item.message)
        for item in situation.world.snapshot.observations
        if item.result is Result.OK and item.message
    ]
    target = situation.world.cluster_target
    if target and not sees_events(situation.world):
        about = f"those about {situation.label(target)} are in namespace {EVENTS_PLACE}, which this run may not read"
        found.append(_finding("events", about))
    unread = [
        situation.label(workload.ref)
        for workload in situation.workloads
        if workload.ref in situation.path
        and any(container.is_running for container in workload.containers)
        and not any(True for _ in situation.world.logs_of(workload))
    ]
    found += [_finding(label, "its logs were not read") for label in unread[:6]]
    if run.spec.scope is Reach.TENANT and len(run.scene.namespaces) > 1:
        looked = {item.query.namespace for item in situation.world.snapshot.observations}
        rest = [name for name in run.scene.namespaces if name not in looked]
        found += [_finding(f"Namespace/{name}", "nothing leads there from what was asked about") for name in rest[:8]]
    return found[:MAX_FINDINGS]


def limitations(board: Board) -> list[str]:
    """What could not be read or is only a part."""
    situation = board.situation
    run = situation.world.snapshot.run
    found = [_failure(item) for item in situation.world.snapshot.failed()]
    found += [one.said(situation) for one in unseen(situation)]
    found += [
        _part(item)
        for item in situation.world.snapshot.observations
        if item.truncated and not item.query.is_earlier_log
    ]
    target = run.spec.target
    if target is not None and missing_target(situation):
        place = "" if situation.world.cluster_target else f" in namespace {situation.world.home}"
        found.append(f"{target.kind}/{target.name} was not found{place}")
    return [clip(line, 1000) for line in dict.fromkeys(found)][:MAX_FINDINGS]


def _part(item: Observation) -> str:
    """What was read of more, in words: of a log since when."""
    begin = moment(item.data, "lines", 0, "at") if item.query.source == LOGS else None
    since = f"; what was read begins at {timestamp(begin)}" if begin else ""
    return f"{item.query.command()}: more was there than was read{since}"


def _failure(item: Observation) -> str:
    what = "may not be read" if item.result is Result.DENIED else "could not be read"
    kind = f"logs of {item.query.name}" if item.query.source == LOGS else item.query.resource
    if item.query.source == PROMETHEUS:
        kind = f"Prometheus ({item.query.params.get('query') or item.query.resource})"
    if item.query.source == METRICS:
        kind = f"what {item.query.resource} use (metrics.k8s.io)"
    place = f" in namespace {item.query.namespace}" if item.query.namespace else ""
    return f"{kind}{place} {what}: {item.message}" if item.message else f"{kind}{place} {what}"
