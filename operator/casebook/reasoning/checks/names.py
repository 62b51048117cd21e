"""Names that do not resolve: whether the cluster's DNS answers, and whether a name was known to resolve before."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.access import count
from casebook.analysis.calls import peers
from casebook.analysis.logs import Entry, Log
from casebook.analysis.policies import keeps_from_names, party
from casebook.analysis.settings import references
from casebook.analysis.things import Cite, Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.api.observation import Query, getting
from casebook.reasoning.checks.felt import MOMENT
from casebook.reasoning.checks.helpers import Trouble, troubles
from casebook.reasoning.situation import Situation

DNS = Ref("Deployment", "kube-system", "coredns")
OFTEN, REGULAR, LONG = 3, 3, 5
"""Errors that recur at all; how much longer than usual a pause may be; how many pauses long it was well before."""
A_WHILE = timedelta(seconds=60)
"""Programs start in less, so that the first error of one that never worked comes earlier."""
_TRIES = re.compile(r"(?i)\b(?:waiting|trying|attempt|connecting|resolving|starting|using|configured)")
_PASSING = re.compile(r"(?i)eai_again|temporary failure|servfail|server misbehaving")
"""How it is said that the DNS gave no answer; else it said that there is no such name."""


class Lost(NamedTuple):
    """A name that a container reached and does not find any more: until when it worked, since when not.

    `good` is the last word that it worked; None where there only was no error for long.
    """

    caller: Workload
    log: Log
    good: Entry | None
    until: datetime
    since: datetime

    def cites(self) -> tuple[Cite, ...]:
        """Citations of what shows that it worked."""
        return (self.log.cite(self.good),) if self.good else (self.log.summary(),)

    def worked_since(self, changed: datetime) -> bool:
        """Whether it says that it worked after a change, which then is not what broke it."""
        return self.good is not None and self.until > changed


def dns(situation: Situation) -> list[Query]:
    """The DNS server, where it may be read."""
    scene = situation.world.snapshot.run.scene
    readable = scene.platform or not scene.namespaces or DNS.namespace in scene.namespaces
    return [getting("deployments.apps", DNS.name, DNS.namespace)] if readable else []


def server_down(thing: Thing) -> bool:
    """Whether none of the pods of the DNS server is there."""
    return not count(thing.raw, "status", "availableReplicas")


def lost(situation: Situation, said: Iterable[Trouble], hosts: Collection[str]) -> Lost | None:
    """That one of the containers which do not find a name found it before; a plain word of it goes first."""
    unresolved = [one for one in said if failures.UNRESOLVED in one.entry.kinds and not one.log.previous]
    found = [item for one in unresolved for item in (*_worked(situation, one, hosts), *_quiet(situation, one, hosts))]
    return next((item for item in found if item.good), found[0] if found else None)


def _worked(situation: Situation, one: Trouble, hosts: Collection[str]) -> Iterator[Lost]:
    """Entries that speak of the host without an error, again and again, and cease where the errors begin."""
    log, since, caller = one.log, one.entry.at, _caller(situation, one)
    earlier = situation.world.earlier_logs.get((log.namespace, log.pod, log.container))
    told: dict[str, list[Entry]] = {}
    for entry in (*(earlier.entries if earlier else ()), *log.entries):
        if entry.at and _is_well(entry) and _speaks_of(entry, hosts):
            told.setdefault(entry.template, []).append(entry)
    for same in told.values():
        times = [entry.at for entry in same if entry.at]
        if caller and since and len(set(times)) > 1 and max(times) < since:
            yield Lost(caller, log, same[-1], max(times), since)


def _quiet(situation: Situation, one: Trouble, hosts: Collection[str]) -> Iterator[Lost]:
    """Errors that recur regularly now, and did not in a good while that the container ran before."""
    failing = [entry for entry in one.log.errors if failures.UNRESOLVED in entry.kinds and _speaks_of(entry, hosts)]
    times = sorted(entry.at for entry in failing if entry.at)
    began, caller = _began(situation, one.log), _caller(situation, one)
    if began is None or caller is None or len(times) < OFTEN:
        return
    pauses = [(later - before).total_seconds() for before, later in pairwise(times)]
    usual = median(pauses)
    if max(pauses) <= REGULAR * usual and times[0] - began >= max(A_WHILE, timedelta(seconds=LONG * usual)):
        yield Lost(caller, one.log, None, began, times[0])


def _began(situation: Situation, log: Log) -> datetime | None:
    """Since when the log tells all: since the container runs, or since its first line that could be read."""
    pod = situation.world.pods.get(Ref("Pod", log.namespace, log.pod))
    container = next((one for one in pod.containers if one.name == log.container), None) if pod else None
    return log.began if log.truncated else container.running_since if container else None


def _caller(situation: Situation, one: Trouble) -> Workload | None:
    return situation.world.workload_of(Ref("Pod", one.log.namespace, one.log.pod))


def _is_well(entry: Entry) -> bool:
    return not (entry.is_error or entry.kinds or entry.parsed.level == "WARN" or _TRIES.search(entry.message))


def _speaks_of(entry: Entry, hosts: Collection[str]) -> bool:
    said = entry.said.lower()
    return any(re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w-]|\.\w)", said) for host in hosts)


def untouched(situation: Situation, name: Lost, targets: Collection[Ref]) -> bool:
    """Whether nothing was changed at the caller between: no rollout, no setting, no Service that names the host."""
    read = {one.target for one in references(name.caller) if one.target.kind == "ConfigMap"}
    near = {name.caller.ref, *read, *targets}
    return not any(
        change.object in near and change.fields and name.until < change.at <= name.since + MOMENT
        for change in situation.timeline
    )


def resolver_well(situation: Situation, name: Lost, said: Sequence[Trouble], targets: Collection[Ref]) -> bool:
    """Whether it is only this name: the DNS serves, may be asked, and other names resolve as far as is seen."""
    server = situation.world.things.get(DNS)
    unread = not all(situation.world.made(query) for query in dns(situation))
    if (
        unread
        or (server and server_down(server))
        or keeps_from_names(situation.world, party(situation.world, name.caller))
    ):
        return False
    passing = all(_PASSING.search(one.entry.said) for one in said)
    return not (passing or _others_unresolved(situation, targets)) or _others_answer(situation, name, targets)


def _others_unresolved(situation: Situation, targets: Collection[Ref]) -> bool:
    return any(
        failures.UNRESOLVED in one.entry.kinds and one.peers and not any(peer.target in targets for peer in one.peers)
        for workload in situation.workloads
        for one in troubles(situation, workload)
    )


def _others_answer(situation: Situation, name: Lost, targets: Collection[Ref]) -> bool:
    """Whether some program tells of a call to another name since then which did resolve, whatever came of it."""
    for workload in situation.workloads:
        known = situation.graph.calls.get(workload.ref, [])
        for log in situation.world.logs_of(workload):
            for entry in log.entries:
                tells = (entry.is_error and entry.kinds - {failures.UNRESOLVED}) or _is_well(entry)
                if entry.at and entry.at >= name.since and tells and failures.UNRESOLVED not in entry.kinds:
                    found = peers(situation.world, workload, entry, known)
                    if any(not one.endpoint.is_ip and one.target not in targets for one in found):
                        return True
    return False
