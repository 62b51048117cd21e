"""FeatureFlagEnabled: a flag in a ConfigMap was switched, and code that it guards fails."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.changes import rollout
from casebook.analysis.settings import Setting, settings
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.configuration import changed_at, written
from casebook.reasoning.checks.helpers import Trouble, command, only, troubles
from casebook.reasoning.situation import Situation

_ON = re.compile(r"\"?([A-Za-z_][\w.-]*)\"?\s*[:=]\s*\"?(true|on|yes|1|enabled|v\d+)\"?", re.IGNORECASE)
_VALUE = re.compile(r"^(true|on|yes|1|enabled|100)$", re.IGNORECASE)
_FLAG = re.compile(r"flag|feature|toggle|experiment|switch", re.IGNORECASE)


class Flip(NamedTuple):
    """A flag that is on in a ConfigMap that was changed, the workload that reads it, and its own errors."""

    setting: Setting
    flag: str
    workload: Workload
    said: tuple[Trouble, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Flip]]:
    for workload in situation.workloads:
        own = tuple(one for one in troubles(situation, workload) if one.entry.exception[0] and not one.peers)
        for setting in settings(situation.world, workload) if own else ():
            at = changed_at(situation, setting, workload) if setting.origin.kind == "ConfigMap" else None
            for flag in _flags(setting) if at else ():
                edit = written(situation, setting)
                by = f" by {edit.manager}" if edit else ""
                when = f"{by} at {timestamp(at)}" if at else ""
                kind, message = own[0].entry.exception
                yield Candidate(
                    object=setting.origin,
                    statement=f"Flag {flag} in {situation.label(setting.origin)} was switched on{when}, and "
                    f"{situation.label(workload.ref)} fails since: {kind}: {message[:120]}",
                    harms=only(workload.ref),
                    covers=frozenset({Sign.ERRORS, Sign.VAGUE, Sign.CRASH, Sign.NOT_READY}),
                    about=Flip(setting, flag, workload, own),
                    changed=at,
                )


def _flags(setting: Setting) -> list[str]:
    if _VALUE.match(setting.value.strip()) and ":" not in setting.key:
        return [setting.name]
    several = "\n" in setting.value or "{" in setting.value
    return [name for name, _ in _ON.findall(setting.value[:4000])] if several else []


def _fails_itself(_: Situation, found: Candidate[Flip]) -> Finding:
    return held(*(one.cite() for one in found.about.said[:2]))


def _looks_like_a_flag(_: Situation, found: Candidate[Flip]) -> Finding:
    item = found.about
    said = " ".join(one.entry.said for one in item.said)
    named = _FLAG.search(f"{item.setting.origin.name} {item.setting.key} {item.flag}")
    words = [word for word in re.split(r"[_.\-]", item.flag.lower()) if len(word) > 3]
    if item.flag in said or any(word in said.lower() for word in words):
        return held(item.setting.cite(), item.said[0].cite(), note="the error speaks of it")
    return held(item.setting.cite()) if named else failed(item.setting.cite())


def _no_rollout(situation: Situation, found: Candidate[Flip]) -> Finding:
    """Code that is older than the flip and failed only after it."""
    rolled = rollout(found.about.workload)
    began = min((one.entry.at for one in found.about.said if one.entry.at), default=None)
    if rolled is None or began is None or rolled.at < situation.world.begin:
        return UNTESTED
    older = found.changed is not None and rolled.at < found.changed
    return held(rolled.new.thing.say(f"rolled out {timestamp(rolled.at)}")) if older else UNTESTED


def _written(situation: Situation, found: Candidate[Flip]) -> Finding:
    edit = written(situation, found.about.setting)
    thing = situation.world.things.get(found.object)
    return held(thing.say(f"written by {edit.manager} at {timestamp(edit.at)}")) if edit and thing else UNTESTED


def _steps(_: Situation, found: Candidate[Flip]) -> list[str]:
    ref: Ref = found.object
    return [
        f"Switch {found.about.flag} off in ConfigMap {ref.name}.",
        command("edit", ref, "  # pods take it up when they start again, or look at the file"),
    ]


CAUSES = (
    Cause(
        code="FeatureFlagEnabled",
        means="A flag was switched and exposes a fault that was there before.",
        names="ConfigMap (key)",
        explains="errors of some requests without any rollout",
        base_rate=0.04,
        detect=_detect,
        predictions=(
            Prediction("the program itself fails", _fails_itself, 100, -200),
            Prediction("it is a flag, and errors speak of what it guards", _looks_like_a_flag, 200, -250),
            Prediction("the ConfigMap was written lately", _written, 150, 0),
            Prediction("the code is older than the flip", _no_rollout, 80, 0),
        ),
        steps=_steps,
    ),
)
