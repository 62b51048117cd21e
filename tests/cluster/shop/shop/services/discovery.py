"""Tells Prometheus which pods to scrape, for builds of it that know no Kubernetes: HTTP service discovery."""

from typing import Any
from urllib.parse import urlencode

from shop import kubernetes, log
from shop.http import Request, Response, serve

QUERY = {
    "labelSelector": "app.kubernetes.io/part-of=shop",
    "fieldSelector": "status.phase!=Succeeded,status.phase!=Failed",
}
PODS = f"/api/v1/pods?{urlencode(QUERY)}"


def main(_: list[str]) -> None:
    """Serve the pods of the shop that carry prometheus.io/scrape."""

    def targets(_: Request) -> Response:
        try:
            pods = kubernetes.items(PODS)
        except (kubernetes.RefusedError, OSError) as error:
            log.error(f"cannot list pods: {error}")
            return Response(503, {"error": str(error)})
        return Response(200, [target for pod in pods if (target := _target(pod))])

    serve("discovery", {("GET", "/targets"): targets})


def _target(pod: dict[str, Any]) -> dict[str, Any] | None:
    metadata, address = pod["metadata"], pod["status"].get("podIP")
    annotations = metadata.get("annotations", {})
    if not address or annotations.get("prometheus.io/scrape") != "true":
        return None
    return {
        "targets": [f"{address}:{annotations.get('prometheus.io/port', '8080')}"],
        "labels": {
            "namespace": metadata["namespace"],
            "pod": metadata["name"],
            "deployment": metadata.get("labels", {}).get("app", ""),
        },
    }
