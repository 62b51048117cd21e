"""The shop's front: passes what browsers ask on to the gateway."""

from shop.http import Request, Response, call, serve
from shop.settings import required


def main(_: list[str]) -> None:
    """Serve the pages; GATEWAY_URL says where the gateway is."""
    gateway = required("GATEWAY_URL")

    def passed_on(request: Request) -> Response:
        return Response(200, call(request.method, gateway + request.path, request.body, timeout=4.0))

    routes = {
        ("GET", "/"): lambda _: Response(200, "shop\n"),
        ("GET", "/products"): passed_on,
        ("POST", "/checkout"): passed_on,
    }
    serve("web", routes)
