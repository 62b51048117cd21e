"""APIServiceUnavailable: an API that the cluster hands on to a server of its own is not answered."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import text
from casebook.analysis.graph import scale_target
from casebook.analysis.signs import Sign
from casebook.analysis.things import RESOURCES, Cite, Ref, Thing
from casebook.analysis.workloads import cite_condition, condition
from casebook.api.observation import Query, listing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held, tested
from casebook.reasoning.checks.logged import everything
from casebook.reasoning.situation import Situation

KIND = "APIService"
AUTOSCALER = "HorizontalPodAutoscaler"
_WORDS = re.compile(
    r"the server is currently unable to handle the request "
    r"\((?:get|list|watch) [\w.*-]+?\.(?P<group>[\w-]+(?:\.[\w-]+)+)\)"
)


class Unanswered(NamedTuple):
    """An API group that is not served, its APIServices as far as they were read, and who asks for it in vain."""

    group: str
    services: tuple[Thing, ...]
    askers: dict[Ref, Cite]


def _detect(situation: Situation) -> Iterator[Candidate[Unanswered]]:
    for item in _unanswered(situation):
        named = next(iter(item.services), None)
        thing = named.ref if named else Ref(KIND, "", f"v1beta1.{item.group}")
        scaled = [scale_target(situation.world.things[ref]) for ref in item.askers if ref.kind == AUTOSCALER]
        told = ", ".join(situation.label(ref) for ref in list(item.askers)[:3])
        yield Candidate(
            object=thing,
            statement=f"The API {item.group} is not served{f', so that {told} asks in vain' if told else ''}",
            harms=frozenset({thing, *item.askers, *scaled}),
            covers=frozenset({Sign.UNSERVED, Sign.SCALER, Sign.VAGUE, Sign.ERRORS, Sign.CRASH}),
            about=item,
        )


def _unanswered(situation: Situation) -> Iterator[Unanswered]:
    """Groups that are asked for in vain, and those of which an APIService says that it is not available."""
    asked: dict[str, dict[Ref, Cite]] = {}
    for ref, said, cite in _said(situation):
        for found in _WORDS.finditer(said):
            asked.setdefault(found["group"], {}).setdefault(ref, cite)
    down = {_group(one) for one in situation.world.all(KIND) if _is_down(one)}
    for group in sorted(down | asked.keys()):
        mine = [one for one in situation.world.all(KIND) if _group(one) == group]
        yield Unanswered(group, tuple(sorted(mine, key=lambda one: (not _is_down(one), one.ref))), asked.get(group, {}))


def _said(situation: Situation) -> Iterator[tuple[Ref, str, Cite]]:
    """What autoscalers and programs say of requests to the API server that fail now."""
    for thing in situation.world.all(AUTOSCALER):
        active = condition(thing, "ScalingActive")
        if text(active, "status") == "False":
            yield thing.ref, text(active, "message"), cite_condition(thing, "ScalingActive")
    for workload in situation.workloads:
        for one in everything(situation, workload):
            yield workload.ref, one.entry.said, one.cite()


def _group(thing: Thing) -> str:
    return text(thing.raw, "spec", "group")


def _is_down(thing: Thing) -> bool:
    return text(condition(thing, "Available"), "status") == "False"


def _askers_say_so(_: Situation, found: Candidate[Unanswered]) -> Finding:
    asked = list(found.about.askers.values())
    return held(*asked[:2]) if asked else UNTESTED


def _is_unavailable(_: Situation, found: Candidate[Unanswered]) -> Finding:
    for service in found.about.services:
        return tested(_is_down(service), cite_condition(service, "Available"))
    return UNTESTED


def _list(_: Situation, __: Candidate[Unanswered]) -> list[Query]:
    return [listing(RESOURCES[KIND])]


def _steps(_: Situation, found: Candidate[Unanswered]) -> list[str]:
    served = [one.spec("service") for one in found.about.services]
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
            Prediction("those who ask for it are told that it cannot be served", _askers_say_so, 150, 0),
            Prediction("the APIService is not available", _is_unavailable, 600, -300, _list),
        ),
        steps=_steps,
    ),
)
