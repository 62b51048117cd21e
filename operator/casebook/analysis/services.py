"""Services and their endpoints."""

from casebook.analysis.access import dig, listed, text
from casebook.analysis.things import Thing
from casebook.analysis.world import World

SERVICE_NAME = "kubernetes.io/service-name"


def slices_of(world: World, service: Thing) -> list[Thing]:
    """EndpointSlices of a Service."""
    return [
        thing
        for thing in world.all("EndpointSlice", service.ref.namespace)
        if thing.labels.get(SERVICE_NAME) == service.ref.name
    ]


def ready_endpoints(world: World, service: Thing) -> tuple[list[Thing], int]:
    """Slices of a Service and the number of endpoints that take traffic; a missing condition counts as ready."""
    slices = slices_of(world, service)
    ready = 0
    for thing in slices:
        for endpoint in listed(thing.raw, "endpoints"):
            ready += dig(endpoint, "conditions", "ready") is not False
    return slices, ready


def target_ports(service: Thing) -> list[tuple[int, object, str]]:
    """(port, target port, protocol) of every port of a Service; the target defaults to the port."""
    found = []
    for item in listed(service.raw, "spec", "ports"):
        port = dig(item, "port")
        target = dig(item, "targetPort")
        if isinstance(port, int):
            found.append((port, port if target in (None, 0, "") else target, text(item, "protocol") or "TCP"))
    return found
