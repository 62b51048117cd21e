"""Says who a token belongs to."""

import time

from shop.http import Request, Response, serve
from shop.settings import number


def main(_: list[str]) -> None:
    """Serve /verify; DELAY_SECONDS makes it slow."""
    delay = number("DELAY_SECONDS", 0)

    def verify(request: Request) -> Response:
        time.sleep(delay)
        return Response(200, {"user": request.body.get("token") or "guest"})

    serve("auth", {("POST", "/verify"): verify})
