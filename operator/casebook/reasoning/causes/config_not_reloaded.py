"""ConfigNotReloaded: what a process read at its start was renewed since, and it still uses the old."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Container, Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.certificates import EXPIRED, MISMATCH, secrets
from casebook.reasoning.helpers import Trouble, command, only, troubles
from casebook.reasoning.situation import Situation

STARTING = timedelta(seconds=30)


class Stale(NamedTuple):
    """A workload whose certificate callers ceased to trust at a moment, and what they say."""

    workload: Workload
    secret: Ref
    callers: tuple[Workload, ...]
    said: tuple[Trouble, ...]
    since: datetime


def _detect(situation: Situation) -> Iterator[Candidate[Stale]]:
    for workload in situation.workloads:
        held_ = secrets(workload)
        found = _refusing(situation, workload) if held_ else []
        times = [one.entry.at for _, one in found if one.entry.at]
        if not times:
            continue
        callers = tuple(dict.fromkeys(caller for caller, _ in found))
        item = Stale(workload, held_[0], callers, tuple(one for _, one in found), min(times))
        yield Candidate(
            object=workload.ref,
            statement=f"{situation.label(workload.ref)} still shows the certificate that it read at its start; what "
            f"its callers trust was renewed about {timestamp(item.since)} ({situation.label(item.secret)})",
            harms=only(workload.ref),
            covers=frozenset({Sign.PEER_ERRORS, Sign.VAGUE}),
            about=item,
            since=item.since,
        )


def _refusing(situation: Situation, workload: Workload) -> list[tuple[Workload, Trouble]]:
    mine = {service.ref for service in situation.world.services_of(workload)}
    return [
        (caller, one)
        for caller in situation.workloads
        if caller.ref != workload.ref
        for one in troubles(situation, caller)
        if failures.TLS in one.entry.kinds
        and MISMATCH.search(one.entry.said)
        and not EXPIRED.search(one.entry.said)
        and any(peer.target in mine for peer in one.peers)
    ]


def _says_so(_: Situation, found: Candidate[Stale]) -> Finding:
    return held(*(one.cite() for one in found.about.said[:2]))


def _runs_since_before(_: Situation, found: Candidate[Stale]) -> Finding:
    """Whoever started after the change has read what is there now."""
    running = [one for one in found.about.workload.containers if one.running_since]
    late = [one for one in running if _after(one, found.about.since)]
    if late:
        return failed(late[0].cite_state(), note="it has started since, and read what is there now")
    return held(running[0].cite_state()) if running else UNTESTED


def _after(container: Container, moment: datetime) -> bool:
    return container.running_since is not None and container.running_since > moment - STARTING


def _was_trusted_before(situation: Situation, found: Candidate[Stale]) -> Finding:
    """The same two processes worked together: neither release nor address changed, so what they read did."""
    item = found.about
    starts = [one for caller in item.callers for one in caller.containers if one.running_since]
    fresh = [one for one in starts if _after(one, item.since)]
    if fresh:
        return failed(fresh[0].cite_state(), note="the caller began to call it only then")
    logs = [log for caller in item.callers for log in situation.world.logs_of(caller)]
    before = [entry for log in logs for entry in log.entries if entry.at and entry.at < item.since - STARTING]
    return held(starts[0].cite_state(), logs[0].cite(before[-1])) if starts and before else UNTESTED


def _steps(_: Situation, found: Candidate[Stale]) -> list[str]:
    return [
        command("rollout restart", found.object, "  # restarts its pods, which read the certificate anew"),
        "Let it read the file again when it changes, or restart it with every renewal (a checksum annotation).",
    ]


CAUSES = (
    Cause(
        code="ConfigNotReloaded",
        means="The source was renewed, the process still uses what it read at its start.",
        names="workload",
        explains="callers that refuse its certificate from one moment on, while nothing was rolled out",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("callers do not trust its certificate", _says_so, 250, -300),
            Prediction("it has run since before the errors began", _runs_since_before, 200, -400),
            Prediction("the same callers trusted it before", _was_trusted_before, 200, -250),
        ),
        steps=_steps,
    ),
)
