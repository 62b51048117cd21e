"""What a model may ask to see: reads of known kinds inside the scope of the run, and what code tells it of them.

An ask is turned into the queries that the sources answer anyway; there is no other way to a read. What came of it is
told in words that code makes: a field, names, a count, a few lines, what containers use, the ends of a curve.
"""

from collections.abc import Iterator
from datetime import datetime

from casebook.analysis.access import listed, text
from casebook.analysis.logs import Log
from casebook.analysis.things import KINDS, RESOURCES, Cite, Ref, Thing, clip
from casebook.analysis.workloads import Pod
from casebook.api.base import timestamp
from casebook.api.consultation import Ask, Quote, Tool
from casebook.api.observation import Observation, Query, Result, getting, listing, pod_logs, used
from casebook.reasoning.proposals import metering
from casebook.reasoning.proposals.predicted import at, events_of, is_missing, ref_of, shown_of, within
from casebook.reasoning.proposals.scope import Outside, inside
from casebook.reasoning.situation import Situation

MAX_PODS, MAX_NAMES, MAX_LINES = 2, 40, 3


def queries(situation: Situation, ask: Ask) -> list[Query]:
    """The reads that an ask stands for. Raises `Outside`."""
    if ask.tool is Tool.METRIC:
        return [metering.question(situation, ask.query, ask.since)]
    ref = ref_of(situation, ask.object)
    resource = RESOURCES.get(ref.kind, "")
    if not resource:
        raise Outside(f"it asked for a {clip(ref.kind, 40)}, which is not read")
    if not inside(situation, ref):
        raise Outside(f"it asked for {clip(ask.object, 120)}, which is outside of this investigation")
    if ask.tool is Tool.GET:
        return [getting(resource, ref.name, ref.namespace)]
    if ask.tool is Tool.LIST:
        return [listing(resource, ref.namespace)]
    if ask.tool is Tool.EVENTS:
        return [listing("events", ref.namespace)]
    pods = _pods(situation, ref)
    if not pods:
        raise Outside(f"it asked for the {ask.tool} of {clip(ask.object, 120)}, which runs nothing here")
    if ask.tool is Tool.USAGE:
        return [used(ref.namespace)]
    return [
        pod_logs(pod.thing.ref.namespace, pod.thing.ref.name, container.name, previous=ask.previous)
        for pod in pods[:MAX_PODS]
        for container in pod.containers
    ]


def _pods(situation: Situation, ref: Ref) -> list[Pod]:
    """The pod that is meant, or those of the workload."""
    workload = situation.world.workload_of(ref)
    pods = workload.pods if workload else ()
    return [pod for pod in pods if ref.kind != "Pod" or pod.thing.ref == ref]


def wanted(situation: Situation) -> list[Query]:
    """All that a model asked to see and may."""
    asked = situation.world.snapshot.consultation
    found: list[Query] = []
    for ask in asked.asks if asked else ():
        try:
            made = queries(situation, ask)
        except Outside:
            continue
        found += [] if _known(situation, ask) else made
    return found


def _known(situation: Situation, ask: Ask) -> Thing | None:
    """The object that is asked for, where it was seen already, in a list or by itself."""
    return situation.world.things.get(ref_of(situation, ask.object)) if ask.tool is Tool.GET else None


def told(situation: Situation) -> list[Quote]:
    """What came of the asks so far, in their order."""
    asked = situation.world.snapshot.consultation
    found: dict[tuple[str, str], Quote] = {}
    for ask in asked.asks if asked else ():
        try:
            made = queries(situation, ask)
        except Outside:
            continue
        found |= {(one.observation, one.excerpt): one for one in _told(situation, ask, made)}
    return list(found.values())


def _told(situation: Situation, ask: Ask, made: list[Query]) -> Iterator[Quote]:
    if ask.tool is Tool.LOG:
        yield from (_of_log(ask, log) for log in _read(situation, made))
        return
    thing = _known(situation, ask)
    if thing is not None:
        value = at(thing.raw, ask.field)
        yield _quote(shown_of(thing, ask.field, value), absent=bool(ask.field) and is_missing(value))
        return
    answer = situation.world.snapshot.answer(made[0])
    if answer is None:
        return
    if answer.result not in (Result.OK, Result.NOT_FOUND):
        yield _quote(Cite(answer.id, _unread(ask, answer)))
    elif ask.tool is Tool.METRIC:
        cite, is_none = metering.told(answer)
        yield _quote(cite, absent=is_none)
    elif ask.tool is Tool.GET:
        ref = ref_of(situation, ask.object)
        yield _quote(Cite(answer.id, f"{ref.label(ref.namespace)} is not there"), absent=True)
    elif ask.tool is Tool.LIST:
        yield _of_list(answer)
    elif ask.tool is Tool.USAGE:
        yield _of_usage(situation, ask, answer)
    else:
        yield _of_events(situation, ask, answer)


def _unread(ask: Ask, answer: Observation) -> str:
    """That a read failed; of a namespace that it is another's, or none: which of both is not known."""
    if answer.query.resource == "namespaces" and answer.result is Result.DENIED:
        return f"{ask.object} is not within what this run may see"
    return f"{'the metric' if ask.tool is Tool.METRIC else ask.object} could not be read: {answer.result}"


def _read(situation: Situation, made: list[Query]) -> list[Log]:
    keys = {(one.namespace, one.name, one.params.get("container", ""), one.is_previous_log) for one in made}
    return [log for key, log in situation.world.logs.items() if key in keys]


def _quote(cite: Cite, *, absent: bool = False) -> Quote:
    return Quote(observation=cite.observation, excerpt=clip(cite.excerpt), absent=absent)


def _of_list(answer: Observation) -> Quote:
    kind = KINDS.get(answer.query.resource, answer.query.resource)
    names = sorted(str(item.get("metadata", {}).get("name", "")) for item in answer.items())
    place = f" in {answer.query.namespace}" if answer.query.namespace else ""
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    some = f": {', '.join(names[:MAX_NAMES])}{more}" if names else ""
    return _quote(Cite(answer.id, f"{len(names)} {kind}{place}{some}"), absent=not names and not answer.truncated)


def _of_usage(situation: Situation, ask: Ask, answer: Observation) -> Quote:
    names = {pod.thing.ref.name for pod in _pods(situation, ref_of(situation, ask.object))}
    lines = [
        f"{text(item, 'metadata', 'name')}/{text(one, 'name')}: cpu {text(one, 'usage', 'cpu')}, "
        f"memory {text(one, 'usage', 'memory')}"
        for item in answer.items()
        if text(item, "metadata", "name") in names
        for one in listed(item, "containers")
    ]
    more = f"\nand {len(lines) - MAX_NAMES} more" if len(lines) > MAX_NAMES else ""
    head = f"{len(lines)} containers of {ask.object} are measured"
    return _quote(Cite(answer.id, "\n".join([head, *lines[:MAX_NAMES]]) + more), absent=not lines)


def _of_log(ask: Ask, log: Log) -> Quote:
    entries = [one for one in log.entries if within(ask.contains, one.said) and _since(one.at, ask.since)]
    where = f"{log.pod}/{log.container}{' (previous run)' if log.previous else ''}"
    holding = f' with "{ask.contains}"' if ask.contains else ""
    span = f" since {timestamp(ask.since)}" if ask.since else f" since {timestamp(log.began)}" if log.began else ""
    cut = "; it reaches no further back" if log.truncated else ""
    lines = log.cite(*entries[-MAX_LINES:], stack=0).excerpt if entries else ""
    head = f"{where}: {len(entries)} log entries{holding}{span}{cut}"
    return _quote(Cite(log.source, f"{head}\n{lines}".strip()), absent=not entries and not log.truncated)


def _of_events(situation: Situation, ask: Ask, answer: Observation) -> Quote:
    ref = ref_of(situation, ask.object)
    found = events_of(situation, ref, ask.contains)
    lines = "\n".join(f"{event.reason}: {event.message}" for event in found[:MAX_LINES])
    head = f"{len(found)} events of {ref.label(ref.namespace)}" + (f' with "{ask.contains}"' if ask.contains else "")
    return _quote(Cite(answer.id, f"{head}\n{lines}".strip()), absent=not found and not answer.truncated)


def _since(moment: datetime | None, since: datetime | None) -> bool:
    return since is None or (moment is not None and moment >= since)
