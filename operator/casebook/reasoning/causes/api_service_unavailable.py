"""APIServiceUnavailable: an API that the cluster hands on to a server of its own is not answered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from casebook.analysis.access import text
from casebook.analysis.graph import scale_target
from casebook.analysis.signs import Sign
from casebook.analysis.things import RESOURCES, Cite, Ref, Thing
from casebook.analysis.workloads import cite_condition, condition
from casebook.api.observation import Query, listing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.logged import everything
from casebook.reasoning.situation import Situation

KIND = "APIService"
_WORDS = re.compile(
    r"the server is currently unable to handle the request "
    r"\((?:get|list|watch) [\w.*-]+?\.(?P<group>[\w-]+(?:\.[\w-]+)+)\)"
)


@dataclass(frozen=True)
class Unanswered:
    """An API group that is not served, who asks for it in vain, and what shows it."""

    group: str
    askers: frozenset[Ref]
    cites: tuple[Cite, ...]


def _detect(situation: Situation) -> Iterator[Candidate[Unanswered]]:
    for item in _unanswered(situation):
        services = _services(situation, item.group)
        down = [one for one in services if _is_down(one)]
        named = (down or services)[:1]
        thing = named[0].ref if named else Ref(KIND, "", f"v1beta1.{item.group}")
        yield Candidate(
            object=thing,
            statement=f"The API {item.group} is not served, so that "
            f"{', '.join(situation.label(ref) for ref in sorted(item.askers)[:3])} asks in vain",
            harms=item.askers,
            covers=frozenset({Sign.SCALER, Sign.VAGUE, Sign.ERRORS, Sign.CRASH}),
            about=item,
        )


def _unanswered(situation: Situation) -> Iterator[Unanswered]:
    told: dict[str, dict[Ref, Cite]] = {}
    for ref, said, cite in _said(situation):
        for found in _WORDS.finditer(said):
            told.setdefault(found["group"], {}).setdefault(ref, cite)
    for group, asked in sorted(told.items()):
        scaled = {scale_target(situation.world.things[ref]) for ref in asked if ref.kind == "HorizontalPodAutoscaler"}
        yield Unanswered(group, frozenset({*asked, *scaled}), tuple(asked.values()))


def _said(situation: Situation) -> Iterator[tuple[Ref, str, Cite]]:
    """What autoscalers and programs say of requests to the API server that fail now."""
    for thing in situation.world.all("HorizontalPodAutoscaler"):
        active = condition(thing, "ScalingActive")
        if text(active, "status") == "False":
            yield thing.ref, text(active, "message"), cite_condition(thing, "ScalingActive")
    for workload in situation.workloads:
        for one in everything(situation, workload):
            yield workload.ref, one.entry.said, one.cite()


def _services(situation: Situation, group: str) -> list[Thing]:
    return [one for one in situation.world.all(KIND) if text(one.raw, "spec", "group") == group]


def _is_down(thing: Thing) -> bool:
    return text(condition(thing, "Available"), "status") == "False"


def _askers_say_so(_: Situation, found: Candidate[Unanswered]) -> Finding:
    return held(*found.about.cites[:2])


def _is_unavailable(situation: Situation, found: Candidate[Unanswered]) -> Finding:
    services = _services(situation, found.about.group)
    if not services:
        return UNTESTED
    down = [cite_condition(one, "Available") for one in services if _is_down(one)]
    return held(*down[:1]) if down else failed(cite_condition(services[0], "Available"))


def _list(_: Situation, __: Candidate[Unanswered]) -> list[Query]:
    return [listing(RESOURCES[KIND])]


def _steps(situation: Situation, found: Candidate[Unanswered]) -> list[str]:
    served = [one.spec("service") for one in _services(situation, found.about.group)]
    behind = [(text(one, "namespace"), text(one, "name")) for one in served if text(one, "name")]
    return [
        f"kubectl get apiservice {found.object.name} -o yaml   # its condition Available says why",
        *(f"kubectl describe service -n {place} {name}   # what is to answer for it" for place, name in behind),
    ]


CAUSES = (
    Cause(
        code="APIServiceUnavailable",
        means="An aggregated API is not served: what stands behind its APIService does not answer.",
        names="APIService",
        explains="autoscalers without metrics, controllers and programs whose requests for that API fail",
        base_rate=0.005,
        detect=_detect,
        predictions=(
            Prediction("those who ask for it are told that it cannot be served", _askers_say_so, 450, -300),
            Prediction("the APIService is not available", _is_unavailable, 300, -300, _list),
        ),
        steps=_steps,
    ),
)
