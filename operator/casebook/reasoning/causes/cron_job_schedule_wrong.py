"""CronJobScheduleWrong, CronJobConcurrencyBlocked: a CronJob starts no Jobs, by its schedule or for an earlier run."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from casebook.analysis.access import dig, text
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing
from casebook.analysis.unending import Overdue, overdue, rescheduled
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, only
from casebook.reasoning.situation import Situation

BLOCKED = "JobAlreadyActive"


class Late(NamedTuple):
    """A CronJob that starts no Jobs, and why that is thought."""

    cron: Thing
    why: Overdue


def _detector(blocked: bool) -> Callable[[Situation], Iterator[Candidate[Late]]]:
    def detect(situation: Situation) -> Iterator[Candidate[Late]]:
        for cron in situation.world.all("CronJob"):
            for why in overdue(situation.world, cron):
                waits = why.event is not None and why.event.reason == BLOCKED
                if waits is blocked:
                    yield _candidate(situation, cron, why, blocked)

    return detect


def _candidate(situation: Situation, cron: Thing, why: Overdue, blocked: bool) -> Candidate[Late]:
    edit = rescheduled(situation.world, cron)
    zone = text(cron.raw, "spec", "timeZone")
    said = f"{text(cron.raw, 'spec', 'schedule')!r}{f' in {zone}' if zone else ''}"
    name = situation.label(cron.ref)
    return Candidate(
        object=cron.ref,
        statement=f"{name} starts no Job while an earlier one runs (concurrencyPolicy Forbid)"
        if blocked
        else f"{name} has a schedule that does not start it when it should: {said}; it {why.said}",
        harms=only(cron.ref),
        covers=frozenset({Sign.OVERDUE}),
        about=Late(cron, why),
        since=why.since,
        changed=edit.at if edit and not blocked else None,
    )


def _starts_none(_: Situation, found: Candidate[Late]) -> Finding:
    return held(found.about.why.cite)


def _was_changed(situation: Situation, found: Candidate[Late]) -> Finding:
    cron = found.about.cron
    edit = rescheduled(situation.world, cron)
    if edit is None:
        return UNTESTED
    return held(cron.say(f"schedule or timeZone written by {edit.manager} at {timestamp(edit.at)}"))


def _asked_about(situation: Situation, found: Candidate[Late]) -> Finding:
    cite = found.about.cron.cite("spec", "schedule")
    if found.object in situation.focus:
        return held(cite)
    return failed(cite, note="not asked about") if situation.focus else UNTESTED


def _earlier_runs(_: Situation, found: Candidate[Late]) -> Finding:
    cron = found.about.cron
    if text(cron.raw, "spec", "concurrencyPolicy") != "Forbid":
        return failed(cron.cite("spec", "concurrencyPolicy"))
    active = dig(cron.raw, "status", "active")
    return held(cron.cite("status", "active")) if active else UNTESTED


def _steps(_: Situation, found: Candidate[Late]) -> list[str]:
    place, name = found.object.namespace, found.object.name
    return [
        "Set the schedule (and timeZone) as it should be; the controller reads it at once.",
        command("edit", found.object),
        f"kubectl create job -n {place} --from=cronjob/{name} {name}-now   # what was missed",
    ]


def _steps_blocked(_: Situation, found: Candidate[Late]) -> list[str]:
    return [
        f"kubectl get jobs -n {found.object.namespace}   # which one runs on, and why",
        "End the run that hangs, and give its Job activeDeadlineSeconds.",
    ]


_STARTS_NONE = Prediction("it starts no Jobs", _starts_none, 200, -300)

CAUSES = (
    Cause(
        code="CronJobScheduleWrong",
        means="A CronJob has a schedule or time zone that does not start it when it should.",
        names="CronJob",
        explains="work that is not done, data that grows old",
        base_rate=0.01,
        detect=_detector(blocked=False),
        predictions=(
            _STARTS_NONE,
            Prediction("schedule or time zone were changed lately", _was_changed, 220, 0),
            Prediction("it is what was asked about", _asked_about, 150, -200),
        ),
        steps=_steps,
    ),
    Cause(
        code="CronJobConcurrencyBlocked",
        means="A CronJob starts no Job because an earlier one still runs.",
        names="CronJob",
        explains="work that is not done, data that grows old",
        base_rate=0.01,
        detect=_detector(blocked=True),
        predictions=(
            _STARTS_NONE,
            Prediction("it may not run twice, and an earlier run is active", _earlier_runs, 350, -300),
        ),
        steps=_steps_blocked,
    ),
)
