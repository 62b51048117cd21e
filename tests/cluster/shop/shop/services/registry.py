"""An image registry that has no images: 404 for every manifest, 401 below /v2/private."""

from shop.http import Request, Response, serve


def main(_: list[str]) -> None:
    """Serve the two answers that image-pull failures need."""

    def answer(request: Request) -> Response:
        if request.path == "/v2/":
            return Response(200)
        if request.path.startswith("/v2/private/"):
            errors = [{"code": "UNAUTHORIZED", "message": "authentication required"}]
            return Response(401, {"errors": errors}, {"WWW-Authenticate": 'Basic realm="registry"'})
        return Response(404, {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]})

    serve("registry", {("ANY", "/v2/"): answer})
