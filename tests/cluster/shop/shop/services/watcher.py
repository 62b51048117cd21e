"""Watches the pods of its own namespace through the Kubernetes API, as a small controller would."""

import time

from shop import kubernetes, log
from shop.wording import say


def main(_: list[str]) -> int:
    """List pods every five seconds; end with 1 when that is refused."""
    while True:
        try:
            pods = kubernetes.items(f"/api/v1/namespaces/{kubernetes.namespace()}/pods")
        except kubernetes.RefusedError as error:
            log.error(f"{say('cannot list pods')}: {error}")
            return 1
        except OSError as error:
            log.warning(f"no answer from the API server: {error}")
        else:
            log.info(f"{len(pods)} pods")
        time.sleep(5)
