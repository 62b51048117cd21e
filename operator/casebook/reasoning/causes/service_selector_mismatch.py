"""ServiceSelectorMismatch: a Service selects none of the pods that it is meant for, or others besides them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from casebook.analysis import failures
from casebook.analysis.access import strings
from casebook.analysis.changes import edited, rewritten
from casebook.analysis.services import ready_endpoints
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing, shown
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.configuration import UNREACHED
from casebook.reasoning.checks.felt import began_with
from casebook.reasoning.checks.helpers import Trouble, blaming, callers_logs_wanted, command, naming, only
from casebook.reasoning.checks.strangers import Stranger, strangers
from casebook.reasoning.situation import Situation

ONLY_ALIKE = 2
"""Likeness of one value that differs in little: what has a Service of its own needs more to be meant for another."""
FRESH = timedelta(minutes=30)
"""What a Service has selected for longer did its callers no harm before."""


class Miss(NamedTuple):
    """A Service that selects nothing, and the workload that it comes closest to; or that selects a stranger too."""

    service: Thing
    near: Workload | None
    likeness: int
    stranger: Stranger | None = None


def _detect(situation: Situation) -> Iterator[Candidate[Miss]]:
    yield from _nothing_selected(situation)
    for item in strangers(situation):
        since = f", since {timestamp(item.joined)}" if item.joined else ""
        yield Candidate(
            object=item.service.ref,
            statement=f"{situation.label(item.service.ref)} sends to pods of {situation.label(item.other.ref)} too, "
            f"which carry {shown(strings(item.service.raw, 'spec', 'selector'))} like those of "
            f"{situation.label(item.meant.ref)} and do not serve it{since}",
            harms=only(item.service.ref),
            covers=frozenset({Sign.NO_ENDPOINTS}),
            about=Miss(item.service, item.meant, 0, item),
            since=item.joined,
            changed=item.joined if item.joined and item.joined >= situation.world.begin else None,
        )


def _nothing_selected(situation: Situation) -> Iterator[Candidate[Miss]]:
    world = situation.world
    for service in world.all("Service"):
        selector = strings(service.raw, "spec", "selector")
        if not selector or world.selected_by(service) or _endpoints(situation, service):
            continue
        miss = _nearest(situation, service, selector)
        edit = rewritten(service, "spec", "selector")
        near = f", while the pods of {situation.label(miss.near.ref)} carry {_carried(miss)}" if miss.near else ""
        yield Candidate(
            object=service.ref,
            statement=f"{situation.label(service.ref)} selects {shown(selector)}, which no pod carries{near}",
            harms=only(service.ref),
            covers=frozenset({Sign.NO_ENDPOINTS}),
            about=miss,
            changed=edit.at if edit else None,
        )


def _endpoints(situation: Situation, service: Thing) -> int:
    return ready_endpoints(situation.world, service)[1]


def _carried(miss: Miss) -> str:
    selector = strings(miss.service.raw, "spec", "selector")
    labels = strings(miss.near.template, "metadata", "labels") if miss.near else {}
    return shown({key: labels[key] for key in selector if key in labels} or labels)


def _nearest(situation: Situation, service: Thing, selector: dict[str, str]) -> Miss:
    best: tuple[int, Workload | None] = (0, None)
    for workload in situation.workloads:
        if workload.ref.namespace != service.ref.namespace or not workload.serves:
            continue
        likeness = _likeness(service, selector, workload)
        served = ONLY_ALIKE if situation.world.services_of(workload) else 0
        if likeness > max(best[0], served):
            best = (likeness, workload)
    return Miss(service, best[1], best[0])


def _likeness(service: Thing, selector: dict[str, str], workload: Workload) -> int:
    """How much a workload looks like what the Service is meant for: same labels, like values, same name."""
    labels = strings(workload.template, "metadata", "labels")
    same = sum(labels.get(key) == value for key, value in selector.items())
    like = sum(_alike(labels[key], value) for key, value in selector.items() if key in labels and labels[key] != value)
    swapped = sum(value in labels.values() for key, value in selector.items() if labels.get(key) != value)
    named = workload.ref.name == service.ref.name or labels.get("app") == service.ref.name
    return 2 * same + 2 * like + swapped + 3 * named


def _alike(one: str, other: str) -> bool:
    """Whether two values differ by a typo or an ending: one begins or ends with the other, or two letters differ."""
    if one.startswith(other) or other.startswith(one) or one.endswith(other) or other.endswith(one):
        return True
    return abs(len(one) - len(other)) <= 1 and sum(a != b for a, b in zip(one, other, strict=False)) <= 2


def _selects_nothing(situation: Situation, found: Candidate[Miss]) -> Finding:
    service = found.about.service
    if found.about.stranger:
        return UNTESTED
    slices, ready = ready_endpoints(situation.world, service)
    if ready:
        return failed(slices[0].cite("endpoints"))
    cites = [service.cite("spec", "selector"), *(item.cite("endpoints") for item in slices[:1])]
    return held(*cites)


def _meant_pods_exist(situation: Situation, found: Candidate[Miss]) -> Finding:
    near = found.about.near
    if found.about.stranger or _missing_it(situation, found):
        return UNTESTED
    if near is None:
        return failed(note="no workload looks like what it is meant for")
    labels = near.thing.say(f"pods carry {shown(strings(near.template, 'metadata', 'labels'))}, {near.ready} ready")
    return held(labels) if near.desired else UNTESTED


def _callers_find_nothing(situation: Situation, found: Candidate[Miss]) -> Finding:
    """What it was for is there no more, or was never there: that it selects nothing is all that can be known."""
    said = _missing_it(situation, found)
    return held(*(one.cite() for one in said[:2])) if said else UNTESTED


def _missing_it(situation: Situation, found: Candidate[Miss]) -> list[Trouble]:
    """Calls that fail at a Service for which nothing is there."""
    said = naming(situation, {found.object}) if found.about.near is None else []
    return [one for one in said if one.entry.kinds & failures.PEER_KINDS]


def _selects_a_stranger(_: Situation, found: Candidate[Miss]) -> Finding:
    item = found.about.stranger
    if item is None:
        return UNTESTED
    pod = next(pod for pod in item.other.pods if pod.ready)
    return held(pod.thing.cite("metadata", "labels"), item.serves, note="the other's pods do not serve that")


def _callers_fail_since(situation: Situation, found: Candidate[Miss]) -> Finding:
    """Some of the requests reach the stranger and are not answered, from the moment on at which it is selected."""
    item = found.about.stranger
    said = [one for one in blaming(situation, item.meant) if _named(one, found)] if item else []
    if item is None or item.joined is None or not said:
        return UNTESTED
    unanswered = [one for one in said if one.entry.kinds & UNREACHED]
    if not unanswered:
        return failed(*(one.cite() for one in said[:2]), note="what they reach answers")
    return began_with(unanswered, item.joined, FRESH)


def _named(one: Trouble, found: Candidate[Miss]) -> bool:
    return any(peer.target == found.object for peer in one.peers)


def _changed_lately(situation: Situation, found: Candidate[Miss]) -> Finding:
    if found.changed is None or found.changed < situation.world.begin:
        return UNTESTED
    if found.about.stranger:
        other = found.about.stranger.other
        return held(other.thing.say(f"selected since {timestamp(found.changed)}"))
    edit = edited(found.about.service, "spec", "selector")
    by = f" by {edit.manager}" if edit else ""
    return held(found.about.service.say(f"spec.selector written{by} at {timestamp(found.changed)}"))


def _callers_logs(situation: Situation, found: Candidate[Miss]) -> Sequence[Query]:
    return callers_logs_wanted(situation, found) if found.about.stranger else ()


def _steps(_: Situation, found: Candidate[Miss]) -> list[str]:
    near, stranger = found.about.near, found.about.stranger
    if stranger:
        meant, other = stranger.meant.ref.name, stranger.other.ref.name
        return [
            f"Select by a label that only pods of {meant} carry, or take the shared one off the pods of {other}.",
            command("edit", found.object, "  # traffic follows at once"),
            command("describe", found.object, "  # the endpoints that it has"),
        ]
    labels = shown(strings(near.template, "metadata", "labels")) if near else "the labels of the pods that it is for"
    return [
        f"Set spec.selector of Service {found.object.name} to labels that its pods carry ({labels}).",
        command("edit", found.object, "  # traffic follows at once"),
        command("get", found.object, "-o yaml --show-managed-fields   # who wrote the selector"),
    ]


CAUSES = (
    Cause(
        code="ServiceSelectorMismatch",
        means="A Service selects none of the pods that it is meant for, or besides them others that do not serve it.",
        names="Service",
        explains="a Service without endpoints while the pods are well, or some errors of its callers",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("the Service selects nothing", _selects_nothing, 220, -350),
            Prediction("pods that look like the ones it is meant for exist", _meant_pods_exist, 220, -250),
            Prediction("callers miss it, and nothing is there that it could be for", _callers_find_nothing, 150, 0),
            Prediction("it selects pods besides, which do not serve", _selects_a_stranger, 220, -350),
            Prediction("callers fail since it selects them", _callers_fail_since, 250, -250, _callers_logs),
            Prediction("what it selects was changed lately", _changed_lately, 100, 0),
        ),
        steps=_steps,
    ),
)
