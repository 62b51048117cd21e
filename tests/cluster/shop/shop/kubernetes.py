"""Reads the Kubernetes API with the pod's own ServiceAccount."""

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class RefusedError(Exception):
    """The API server refuses; the message is its own."""


def namespace() -> str:
    """The namespace that the pod is in."""
    return (ACCOUNT / "namespace").read_text()


def items(path: str) -> list[dict[str, Any]]:
    """The objects of a list; RefusedError, or OSError where there is no answer."""
    request = urllib.request.Request(f"https://kubernetes.default.svc{path}")
    request.add_header("Authorization", f"Bearer {(ACCOUNT / 'token').read_text()}")
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    try:
        with urllib.request.urlopen(request, timeout=5, context=trust) as answer:
            return list(json.load(answer)["items"])
    except urllib.error.HTTPError as error:
        message = json.loads(error.read() or b"{}").get("message", error.reason)
        raise RefusedError(f"{error.code} {error.reason}: {message}") from None
