"""Faults of a workload that looks well itself: what its callers alone say of it, and since when."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.changes import Edit, changed_after_creation, rollout
from casebook.analysis.settings import Setting, is_kept, settings
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref
from casebook.analysis.workloads import Workload
from casebook.reasoning.cause import UNTESTED, Finding, failed, held
from casebook.reasoning.checks.configuration import changed_at, written
from casebook.reasoning.checks.helpers import Trouble, blaming
from casebook.reasoning.situation import Situation

OWN = frozenset({Sign.CRASH, Sign.ERRORS, Sign.VAGUE, Sign.NOT_READY})
"""What a workload shows that fails itself."""
AT_ONCE = timedelta(seconds=20)
"""A rollout takes so long until the new pods answer; one that ends the old pods first, so long before the new ones."""
MOMENT = timedelta(seconds=2)
"""Times of objects are whole seconds, and the clocks of nodes not quite the same: so much earlier is not before."""
_MIN_WORD, _MIN_NUMBER = 4, 2
SOON = timedelta(seconds=90)
"""A kubelet renews a mounted file within so long; a limit that counts by the minute is met within it as well."""


def only_callers_fail(situation: Situation, workload: Workload) -> list[Trouble]:
    """What callers say of a workload that looks well itself; nothing where it does not, or its Service was changed."""
    signs = {symptom.sign for symptom in situation.symptoms_of(workload.ref)}
    edits = [changed_after_creation(service) for service in situation.world.services_of(workload)]
    if signs & OWN or any(edit and edit.at >= situation.world.begin for edit in edits):
        return []
    return blaming(situation, workload)


def began_with(
    said: Sequence[Trouble], at: datetime, within: timedelta = AT_ONCE, earlier: timedelta = MOMENT
) -> Finding:
    """Held where the first of these came with a change at that time, failed where they came before it."""
    times = [one.entry.at for one in said if one.entry.at]
    if not times:
        return UNTESTED
    first = next(one for one in said if one.entry.at == min(times))
    after = min(times) - at
    if after < -earlier:
        return failed(first.cite(), note="they failed before")
    return held(first.cite()) if after <= within else UNTESTED


class Felt(NamedTuple):
    """Settings of a ConfigMap that were written and taken up by a workload, and what its callers say of that.

    `named` is what the workload itself says of the first of the settings; empty where it says nothing.
    """

    settings: tuple[Setting, ...]
    edit: Edit
    since: datetime
    said: tuple[Trouble, ...]
    named: tuple[Trouble, ...]


def felt(situation: Situation, workload: Workload) -> Iterator[Felt]:
    """Renewed settings of a workload of which only its callers complain, and which itself complains of nobody."""
    said = only_callers_fail(situation, workload)
    if any(symptom.sign is Sign.PEER_ERRORS for symptom in situation.symptoms_of(workload.ref)):
        return
    renewed: dict[Ref, list[Setting]] = {}
    for setting in settings(situation.world, workload) if said else ():
        if setting.origin.kind == "ConfigMap" and changed_at(situation, setting, workload):
            renewed.setdefault(setting.origin, []).append(setting)
    for found in renewed.values():
        edit = written(situation, found[0])
        since = taken_up(workload, found, edit) if edit else None
        answers = tuple(one for one in said if since and _is_an_answer(situation, one, since))
        if edit and since and answers:
            by_name = {setting: _naming(situation, workload, setting, since) for setting in found}
            ordered = sorted(found, key=lambda one: not by_name[one])
            yield Felt(tuple(ordered), edit, since, answers, by_name[ordered[0]])


def _is_an_answer(situation: Situation, one: Trouble, since: datetime) -> bool:
    """Whether an error of a caller can come from how the called one is set up, and not from the caller's own change."""
    caller = situation.world.workload_of(Ref("Pod", one.log.namespace, one.log.pod))
    return failures.UNRESOLVED not in one.entry.kinds and not (caller and _is_new(situation, caller, since))


def _is_new(situation: Situation, caller: Workload, since: datetime) -> bool:
    """Whether it has a new program that did not run before already, without an error."""
    rolled = rollout(caller)
    if rolled is None or not rolled.program or rolled.at < situation.world.begin:
        return False
    starts = [one.running_since for pod in caller.pods_of(rolled.new) for one in pod.containers if one.running_since]
    return not starts or max(starts) >= since


def taken_up(workload: Workload, found: Sequence[Setting], edit: Edit) -> datetime | None:
    """Since when it runs with what was written: its next start, or at once where a mounted file follows the map."""
    if not all(is_kept(workload, setting) for setting in found):
        return edit.at
    starts = [one.running_since for one in workload.containers if one.running_since]
    return min((start for start in starts if start >= edit.at), default=None)


def _naming(situation: Situation, workload: Workload, setting: Setting, since: datetime) -> tuple[Trouble, ...]:
    """Warnings of a workload since then that speak of a setting: by its name, or by its value as a word."""
    return tuple(
        Trouble(log, entry, [])
        for log in situation.world.logs_of(workload)
        for entry in log.entries
        if entry.at and entry.at >= since and (entry.parsed.level == "WARN" or entry.is_error)
        if any(_speaks(entry.message, word) for word in (setting.name, setting.value))
    )[:2]


def _speaks(message: str, word: str) -> bool:
    """Whether a message has this word; of short ones, which stand anywhere, only numbers count."""
    long_enough = len(word) >= (_MIN_NUMBER if word.isdigit() else _MIN_WORD)
    return long_enough and re.search(rf"(?<![\w.:-]){re.escape(word)}(?![\w:-])", message) is not None
