"""Routes what comes from the web to the services behind it."""

from shop.http import Request, Response, call, serve
from shop.settings import required


def main(_: list[str]) -> None:
    """Pass everything on to API_URL."""
    api = required("API_URL")

    def passed_on(request: Request) -> Response:
        return Response(200, call(request.method, api + request.path, request.body, timeout=3.0))

    serve("gateway", {("ANY", "/"): passed_on})
