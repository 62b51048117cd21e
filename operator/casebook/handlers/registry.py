"""One `on.event` per kind. It makes the small view of what it is shown, and hands it on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import kopf

from casebook.api.base import GROUP, VERSION
from casebook.controller.controller import Controller
from casebook.controller.parsing import case_of, job_of, namespace_of
from casebook.controller.shelf import memory_of
from casebook.controller.skillshelf import skill_of

Deliver = Callable[[Callable[[Any], None], Any], None]
"""Calls a function with a view, in the event loop of the controller."""


@dataclass(frozen=True)
class Source:
    """A kind to watch, the view that is made of its objects, and who is told of one that is there or gone."""

    group: str
    version: str
    plural: str
    view: Callable[[dict[str, Any]], Any]
    saw: Callable[[Any], None]
    lost: Callable[[Any], None]


def cluster_sources(controller: Controller) -> tuple[Source, ...]:
    """What is watched in the whole cluster."""
    return (
        Source(GROUP, VERSION, "investigations", case_of, controller.saw_case, controller.lost_case),
        Source(GROUP, VERSION, "memories", memory_of, controller.saw_memory, controller.lost_memory),
        Source(GROUP, VERSION, "skills", skill_of, controller.saw_skill, controller.lost_skill),
        Source("", "v1", "namespaces", namespace_of, controller.saw_namespace, controller.lost_namespace),
    )


def runs_sources(controller: Controller) -> tuple[Source, ...]:
    """What is watched in the runs namespace, where alone it may be."""
    return (Source("batch", "v1", "jobs", job_of, controller.saw_job, controller.lost_job),)


def build(sources: Iterable[Source], deliver: Deliver) -> kopf.OperatorRegistry:
    """A registry of its own for one operator: a login and one handler per source."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(_login)
    for source in sources:
        kopf.on.event(source.group, source.version, source.plural, id=source.plural, registry=registry)(
            _handler(source, deliver)
        )
    return registry


def _handler(source: Source, deliver: Deliver) -> Callable[..., Any]:
    async def observe(event: kopf.RawEvent, **_: Any) -> None:
        tell = source.lost if event["type"] == "DELETED" else source.saw
        deliver(tell, source.view(dict(event["object"])))

    return observe


async def _login(**kwargs: Any) -> kopf.ConnectionInfo | None:
    # Read anew whenever the API server says 401: projected tokens are rotated.
    return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)
