"""What several causes share: rollouts, error entries, times in words, commands for people."""

import re
from collections.abc import Iterator, Set
from datetime import datetime
from typing import Any, NamedTuple

from casebook.analysis.access import listed, quantity, text
from casebook.analysis.calls import Peer, peers
from casebook.analysis.changes import PROGRAM, Rollout, rollout
from casebook.analysis.logs import Entry, Log
from casebook.analysis.revisions import template_of
from casebook.analysis.things import Cite, Ref, Thing, shown
from casebook.analysis.workloads import Container, Pod, Workload
from casebook.api.base import timestamp
from casebook.api.observation import Query, pod_logs
from casebook.reasoning.cause import UNTESTED, Candidate, Finding, held
from casebook.reasoning.situation import Situation

ALIASES = "hostAliases"
_PROXY = re.compile(r"(?i)\.env\[(?:https?|all|no)_proxy\]")
STOPPED = frozenset({137, 143})
"""Exit codes of a program that was killed or told to end: it did not end by itself."""


class Subject(NamedTuple):
    """A container of a workload that a hypothesis is about."""

    workload: Workload
    container: Container

    def said(self, situation: Situation) -> str:
        """`Container c of Deployment/x`."""
        return f"Container {self.container.name} of {situation.label(self.workload.ref)}"

    def logs(self) -> list[Query]:
        """Its logs."""
        return logs_wanted(self.container)


class Trouble(NamedTuple):
    """An error entry that goes on, where it was logged, and what it blames."""

    log: Log
    entry: Entry
    peers: list[Peer]

    def cite(self) -> Cite:
        """A citation of the entry."""
        return self.log.cite(self.entry)

    @property
    def times(self) -> int:
        """How often the log says the same."""
        return sum(one.template == self.entry.template for one in self.log.errors)


def troubles(situation: Situation, workload: Workload) -> list[Trouble]:
    """Distinct errors that go on in the logs of a workload."""
    return [Trouble(log, entry, blamed) for log, entry, blamed in situation.active_errors(workload)]


def blaming(situation: Situation, workload: Workload) -> list[Trouble]:
    """Errors that go on in the logs of others and name this workload or a Service of it."""
    return naming(situation, {workload.ref, *(one.ref for one in situation.world.services_of(workload))})


def naming(situation: Situation, called: Set[Ref]) -> list[Trouble]:
    """Errors that go on in the logs of others and name one of these."""
    return [
        one
        for caller in situation.workloads
        if caller.ref not in called
        for one in troubles(situation, caller)
        if any(peer.target in called for peer in one.peers)
    ]


def last_words(situation: Situation, container: Container) -> list[Trouble]:
    """Errors in the last log of a container that ended; where it names none, its last entry."""
    world = situation.world
    place, pod = container.pod.ref.namespace, container.pod.ref.name
    found = [world.logs.get((place, pod, container.name, previous)) for previous in (True, False)]
    workload = world.workload_of(container.pod.ref)
    for log in found:
        if log is not None and log.entries and workload is not None:
            entries = log.errors[-6:] or log.entries[-1:]
            known = situation.graph.calls.get(workload.ref, [])
            return [Trouble(log, entry, peers(world, workload, entry, known)) for entry in entries]
    return []


def logs_wanted(container: Container) -> list[Query]:
    """The logs of a container, of its previous run first where there was one."""
    place, pod = container.pod.ref.namespace, container.pod.ref.name
    before = [pod_logs(place, pod, container.name, previous=True)] if container.restarts else []
    return [*before, pod_logs(place, pod, container.name)]


def workload_logs_wanted(workload: Workload, limit: int = 2) -> list[Query]:
    """The logs of the running containers of a pod or two."""
    return [
        pod_logs(pod.thing.ref.namespace, pod.thing.ref.name, container.name)
        for pod in workload.live[:limit]
        for container in pod.containers
        if container.is_running
    ]


def callers_logs_wanted(situation: Situation, found: Candidate[Any]) -> list[Query]:
    """The logs of one pod of every workload that the candidate's harm reaches: who misses it says so."""
    reached = situation.graph.downstream(found.harms)
    return [
        query
        for workload in situation.workloads
        if workload.ref in reached
        for query in workload_logs_wanted(workload, 1)
    ]


def changed(situation: Situation, workload: Workload, part: str) -> Rollout | None:
    """The newest rollout, if it changed a field whose path contains `part` and lies in the time asked about."""
    found = rollout(workload)
    if found is None or found.at < situation.world.begin:
        return None
    return found if any(item.touches(part) for item in found.found) else None


def aliased(rolled: Rollout) -> set[str]:
    """Names for which a revision gives its pods an address of its own, or no longer does."""
    return {str(value) for item in rolled.found if item.touches(ALIASES) for value in (item.old, item.new)}


def proxied(rolled: Rollout) -> list[str]:
    """The paths by which a revision sends the calls of its pods through a proxy, or past one."""
    return [item.path for item in rolled.found if _PROXY.search(item.path)]


def changed_part(situation: Situation, subject: Subject, *parts: str) -> Rollout | None:
    """The newest rollout if it changed one of these parts of the container, for example `.image`."""
    for part in parts:
        found = changed(situation, subject.workload, f"[{subject.container.name}]{part}")
        if found is not None:
            return found
    return None


def lowered(situation: Situation, subject: Subject, limit: str) -> Rollout | None:
    """The newest rollout, if it lowered this limit of the container or was the first to set one."""
    rolled = changed_part(situation, subject, limit)
    for item in rolled.found if rolled else ():
        old, new = quantity(item.old), quantity(item.new)
        if limit in item.path and new is not None and (old is None or new < old):
            return rolled
    return None


def program_changed(situation: Situation, found: Candidate[Subject]) -> Finding:
    """Held where the newest revision changed what the container runs or is given."""
    rolled = changed_part(situation, found.about, *PROGRAM)
    return held(cite_rollout(rolled)) if rolled else UNTESTED


def was(found: Rollout | None, part: str) -> str:
    """` (was X until 10:02)` for the first field of a rollout whose path contains `part`, or empty."""
    if found is None:
        return ""
    difference = next((item for item in found.found if item.touches(part) and item.old is not None), None)
    return f" (was {shown(difference.old)} until {timestamp(found.at)})" if difference else ""


def cite_rollout(found: Rollout, *parts: str) -> Cite:
    """A citation of what a rollout changed, in these parts where any are given."""
    said = "; ".join(item.said() for item in found.found if not parts or any(map(item.touches, parts)))
    revisions = f"revision {found.old.number} -> {found.new.number}"
    return found.new.thing.say(f"{revisions}, created {timestamp(found.at)}: {said or 'the template is the same'}")


def at(moment: datetime | None) -> str:
    """` at 2026-01-02T03:04:05Z`, or empty where the time is unknown."""
    return f" at {timestamp(moment)}" if moment else ""


def containers(situation: Situation) -> Iterator[tuple[Workload, Pod, Container]]:
    """Every container of every live pod, workloads on the path first."""
    for workload in situation.workloads:
        pods = workload.pods if workload.ref.kind in ("Job", "CronJob", "Pod") else workload.live
        for pod in pods:
            for container in pod.containers:
                yield workload, pod, container


def declared(situation: Situation, workload: Workload, pod: Pod, container: Container) -> tuple[Thing, dict[str, Any]]:
    """What a pod was made from, and its container there; empty where the template has none of that name.

    The template of a StatefulSet or DaemonSet is that of its newest revision, and pods of older ones may still run.
    """
    parents = [ref for ref in (pod.revision, pod.thing.owner()) if ref in situation.world.things]
    made_from = situation.world.things[parents[0]] if parents else workload.thing
    specs = [
        spec
        for key in ("initContainers", "containers")
        for spec in listed(template_of(made_from), "spec", key)
        if text(spec, "name") == container.name
    ]
    return made_from, (specs or [{}])[0]


def only(ref: Ref) -> frozenset[Ref]:
    """A set of one entity."""
    return frozenset({ref})


def command(verb: str, ref: Ref, *rest: str) -> str:
    """A kubectl command on an entity."""
    place = f" -n {ref.namespace}" if ref.namespace else ""
    return " ".join([f"kubectl {verb}{place} {ref.kind.lower()}/{ref.name}", *rest])


def undo(workload: Workload) -> str:
    """The command that takes back the newest revision, with its risk; where there is none before it, to mend it."""
    if len(workload.revisions) == 1 or workload.ref.kind not in ("Deployment", "StatefulSet", "DaemonSet"):
        return command("edit", workload.ref, "  # changes what runs; a Pod or Job has to be made again")
    return f"{command('rollout undo', workload.ref)}   # goes back to the previous revision; {_after_undo(workload)}"


def _after_undo(workload: Workload) -> str:
    """A StatefulSet that makes its pods in order waits for one that fails, even where its revision was taken back."""
    if workload.ref.kind != "StatefulSet" or workload.thing.spec("podManagementPolicy") == "Parallel":
        return "restarts its pods"
    return "then delete the pods that fail, it waits for them"
