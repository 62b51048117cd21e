"""Makes certificates for scenarios: a Secret of type kubernetes.io/tls, signed by an authority that the run made."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import trustme

from scenariokit.format import Certificate
from scenariokit.kubectl import CommandError, Kube

WAS_VALID_DAYS = 30
"""How long a certificate was valid that has expired."""


class Authorities:
    """The certificate authorities of one run, by name, each made when it first signs."""

    def __init__(self) -> None:
        self._made: dict[str, trustme.CA] = {}

    def secret(self, wanted: Certificate) -> dict[str, Any]:
        """The Secret with `tls.crt`, `tls.key` and the authority's `ca.crt`."""
        ends = datetime.now(UTC) + timedelta(days=wanted.days)
        begins = min(datetime.now(UTC), ends) - timedelta(days=WAS_VALID_DAYS)
        authority = self._authority(wanted.authority)
        leaf = authority.issue_cert(*wanted.names, not_before=begins, not_after=ends)
        parts = {
            "tls.crt": leaf.cert_chain_pems[0].bytes(),
            "tls.key": leaf.private_key_pem.bytes(),
            "ca.crt": authority.cert_pem.bytes(),
        }
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"name": wanted.secret},
            "data": {key: _base64(value) for key, value in parts.items()},
        }

    def bundle(self, name: str) -> str:
        """The authority's certificate as a `caBundle`."""
        return _base64(self._authority(name).cert_pem.bytes())

    def _authority(self, name: str) -> trustme.CA:
        return self._made.setdefault(name, trustme.CA(organization_name=name))


async def inject(kube: Kube, configuration: str, bundle: str) -> None:
    """Write the caBundle into every webhook of a configuration; CommandError where it has none."""
    (found,) = await kube.objects(configuration)
    webhooks = found.get("webhooks", [])
    if not webhooks:
        raise CommandError(f"{configuration} holds no webhook")
    patch = [
        {"op": "add", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": bundle}
        for index, _ in enumerate(webhooks)
    ]
    await kube.must("patch", configuration, "--type=json", "--patch-file=/dev/stdin", stdin=json.dumps(patch))


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
