"""Stands for a payment company outside; also as a forward proxy towards it. POST /_behave {"status": 503} breaks it."""

from shop.http import Request, Response, serve


def main(_: list[str]) -> None:
    """Serve /charge."""
    behaviour = {"status": 200}

    def charge(_: Request) -> Response:
        return Response(int(behaviour["status"]), {"provider": "partner"})

    def behave(request: Request) -> Response:
        behaviour.update(request.body)
        return Response(200)

    serve("partner", {("POST", "/charge"): charge, ("POST", "/_behave"): behave})
