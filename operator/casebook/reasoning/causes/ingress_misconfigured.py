"""IngressMisconfigured: an Ingress routes to a Service or port that is not there, or to no known class."""

from collections.abc import Iterator

from casebook.analysis.access import text
from casebook.analysis.changes import rewritten
from casebook.analysis.services import Route, routes
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Ref, Thing
from casebook.api.base import timestamp
from casebook.api.observation import Query, listing
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, only
from casebook.reasoning.situation import Situation

CLASSES = "ingressclasses.networking.k8s.io"


def _detect(situation: Situation) -> Iterator[Candidate[Thing]]:
    for ingress in situation.world.all("Ingress"):
        wrong = _wrong(situation, ingress)
        if not wrong and not _class_missing(situation, ingress):
            continue
        edit = rewritten(ingress, "spec", "rules")
        at = edit.at if edit else None
        why = (
            wrong[0].wrong
            if wrong
            else f"names class {text(ingress.raw, 'spec', 'ingressClassName')}, which is not there"
        )
        host = f" for {wrong[0].host}" if wrong and wrong[0].host else ""
        yield Candidate(
            object=ingress.ref,
            statement=f"{situation.label(ingress.ref)}{host} {why}{f' (written at {timestamp(at)})' if at else ''}",
            harms=only(ingress.ref),
            covers=frozenset({Sign.NO_ROUTE}),
            about=ingress,
            changed=at,
        )


def _wrong(situation: Situation, ingress: Thing) -> list[Route]:
    return [route for route in routes(situation.world, ingress) if route.wrong]


def _class_missing(situation: Situation, ingress: Thing) -> bool:
    name = text(ingress.raw, "spec", "ingressClassName")
    known = situation.world.complete(CLASSES, "")
    return bool(name) and known and Ref("IngressClass", "", name) not in situation.world.things


def _leads_nowhere(situation: Situation, found: Candidate[Thing]) -> Finding:
    wrong = _wrong(situation, found.about)
    if not wrong:
        return held(found.about.cite("spec", "ingressClassName"))
    listed = situation.world.listed("services", found.object.namespace)
    service = situation.world.things.get(wrong[0].service)
    there = service.cite("spec", "ports") if service else None
    absent = Cite(listed.id, f"no Service {wrong[0].service.name} listed") if listed else None
    return held(found.about.cite("spec", "rules"), *(cite for cite in (there or absent,) if cite))


def _others_work(situation: Situation, found: Candidate[Thing]) -> Finding:
    """What it should lead to is there and well: then it is the route that is wrong."""
    ready = [one for one in situation.workloads if one.ref.namespace == found.object.namespace and one.ready]
    return held(*(one.live[0].cite_condition("Ready") for one in ready[:1])) if ready else UNTESTED


def _class_there(situation: Situation, found: Candidate[Thing]) -> Finding:
    name = text(found.about.raw, "spec", "ingressClassName")
    if not name or not situation.world.complete(CLASSES, ""):
        return UNTESTED
    if _class_missing(situation, found.about) and not _wrong(situation, found.about):
        return held(found.about.cite("spec", "ingressClassName"))
    return UNTESTED if _wrong(situation, found.about) else failed(found.about.cite("spec", "ingressClassName"))


def _classes(_: Situation, __: Candidate[Thing]) -> list[Query]:
    return [listing(CLASSES)]


def _steps(_: Situation, found: Candidate[Thing]) -> list[str]:
    return [
        f"Point the backend of Ingress {found.object.name} to a Service and port that exist.",
        f"kubectl get services -n {found.object.namespace}",
        command("edit", found.object, "  # traffic from outside follows at once"),
    ]


CAUSES = (
    Cause(
        code="IngressMisconfigured",
        means="An Ingress routes to a Service, port or class that is not there.",
        names="Ingress",
        explains="a site that does not open from outside while it works inside",
        base_rate=0.03,
        detect=_detect,
        predictions=(
            Prediction("a backend of the Ingress leads nowhere", _leads_nowhere, 600, -300),
            Prediction("workloads in its namespace are well", _others_work, 60, 0),
            Prediction("its class is the reason, where its backends are right", _class_there, 0, -200, _classes),
        ),
        steps=_steps,
    ),
)
