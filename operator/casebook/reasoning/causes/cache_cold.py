"""CacheCold: a cache began anew and empty, and what stands behind it does the work that it did."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from casebook.analysis.access import listed, text
from casebook.analysis.curves import shown
from casebook.analysis.logs import Log
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, workload_logs_wanted
from casebook.reasoning.situation import Situation

_CACHE = re.compile(r"cache|redis|memcache|valkey|varnish", re.IGNORECASE)
"""What callers name the settings that lead to a cache, and what the images of usual ones are called."""
_MISS = re.compile(
    r"\b(?:no|not|nothing|without|missed)\b(?: found)?(?: in)?(?: the| a)? cache\b"
    r"|\bcache[- _]?miss|\bcache (?:is|was|returned|holds?|held) (?:cold|empty|nothing)\b",
    re.IGNORECASE,
)
AWAY = timedelta(seconds=30)
"""So long before its process began its callers may have missed it already: what a pod is given to end, if not set."""
MORE, SAME = 2.0, 1.4
"""From how many times as many requests as before a source has more to do, and up to how many its callers have not."""
FEWEST = 3


class Cold(NamedTuple):
    """A cache that began anew, who asks it, and what else they ask: where its content comes from."""

    cache: Workload
    began: datetime
    callers: tuple[Workload, ...]
    sources: tuple[Workload, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Cold]]:
    for workload in situation.workloads:
        began = _began(workload)
        callers = [one for one in _callers(situation, workload) if _ran_before(one, began)]
        if began is None or began < situation.world.begin or not callers:
            continue
        sources = _sources(situation, workload, callers)
        behind = ", ".join(situation.label(one.ref) for one in sources)
        yield Candidate(
            object=workload.ref,
            statement=f"{situation.label(workload.ref)}, a cache, began anew and empty at {timestamp(began)}: "
            f"{behind or 'what stands behind it'} has to answer what it did",
            harms=frozenset({workload.ref, *(one.ref for one in sources)}),
            covers=frozenset({Sign.SLOW, Sign.BACKLOG, Sign.VAGUE, Sign.PEER_ERRORS, Sign.NOT_READY}),
            about=Cold(workload, began, tuple(callers), sources),
            changed=began,
        )


def _began(workload: Workload) -> datetime | None:
    """When the oldest of its containers that run began: a younger one may have been given what the others hold."""
    starts = [one.running_since for one in workload.containers if one.running_since and not one.init]
    return min(starts, default=None)


def _ran_before(caller: Workload, began: datetime | None) -> bool:
    """Who began with the cache never found anything in it."""
    own = _began(caller)
    return own is not None and began is not None and own < began


def _callers(situation: Situation, cache: Workload) -> list[Workload]:
    """Workloads that call it as a cache, by the name of their setting or by its image."""
    services = {one.ref for one in situation.world.services_of(cache)}
    images = " ".join(text(spec, "image").rpartition("/")[2] for _, _, spec in cache.specs())
    found = []
    for caller in situation.workloads:
        calls = [one for one in situation.graph.calls.get(caller.ref, ()) if one.target in services]
        if caller.ref != cache.ref and any(_CACHE.search(f"{one.setting.key} {images}") for one in calls):
            found.append(caller)
    return found


def _sources(situation: Situation, cache: Workload, callers: list[Workload]) -> tuple[Workload, ...]:
    """What the callers ask besides, as far as its pods are there to be asked."""
    targets = {one.target for caller in callers for one in situation.graph.calls.get(caller.ref, ())}
    services = [situation.world.things[ref] for ref in sorted(targets) if ref in situation.world.things]
    behind = {one.ref: one for service in services for one in situation.world.selected_by(service)}
    return tuple(one for ref, one in sorted(behind.items()) if ref != cache.ref)


def _began_anew(_: Situation, found: Candidate[Cold]) -> Finding:
    containers = [one for one in found.about.cache.containers if one.running_since == found.about.began]
    return held(*(one.cite_state() for one in containers[:1]))


def _forgets(_: Situation, found: Candidate[Cold]) -> Finding:
    cache = found.about.cache
    claims = [one for one in listed(cache.template, "spec", "volumes") if "persistentVolumeClaim" in one]
    kept = bool(claims) or bool(listed(cache.thing.raw, "spec", "volumeClaimTemplates"))
    return failed(cache.thing.say("it keeps what it holds on a volume")) if kept else UNTESTED


def _is_up(_: Situation, found: Candidate[Cold]) -> Finding:
    cache = found.about.cache
    if cache.ready >= cache.desired > 0:
        return held(cache.live[0].cite_condition("Ready"))
    return failed(cache.thing.cite("status", "readyReplicas"), note="it is not cold but down")


def _sources_do_its_work(situation: Situation, found: Candidate[Cold]) -> Finding:
    """More requests at a source though its callers have no more, or misses that are logged since."""
    cites = [*_busier(situation, found.about), *_misses(situation, found.about)]
    return held(*cites[:2]) if cites else UNTESTED


def _busier(situation: Situation, cold: Cold) -> Iterator[Cite]:
    if any(_ratio(situation, caller) > SAME for caller in cold.callers):
        return
    for source in cold.sources:
        requests = situation.measured("traffic", source)
        change = requests.total.shift(situation.world.begin) if requests else None
        if requests and change and change.ratio >= MORE and requests.total.at(change.step) >= situation.world.begin:
            yield requests.cite(f"{shown(change.before)} -> {shown(change.after)} requests a second")


def _ratio(situation: Situation, workload: Workload) -> float:
    requests = situation.measured("traffic", workload)
    change = requests.total.shift(situation.world.begin) if requests else None
    return change.ratio if change else 1.0


def _misses(situation: Situation, cold: Cold) -> Iterator[Cite]:
    for workload in (*cold.callers, *cold.sources):
        for log in situation.world.logs_of(workload):
            missed = [one for one in log.entries if one.at and _MISS.search(one.said)]
            early = [one for one in missed if one.at and one.at < cold.began - AWAY]
            late = missed[len(early) :]
            if len(late) >= FEWEST and len(late) > len(early) and _reaches_back(log, cold):
                yield log.cite(*late[:2])


def _reaches_back(log: Log, cold: Cold) -> bool:
    """Whether the log tells of the time before, when there was no such miss."""
    return log.began is not None and log.began < cold.began - AWAY


def _logs(_: Situation, found: Candidate[Cold]) -> list[Query]:
    return [query for one in (*found.about.callers, *found.about.sources)[:3] for query in workload_logs_wanted(one, 1)]


def _steps(_: Situation, found: Candidate[Cold]) -> list[str]:
    sources = [one.ref for one in found.about.sources[:1]]
    return [
        "Wait if it fills by itself; let fewer requests through meanwhile, or fill it with what is asked most.",
        *(command("logs", ref, "--tail=50   # does its load fall again?") for ref in sources),
        command("describe", found.object, "  # why it began anew"),
    ]


CAUSES = (
    Cause(
        code="CacheCold",
        means="A cache lost what it held, and its source cannot answer all of it as fast.",
        names="workload",
        explains="slow answers while all pods are well, and a source of the data that has far more to do",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("it began anew within the time asked about", _began_anew, 120, -300),
            Prediction("it keeps nothing on disk", _forgets, 0, -300),
            Prediction("it is up again", _is_up, 40, -300),
            Prediction("its callers miss there, and its source does its work", _sources_do_its_work, 350, -250, _logs),
        ),
        steps=_steps,
    ),
)
