"""Keeps values in memory."""

from typing import Any

from shop.http import Request, Response, serve


def main(_: list[str]) -> None:
    """Serve GET and POST /k/KEY."""
    kept: dict[str, Any] = {}

    def get(request: Request) -> Response:
        return Response(200, {"value": kept.get(request.path)})

    def put(request: Request) -> Response:
        kept[request.path] = request.body.get("value")
        return Response(200)

    serve("cache", {("GET", "/k/"): get, ("POST", "/k/"): put})
