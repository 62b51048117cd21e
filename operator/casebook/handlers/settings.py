"""How kopf is to behave: watch and say so. It keeps no state, writes nothing, and waits out any trouble of the API."""

import random
from collections.abc import Iterator

import kopf

from casebook.api.meta import MANAGED_BY, MANAGED_BY_LABEL
from casebook.controller.config import ControllerConfig

REQUEST_TIMEOUT = 30.0
CONNECT_TIMEOUT = 10.0
STREAM_SECONDS = 300
CHUNK = 100
"""Objects per page of the first list: finished Investigations carry reports of up to 48 KiB."""

IDLE = 0.5
"""Seconds that kopf keeps an object's last body in memory after its event."""


class EndlessBackoffs:
    """Delays between tries of one request, in seconds, without an end: kopf exits where they end."""

    def __iter__(self) -> Iterator[float]:
        delay = 0.5
        while True:
            yield delay * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
            delay = min(delay * 2, 30.0)


def configure(config: ControllerConfig) -> kopf.OperatorSettings:
    """Settings of one operator; each needs its own."""
    settings = kopf.OperatorSettings()
    # Events are the controller's to write, redacted; kopf would post errors of ours.
    settings.posting.enabled = False
    # The rights do not reach to listing CustomResourceDefinitions, and the kinds are known.
    settings.scanning.disabled = True
    # A controller that hangs is ended by its liveness probe, not by killing the process from within.
    settings.process.ultimate_exiting_timeout = None
    settings.networking.error_backoffs = EndlessBackoffs()
    settings.networking.request_timeout = REQUEST_TIMEOUT
    settings.networking.connect_timeout = CONNECT_TIMEOUT
    settings.watching.connect_timeout = CONNECT_TIMEOUT
    settings.watching.server_timeout = STREAM_SECONDS
    settings.watching.client_timeout = STREAM_SECONDS + 10
    settings.watching.inactivity_timeout = config.watch_inactivity_seconds
    settings.watching.chunk_size = CHUNK
    settings.watching.label_selectors["batch", "v1", "jobs"] = f"{MANAGED_BY_LABEL}={MANAGED_BY}"
    settings.queueing.idle_timeout = IDLE
    return settings
