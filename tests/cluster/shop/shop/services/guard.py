"""An admission webhook: /validate lets everything pass, /mutate gives every container the memory limit LIMIT_MEMORY."""

import base64
import json
from typing import Any

from shop.http import Request, Response, serve
from shop.settings import text


def main(_: list[str]) -> None:
    """Serve both; https with TLS_DIR, as the API server wants it."""
    serve("guard", {("POST", "/validate"): _allow, ("POST", "/mutate"): _limit})


def _allow(request: Request) -> Response:
    return _answer(request, [])


def _limit(request: Request) -> Response:
    containers = request.body["request"]["object"]["spec"]["containers"]
    return _answer(request, [_patch(index, container) for index, container in enumerate(containers)])


def _patch(index: int, container: dict[str, Any]) -> dict[str, Any]:
    kept = container.get("resources", {})
    limited = kept | {"limits": kept.get("limits", {}) | {"memory": text("LIMIT_MEMORY", "16Mi")}}
    limited["requests"] = kept.get("requests", {}) | {"memory": "4Mi"}
    return {"op": "add", "path": f"/spec/containers/{index}/resources", "value": limited}


def _answer(request: Request, patch: list[dict[str, Any]]) -> Response:
    answer: dict[str, Any] = {"uid": request.body["request"]["uid"], "allowed": True}
    if patch:
        answer |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}
    return Response(200, {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer})
