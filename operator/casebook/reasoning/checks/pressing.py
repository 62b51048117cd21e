"""Settings of how much a workload asks of others: retries, workers, rates; and what those say who are asked."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.changes import rollout
from casebook.analysis.settings import Setting, settings
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import Workload
from casebook.reasoning.checks.configuration import changed_at, previous_value, written
from casebook.reasoning.checks.felt import MOMENT, taken_up
from casebook.reasoning.checks.helpers import Trouble, troubles
from casebook.reasoning.situation import Situation

_MORE = re.compile(
    r"(?i)retr(?:y|ies)|attempts|concurren|parallel|workers|threads|batch|burst|(?<![a-z])rate(?![a-z])|qps|rps|prefetch|fan_?-?out|"
    r"connections|users|clients"
)
_SOONER = re.compile(r"(?i)interval|period|every|delay|back_?-?off|pause|sleep|wait")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_OVERRUN = re.compile(
    r"(?i)overload|shed(?:s|ding)?\b|over capacity|at capacity|capacity|too many|too busy|throttl|rate.?limit|"
    r"queue (?:is )?full|backpressure|saturat"
)
_FAILS = frozenset({failures.STATUS, failures.LIMITED, failures.TIMEOUT, failures.RESET})
_BROKEN = frozenset({Sign.CRASH, Sign.KILLED, Sign.NOT_READY, Sign.NO_PODS})


class Pressed(NamedTuple):
    """A setting by which a workload asks more of others, since when it does, and what it and they say of that."""

    setting: Setting
    since: datetime
    said: tuple[Trouble, ...]
    called: tuple[Workload, ...]
    overrun: tuple[Trouble, ...]


def pressed(situation: Situation, workload: Workload) -> Iterator[Pressed]:
    """Settings written within the time asked about, while those who fail the workload neither changed nor broke."""
    said = tuple(one for one in troubles(situation, workload) if one.entry.kinds & _FAILS and one.peers)
    called = tuple(_called(situation, said))
    if not called or any(_is_another_matter(situation, one) for one in called):
        return
    for setting in settings(situation.world, workload):
        edit = written(situation, setting) if changed_at(situation, setting, workload) else None
        since = taken_up(workload, [setting], edit) if edit else None
        if since and _asks_more(situation, setting):
            yield Pressed(setting, since, said, called, tuple(_overrun(situation, called, since)))


def _called(situation: Situation, said: Sequence[Trouble]) -> Iterator[Workload]:
    """The workloads behind the Services that errors blame."""
    services = {peer.target for one in said for peer in one.peers} & situation.world.things.keys()
    for ref in sorted(services):
        yield from situation.world.selected_by(situation.world.things[ref])


def _is_another_matter(situation: Situation, called: Workload) -> bool:
    """Whether what is called has a trouble of its own, or was released lately."""
    rolled = rollout(called)
    released = rolled is not None and rolled.program and rolled.at >= situation.world.begin
    return released or any(one.sign in _BROKEN for one in situation.symptoms_of(called.ref))


def _asks_more(situation: Situation, setting: Setting) -> bool:
    """Whether it says how much is asked, and nothing says that it was as much before."""
    sooner = _SOONER.search(setting.name)
    now = _NUMBER.fullmatch(setting.value)
    if now is None or not (sooner or _MORE.search(setting.name)):
        return False
    thing = situation.world.things.get(setting.origin)
    before = _NUMBER.match(previous_value(thing, setting.key)) if thing else None
    if before is None:
        return True
    return float(now[0]) < float(before[0]) if sooner else float(now[0]) > float(before[0])


def _overrun(situation: Situation, called: Sequence[Workload], since: datetime) -> Iterator[Trouble]:
    """What those who are asked warn of since then, where it speaks of more than they can bear."""
    for workload in called:
        for log in situation.world.logs_of(workload):
            for entry in log.entries:
                grave = entry.parsed.level == "WARN" or entry.is_error
                if grave and entry.at and entry.at >= since - MOMENT and _OVERRUN.search(entry.message):
                    yield Trouble(log, entry, [])
                    break
