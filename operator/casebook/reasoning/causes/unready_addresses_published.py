"""UnreadyAddressesPublished: a Service sends to pods that say themselves that they are not ready."""

from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import dig
from casebook.analysis.changes import edited
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Thing
from casebook.analysis.workloads import Pod, Workload
from casebook.api.base import timestamp
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.configuration import UNREACHED
from casebook.reasoning.checks.helpers import callers_logs_wanted, command, only, troubles
from casebook.reasoning.situation import Situation

FLAG = ("spec", "publishNotReadyAddresses")


class Published(NamedTuple):
    """A Service that heeds no readiness, and what it selects."""

    service: Thing
    workload: Workload
    unready: tuple[Pod, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Published]]:
    for service in situation.world.all("Service"):
        # A headless Service is how members of a set find each other before they are ready.
        if dig(service.raw, *FLAG) is not True or dig(service.raw, "spec", "clusterIP") == "None":
            continue
        for workload in situation.world.selected_by(service):
            unready = tuple(pod for pod in workload.live if not pod.ready and dig(pod.thing.raw, "status", "podIP"))
            edit = edited(service, *FLAG)
            yield Candidate(
                object=service.ref,
                statement=f"{situation.label(service.ref)} sends to pods of {situation.label(workload.ref)} that "
                "are not ready (publishNotReadyAddresses: true)",
                harms=only(service.ref),
                covers=frozenset({Sign.NO_ENDPOINTS}),
                about=Published(service, workload, unready),
                changed=edit.at if edit and edit.at >= situation.world.begin else None,
            )


def _some_unready(_: Situation, found: Candidate[Published]) -> Finding:
    item = found.about
    flag = item.service.cite(*FLAG)
    if not item.unready:
        return failed(flag, note="all pods behind it are ready")
    return held(flag, item.unready[0].cite_condition("Ready"))


def _others_ready(_: Situation, found: Candidate[Published]) -> Finding:
    ready = [pod for pod in found.about.workload.live if pod.ready]
    if ready:
        return held(ready[0].cite_condition("Ready"))
    return failed(*(pod.cite_condition("Ready") for pod in found.about.unready[:1]), note="none of them is ready")


def _callers_fail(situation: Situation, found: Candidate[Published]) -> Finding:
    """What is not ready refuses or is late, again and again, as long as it is not."""
    reached = situation.graph.downstream(found.harms)
    cites = list[Cite]()
    for workload in situation.workloads:
        if workload.ref not in reached:
            continue
        for one in troubles(situation, workload):
            if one.entry.kinds & UNREACHED and any(peer.target == found.object for peer in one.peers):
                cites.append(one.cite())
    return held(*cites[:2]) if cites else UNTESTED


def _set_lately(_: Situation, found: Candidate[Published]) -> Finding:
    edit = edited(found.about.service, *FLAG)
    if edit is None or found.changed is None:
        return UNTESTED
    said = f"{'.'.join(FLAG)} written by {edit.manager} at {timestamp(edit.at)}"
    return held(found.about.service.say(said))


def _steps(_: Situation, found: Candidate[Published]) -> list[str]:
    return [
        f"Take publishNotReadyAddresses out of Service {found.object.name}; it is for headless Services of sets.",
        command("edit", found.object, "  # traffic follows at once"),
        command("get", found.object, "-o yaml --show-managed-fields   # who set it"),
    ]


CAUSES = (
    Cause(
        code="UnreadyAddressesPublished",
        means="A Service sends traffic to pods that are not ready.",
        names="Service",
        explains="callers that fail now and then, while pods start or are unready, although others are ready",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("pods behind it are not ready, and it sends to them", _some_unready, 250, -300),
            Prediction("other pods behind it are ready", _others_ready, 100, -250),
            Prediction("callers cannot reach it", _callers_fail, 250, 0, callers_logs_wanted),
            Prediction("the flag was set lately", _set_lately, 100, 0),
        ),
        steps=_steps,
    ),
)
