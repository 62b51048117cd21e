"""CronJobSuspended: a CronJob starts no Jobs because it is suspended."""

from collections.abc import Iterator

from casebook.analysis.access import dig, text
from casebook.analysis.changes import edited
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.helpers import at
from casebook.reasoning.planned import announcement
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[Thing]]:
    for thing in situation.world.all("CronJob"):
        if dig(thing.raw, "spec", "suspend") is True:
            edit = edited(thing, "spec", "suspend")
            by = f" by {edit.manager}{at(edit.at)}" if edit else ""
            yield Candidate(
                object=thing.ref,
                statement=f"{situation.label(thing.ref)} is suspended{by}, so no Jobs start",
                harms=frozenset({thing.ref}),
                covers=frozenset({Sign.SUSPENDED}),
                about=thing,
                since=edit.at if edit else None,
                changed=edit.at if edit else None,
            )


def _suspended(_: Situation, found: Candidate[Thing]) -> Finding:
    return held(found.about.cite("spec", "suspend"))


def _no_recent_run(_: Situation, found: Candidate[Thing]) -> Finding:
    last = text(found.about.raw, "status", "lastScheduleTime")
    return held(found.about.say(f"last scheduled: {last or 'never'}"))


def _asked_about(situation: Situation, found: Candidate[Thing]) -> Finding:
    if found.object in situation.focus:
        return held(found.about.cite("spec", "schedule"), note="it is what was asked about")
    return UNTESTED if not situation.focus else failed(found.about.cite("spec", "schedule"), note="not asked about")


def _not_announced(_: Situation, found: Candidate[Thing]) -> Finding:
    said = announcement(found.about)
    return failed(said) if said else UNTESTED


def _steps(_: Situation, found: Candidate[Thing]) -> list[str]:
    place, name = found.object.namespace, found.object.name
    patch = '\'{"spec":{"suspend":false}}\''
    return [f"kubectl patch cronjob -n {place} {name} -p {patch}   # ask first who suspended it and why"]


CAUSES = (
    Cause(
        code="CronJobSuspended",
        means="A CronJob starts no Jobs because it is suspended.",
        names="CronJob",
        explains="work that is not done, data that grows old",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("it is suspended", _suspended, 250, -300),
            Prediction("it has not run since", _no_recent_run, 60, -100),
            Prediction("it is what was asked about", _asked_about, 200, -200),
            Prediction("it was not announced as planned", _not_announced, 0, -400),
        ),
        steps=_steps,
    ),
)
