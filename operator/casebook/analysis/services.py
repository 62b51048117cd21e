"""Services and their endpoints."""

from typing import Any, NamedTuple

from casebook.analysis.access import dig, listed, mapping, text
from casebook.analysis.things import Ref, Thing
from casebook.analysis.world import World


def ready_endpoints(world: World, service: Thing) -> tuple[list[Thing], int]:
    """Slices of a Service and the number of endpoints that take traffic; a missing condition counts as ready."""
    slices = world.slices_of(service)
    ready = 0
    for thing in slices:
        for endpoint in listed(thing.raw, "endpoints"):
            ready += dig(endpoint, "conditions", "ready") is not False
    return slices, ready


class Route(NamedTuple):
    """One backend of an Ingress; `wrong` says why it leads nowhere, or is empty."""

    host: str
    service: Ref
    port: object
    wrong: str


def routes(world: World, ingress: Thing) -> list[Route]:
    """The backends of an Ingress; what cannot be told from what was listed counts as right."""
    default = mapping(ingress.raw, "spec", "defaultBackend")
    backends = [("", default)] if default else []
    for rule in listed(ingress.raw, "spec", "rules"):
        backends += [(text(rule, "host"), mapping(path, "backend")) for path in listed(rule, "http", "paths")]
    return [_route(world, ingress, host, backend) for host, backend in backends if text(backend, "service", "name")]


def _route(world: World, ingress: Thing, host: str, backend: dict[str, Any]) -> Route:
    ref = Ref("Service", ingress.ref.namespace, text(backend, "service", "name"))
    port = dig(backend, "service", "port", "number") or dig(backend, "service", "port", "name")
    service = world.things.get(ref)
    wrong = ""
    if service is None and world.complete("services", ref.namespace):
        wrong = f"routes to Service {ref.name}, which does not exist"
    elif service is not None and port is not None:
        ports = [(dig(item, "port"), text(item, "name")) for item in listed(service.raw, "spec", "ports")]
        if not any(port in known for known in ports):
            wrong = (
                f"routes to port {port} of Service {ref.name}, which serves {', '.join(str(one) for one, _ in ports)}"
            )
    return Route(host, ref, port, wrong)


def target_ports(service: Thing) -> list[tuple[int, object, str]]:
    """(port, target port, protocol) of every port of a Service; the target defaults to the port."""
    found = []
    for item in listed(service.raw, "spec", "ports"):
        port = dig(item, "port")
        target = dig(item, "targetPort")
        if isinstance(port, int):
            found.append((port, port if target in (None, 0, "") else target, text(item, "protocol") or "TCP"))
    return found
