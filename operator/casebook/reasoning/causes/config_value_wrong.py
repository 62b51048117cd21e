"""ConfigValueWrong: a setting sends its readers to a place where nothing is, or breaks them with its value."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.changes import rollout
from casebook.analysis.formats import unreadable
from casebook.analysis.settings import Setting, files, settings
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.configuration import (
    UNREACHED,
    Misled,
    changed_at,
    is_outside,
    misled,
    previous_value,
    renumbered,
    serves_elsewhere,
    well,
    written,
)
from casebook.reasoning.checks.felt import SOON, Felt, began_with, felt, taken_up
from casebook.reasoning.checks.helpers import Trouble, changed, cite_rollout, command, last_words, troubles, undo
from casebook.reasoning.checks.pressing import Pressed, pressed
from casebook.reasoning.situation import Situation

COVERS = frozenset({Sign.PEER_ERRORS, Sign.ERRORS, Sign.VAGUE, Sign.CRASH, Sign.NOT_READY, Sign.JOB_FAILED})
_MIN_VALUE, _MIN_NAME, _MIN_QUOTED = 3, 4, 2
_QUOTES = ("'", '"', "`")
_BESIDE = re.compile(r"\s*(?:\w+://)?(?:localhost|127\.0\.0\.1|\[?::1\]?):\d+")
"""A place in the pod itself, of which no Service or neighbour can be to blame."""


_PATIENCE = re.compile(r"(?i)time_?-?out|deadline|max_?-?wait|patience")
_MILLISECONDS = re.compile(r"(?i)(?:_|-|\.|\b)(?:ms|millis|milliseconds)$|Ms$|Millis$")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
NEVER_MS = 5
"""Milliseconds in which hardly a call to another pod is answered: a connection alone takes one to two."""


class Broken(NamedTuple):
    """A setting that is thought wrong, who reads it, what they say, and why the value cannot be right."""

    setting: Setting
    reader: Workload
    said: tuple[Trouble, ...]
    misled: Misled | None
    ports: tuple[int, ...]
    unreadable: str = ""
    felt: Felt | None = None
    hurries_since: datetime | None = None
    """Since when its reader gives up on others after a time that the setting says."""
    pressed: Pressed | None = None

    @property
    def runs_since(self) -> datetime | None:
        """Since when its reader runs with it, where that is what speaks against it."""
        if self.pressed:
            return self.pressed.since
        return self.felt.since if self.felt else self.hurries_since

    @property
    def harm(self) -> str:
        """What its reader or others do since then."""
        if self.pressed:
            return "what it calls fails it since"
        return "what fails since are its callers" if self.felt else "gives up on what it calls since"


def _detect(situation: Situation) -> Iterator[Candidate[Broken]]:
    for item in misled(situation):
        ports = serves_elsewhere(situation, item.call)
        if ports:
            said = tuple(one for one in item.troubles if one.entry.kinds & UNREACHED)
            broken = Broken(item.setting, item.callers[0], said, item, tuple(ports))
            yield from [_candidate(situation, broken, item.callers)] if said else []
    for workload in situation.workloads:
        yield from (*_invalid(situation, workload), *_felt(situation, workload), *_hurried(situation, workload))
        yield from _pressed(situation, workload)


def _invalid(situation: Situation, workload: Workload) -> Iterator[Candidate[Broken]]:
    """Settings that the errors of their reader name, changed within the time asked about."""
    said = [*troubles(situation, workload), *_ends(situation, workload)]
    for setting in settings(situation.world, workload) if said else ():
        if setting.origin.kind != "ConfigMap" or changed_at(situation, setting, workload) is None:
            continue
        naming = tuple(one for one in said if _names(one, setting))
        down = any(not one.is_running for one in workload.containers if not one.init)
        if naming and not (_BESIDE.match(setting.value) and down):
            yield _candidate(situation, Broken(setting, workload, naming, None, ()), (workload,))
    for file in files(situation.world, workload) if said else ():
        why = unreadable(file.name, file.value)
        if why and changed_at(situation, file, workload) is not None:
            yield _candidate(situation, Broken(file, workload, tuple(said[:2]), None, (), why), (workload,))


def _felt(situation: Situation, workload: Workload) -> Iterator[Candidate[Broken]]:
    """Settings that a workload runs with since they were changed, and of which its callers alone complain."""
    for item in felt(situation, workload):
        broken = Broken(item.settings[0], workload, item.said, None, (), felt=item)
        yield _candidate(situation, broken, (workload,))


def _hurried(situation: Situation, workload: Workload) -> Iterator[Candidate[Broken]]:
    """Settings of how long a workload waits for others that were written before it began to give up on them."""
    said = tuple(one for one in troubles(situation, workload) if failures.TIMEOUT in one.entry.kinds and one.peers)
    for setting in settings(situation.world, workload) if said else ():
        at = changed_at(situation, setting, workload) if _PATIENCE.search(setting.name) else None
        edit = written(situation, setting)
        since = taken_up(workload, [setting], edit) if edit else at
        if at and since and not _raised(situation, setting, workload):
            broken = Broken(setting, workload, said, None, (), hurries_since=since)
            yield _candidate(situation, broken, (workload, *_hung_up_on(situation, said)))


def _pressed(situation: Situation, workload: Workload) -> Iterator[Candidate[Broken]]:
    """Settings by which a workload asks more of others than before, which fail it since."""
    for item in pressed(situation, workload):
        broken = Broken(item.setting, workload, item.said, None, (), pressed=item)
        yield _candidate(situation, broken, (workload, *item.called))


def _hung_up_on(situation: Situation, said: Sequence[Trouble]) -> Iterator[Workload]:
    """Those on whom it gives up, as far as they complain of nothing but that nobody waited for their answer."""
    services = {peer.target for one in said for peer in one.peers} & situation.world.things.keys()
    for service in sorted(services):
        for called in situation.world.selected_by(situation.world.things[service]):
            if all(one.entry.kinds <= {failures.RESET} for one in troubles(situation, called)):
                yield called


def _raised(situation: Situation, setting: Setting, workload: Workload) -> bool:
    """Whether it was less before, as far as that is known: nobody gives up sooner for being given more time."""
    rolled = changed(situation, workload, f".env[{setting.name}]")
    given = [item for item in rolled.found if item.touches(f".env[{setting.name}]")] if rolled else []
    thing = situation.world.things.get(setting.origin)
    old = str(given[0].old) if given else previous_value(thing, setting.key) if thing else ""
    before, now = _NUMBER.match(old), _NUMBER.match(setting.value)
    return before is not None and now is not None and float(now[0]) >= float(before[0])


def _ends(situation: Situation, workload: Workload) -> list[Trouble]:
    failing = [one for one in workload.containers if one.exit_code]
    return [words for container in failing for words in last_words(situation, container)]


def _names(one: Trouble, setting: Setting) -> bool:
    """Whether an error speaks of a setting by its name and of a value that could not be used, or quotes the value."""
    said = one.entry.said
    if one.entry.kinds & failures.PEER_KINDS and not _BESIDE.match(setting.value):
        return False
    if len(setting.value) >= _MIN_QUOTED and any(f"{mark}{setting.value}{mark}" in said for mark in _QUOTES):
        return True
    if len(setting.name) < _MIN_NAME:
        return False
    value = len(setting.value) < _MIN_VALUE or setting.value[:40] in said
    return setting.name in said and (value or one.entry.exception[0] != "")


def _candidate(situation: Situation, item: Broken, readers: tuple[Workload, ...]) -> Candidate[Broken]:
    at = changed_at(situation, item.setting, item.reader)
    edit = written(situation, item.setting)
    by = f" by {edit.manager}" if edit and at else ""
    since = f", written{by} at {timestamp(at)}" if at else ""
    why = ""
    if item.misled:
        target = situation.label(item.misled.call.target)
        why = f": {target} serves port {', '.join(map(str, item.ports))}, not {item.misled.call.endpoint.port}"
    given = f"{item.setting.key} the value {item.setting.value[:80]!r}"
    if item.unreadable:
        given, why = f"{item.setting.key} a text that cannot be read as what its name says", f": {item.unreadable}"
    if item.felt:
        others = "".join(f", {one.key}" for one in item.felt.settings[1:3])
        given += f"{f' (or it is another key written then{others})' if others and not item.felt.named else ''}"
    if item.runs_since:
        why = f": {situation.label(item.reader.ref)} runs with it since {timestamp(item.runs_since)}, and {item.harm}"
    return Candidate(
        object=item.setting.origin,
        statement=f"{situation.label(item.setting.origin)} gives {given}{since}{why}",
        harms=frozenset(workload.ref for workload in readers),
        covers=COVERS,
        about=item,
        changed=at,
    )


def _errors_follow(_: Situation, found: Candidate[Broken]) -> Finding:
    said = found.about.said
    if found.about.runs_since:
        return began_with(said, found.about.runs_since, SOON)
    return held(*(one.cite() for one in said[:2])) if said else UNTESTED


def _cannot_be_right(situation: Situation, found: Candidate[Broken]) -> Finding:
    item = found.about
    if item.felt:
        named = item.felt.named
        return held(item.setting.cite(), named[0].cite(), note="its reader says so") if named else UNTESTED
    if item.pressed:
        over = item.pressed.overrun
        return held(over[0].cite(), note="what it calls says that it is asked too much") if over else UNTESTED
    if item.hurries_since:
        short = (
            _MILLISECONDS.search(item.setting.name)
            and item.setting.value.isdigit()
            and int(item.setting.value) <= NEVER_MS
        )
        return held(item.setting.cite(), note="no call is answered in that time") if short else UNTESTED
    if item.misled is None:
        return held(item.setting.cite(), note=item.unreadable or "the error names it")
    service = situation.world.things[item.misled.call.target]
    if renumbered(situation, item.misled):
        return failed(service.cite("spec", "ports"), note="it was right until the ports of the Service were written")
    return held(item.setting.cite(), service.cite("spec", "ports"))


def _the_called_is_well(situation: Situation, found: Candidate[Broken]) -> Finding:
    item = found.about
    if item.hurries_since or item.pressed:
        called = sorted({peer.target for one in item.said for peer in one.peers if peer.target.kind == "Service"})
        up = [situation.world.things[ref] for ref in called if well(situation, ref)]
        return held(up[0].say("it has ready endpoints")) if up else UNTESTED
    if item.misled is None or is_outside(item.misled.call.target):
        return UNTESTED
    service = situation.world.things[item.misled.call.target]
    if well(situation, service.ref):
        return held(service.say("it has ready endpoints"))
    return failed(service.say("it has no ready endpoints either"))


def _the_program_is_the_same(situation: Situation, found: Candidate[Broken]) -> Finding:
    """Where callers alone fail, a new program is as good a reason."""
    rolled = rollout(found.about.reader) if found.about.felt else None
    if rolled is None or not rolled.program or rolled.at < situation.world.begin:
        return UNTESTED
    return failed(cite_rollout(rolled))


def _changed_lately(situation: Situation, found: Candidate[Broken]) -> Finding:
    item = found.about
    if found.changed is None:
        return UNTESTED
    thing = situation.world.things.get(item.setting.origin)
    edit = written(situation, item.setting)
    if thing is None or edit is None:
        return held(Cite(item.setting.source, f"{item.setting.key} changed at {timestamp(found.changed)}"))
    before = previous_value(thing, item.setting.key)
    old = f"; kubectl apply had set {before[:80]!r}" if before else "; the previous value is not recorded"
    return held(thing.say(f"written by {edit.manager} at {timestamp(edit.at)}{old}"))


def _steps(_: Situation, found: Candidate[Broken]) -> list[str]:
    item = found.about
    where = item.setting.origin
    if where.kind != "ConfigMap":
        return [f"Correct {item.setting.key} of {where.kind} {where.name}.", undo(item.reader)]
    return [
        f"Correct key {item.setting.key} of ConfigMap {where.name}, then restart what reads it at start.",
        command("edit", where, "  # nothing restarts by itself"),
        command("rollout restart", item.reader.ref, "  # restarts its pods"),
    ]


CAUSES = (
    Cause(
        code="ConfigValueWrong",
        means="A setting has a value that breaks its readers, for example a wrong host or port.",
        names="ConfigMap (key)",
        explains="errors or crashes of everything that reads the setting, while what it should reach is well",
        base_rate=0.05,
        detect=_detect,
        predictions=(
            Prediction("readers fail in a way that the value explains", _errors_follow, 200, -200),
            Prediction("the value cannot be right", _cannot_be_right, 200, -300),
            Prediction("what it should lead to is well", _the_called_is_well, 100, -150),
            Prediction("it was changed lately", _changed_lately, 150, 0),
            Prediction("where its reader looks well, the program is the same", _the_program_is_the_same, 0, -150),
        ),
        steps=_steps,
    ),
)
