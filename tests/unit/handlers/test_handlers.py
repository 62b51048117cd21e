"""kopf: what is watched, how it behaves, and that it comes back."""

import asyncio
from collections.abc import Callable
from itertools import islice
from typing import Any

import kopf
import pytest

from casebook.controller.config import ControllerConfig
from casebook.controller.metrics import Metrics
from casebook.handlers.registry import Source, build
from casebook.handlers.settings import EndlessBackoffs, configure
from casebook.handlers.watch import Watch

CONFIG = ControllerConfig.model_validate({"image": "i", "gatewayURL": "http://g"})


def test_backoffs_never_end_and_stay_bounded() -> None:
    delays = list(islice(EndlessBackoffs(), 1000))
    assert len(delays) == 1000
    assert max(delays) <= 30
    assert min(delays) > 0


def test_kopf_writes_nothing_and_reads_no_more_than_it_may() -> None:
    settings = configure(CONFIG)
    assert settings.posting.enabled is False
    assert settings.scanning.disabled is True
    assert settings.process.ultimate_exiting_timeout is None, "it must not kill the process that hosts it"


def test_each_operator_has_settings_of_its_own() -> None:
    assert configure(CONFIG) is not configure(CONFIG)


def source(seen: list[tuple[str, Any]]) -> Source:
    return Source(
        "casebook.dev",
        "v1alpha1",
        "investigations",
        lambda raw: raw["metadata"]["name"],
        lambda view: seen.append(("saw", view)),
        lambda view: seen.append(("lost", view)),
    )


def handler(registry: kopf.OperatorRegistry) -> Callable[..., Any]:
    (found,) = registry._watching.get_all_handlers()
    return found.fn


@pytest.mark.parametrize(
    ("type_", "expected"), [(None, "saw"), ("ADDED", "saw"), ("MODIFIED", "saw"), ("DELETED", "lost")]
)
async def test_an_event_is_handed_on_as_a_small_view(type_: str | None, expected: str) -> None:
    seen: list[tuple[str, Any]] = []
    registry = build([source(seen)], lambda tell, view: tell(view))
    await handler(registry)(event={"type": type_, "object": {"metadata": {"name": "why"}}}, body="ignored")
    assert seen == [(expected, "why")]


def test_there_is_nothing_but_events_no_state_no_finalizer() -> None:
    registry = build([source([])], lambda tell, view: tell(view))
    for kind in ("_changing", "_spawning", "_indexing", "_webhooks"):
        assert list(getattr(registry, kind).get_all_handlers()) == []
    assert len(list(registry._watching.get_all_handlers())) == 1


class Dying(Watch):
    """An operator that ends after its first event, as kopf does on an ERROR of its watch."""

    lives = 0

    async def _run(self, deliver: Any, stop: asyncio.Event) -> None:
        Dying.lives += 1
        deliver(self._sources[0].saw, f"life {Dying.lives}")
        if Dying.lives < 3:
            raise RuntimeError("Error in the watch-stream")
        await stop.wait()


async def test_an_operator_that_dies_is_started_again_and_stops_when_told() -> None:
    seen: list[tuple[str, Any]] = []
    metrics = Metrics()
    keeping = asyncio.create_task(Dying("cluster", (source(seen),), CONFIG, metrics, first_pause=0.01).keep())
    async with asyncio.timeout(10):
        while len(seen) < 3:
            await asyncio.sleep(0.01)
    assert seen == [("saw", "life 1"), ("saw", "life 2"), ("saw", "life 3")]
    assert metrics.registry.get_sample_value("casebook_watch_restarts_total", {"watch": "cluster"}) == 2
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(keeping, 5)
