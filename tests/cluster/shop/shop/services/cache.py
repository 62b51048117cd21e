"""Keeps values in memory."""

from typing import Any

from shop.http import Request, Response, serve


def main(_: list[str]) -> None:
    """Serve GET and POST /k/KEY."""
    kept: dict[str, Any] = {}

    def value(request: Request) -> Response:
        if request.method == "POST":
            kept[request.path] = request.body.get("value")
        return Response(200, {"value": kept.get(request.path)})

    serve("cache", {("ANY", "/k/"): value})
