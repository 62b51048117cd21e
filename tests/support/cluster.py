"""Manifests that cluster tests apply: small workloads that break in one way each."""

from typing import Any

IMAGE = "casebook-shop:dev"


def investigation(namespace: str, name: str, **spec: Any) -> dict[str, Any]:
    """An Investigation with a question about nothing in particular, unless the spec says otherwise."""
    spec = {"question": "what is wrong here?"} | spec
    return {
        "apiVersion": "casebook.dev/v1alpha1",
        "kind": "Investigation",
        "metadata": {"namespace": namespace, "name": name},
        "spec": spec,
    }


def deployment(namespace: str, name: str, script: str, **container: Any) -> dict[str, Any]:
    """A Deployment of one pod that runs a shell script."""
    labels = {"app": name}
    main = {"name": "main", "image": IMAGE, "imagePullPolicy": "Never", "command": ["sh", "-c", script], **container}
    pod = {"terminationGracePeriodSeconds": 0, "containers": [main]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
