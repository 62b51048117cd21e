"""ServiceSelectorMismatch: a Service selects no pods, while pods that it is meant for are there."""

from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import strings
from casebook.analysis.changes import changed_after_creation, edited
from casebook.analysis.services import ready_endpoints
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing, shown
from casebook.analysis.workloads import Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, only
from casebook.reasoning.situation import Situation


class Miss(NamedTuple):
    """A Service that selects nothing, and the workload that it comes closest to."""

    service: Thing
    near: Workload | None
    likeness: int


def _detect(situation: Situation) -> Iterator[Candidate[Miss]]:
    world = situation.world
    for service in world.all("Service"):
        selector = strings(service.raw, "spec", "selector")
        if not selector or world.selected_by(service) or _endpoints(situation, service):
            continue
        miss = _nearest(situation, service, selector)
        edit = edited(service, "spec", "selector")
        later = changed_after_creation(service)
        near = f", while the pods of {situation.label(miss.near.ref)} carry {_carried(miss)}" if miss.near else ""
        yield Candidate(
            object=service.ref,
            statement=f"{situation.label(service.ref)} selects {shown(selector)}, which no pod carries{near}",
            harms=only(service.ref),
            covers=frozenset({Sign.NO_ENDPOINTS}),
            about=miss,
            changed=edit.at if edit and later and edit.at == later.at else None,
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
        if likeness > best[0]:
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
    slices, ready = ready_endpoints(situation.world, service)
    if ready:
        return failed(slices[0].cite("endpoints"))
    cites = [service.cite("spec", "selector"), *(item.cite("endpoints") for item in slices[:1])]
    return held(*cites)


def _meant_pods_exist(_: Situation, found: Candidate[Miss]) -> Finding:
    near = found.about.near
    if near is None:
        return failed(note="no workload looks like what it is meant for")
    labels = near.thing.say(f"pods carry {shown(strings(near.template, 'metadata', 'labels'))}, {near.ready} ready")
    return held(labels) if near.desired else UNTESTED


def _changed_lately(situation: Situation, found: Candidate[Miss]) -> Finding:
    if found.changed is None or found.changed < situation.world.begin:
        return UNTESTED
    edit = edited(found.about.service, "spec", "selector")
    by = f" by {edit.manager}" if edit else ""
    return held(found.about.service.say(f"spec.selector written{by} at {timestamp(found.changed)}"))


def _steps(_: Situation, found: Candidate[Miss]) -> list[str]:
    near = found.about.near
    labels = shown(strings(near.template, "metadata", "labels")) if near else "the labels of the pods that it is for"
    return [
        f"Set spec.selector of Service {found.object.name} to labels that its pods carry ({labels}).",
        command("edit", found.object, "  # traffic follows at once"),
        command("get", found.object, "-o yaml --show-managed-fields   # who wrote the selector"),
    ]


CAUSES = (
    Cause(
        code="ServiceSelectorMismatch",
        means="A Service selects no pods although pods that it is meant for are there.",
        names="Service",
        explains="a Service without endpoints while the pods are well, errors of callers",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("the Service selects nothing", _selects_nothing, 220, -350),
            Prediction("pods that look like the ones it is meant for exist", _meant_pods_exist, 220, -250),
            Prediction("the selector was written lately", _changed_lately, 100, 0),
        ),
        steps=_steps,
    ),
)
