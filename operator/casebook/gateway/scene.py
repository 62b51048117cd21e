"""What a run is given: its spec, its clock and the namespaces that it may look at. Pure."""

from collections.abc import Sequence

from casebook.api.enums import Reach
from casebook.api.investigation import InvestigationSpec
from casebook.api.names import PLATFORM_TENANT
from casebook.api.run import Run, Scene
from casebook.gateway.claims import claimed_at
from casebook.gateway.directory import Directory
from casebook.gateway.identity import Caller
from casebook.gateway.investigations import Record


def run_of(record: Record, caller: Caller, directory: Directory) -> Run:
    """What an attempt is to do and where it may look."""
    parsed = record.parsed
    scene = Scene(
        tenant=caller.tenant,
        platform=caller.tenant == PLATFORM_TENANT,
        namespaces=_scene(parsed.spec, parsed.metadata.namespace, visible(caller.tenant, directory))[:1000],
    )
    return Run(
        uid=parsed.metadata.uid,
        name=parsed.metadata.name,
        namespace=parsed.metadata.namespace,
        attempt=caller.attempt,
        now=claimed_at(record),
        spec=parsed.spec,
        scene=scene,
    )


def visible(tenant: str, directory: Directory) -> list[str]:
    """The namespaces that a tenant's runs may see, by name; the platform's see all."""
    return sorted(directory.places) if tenant == PLATFORM_TENANT else directory.namespaces_of(tenant)


def _scene(spec: InvestigationSpec, home: str, visible: Sequence[str]) -> list[str]:
    """Its own namespace and its target's, or all of the tenant's; its own first, so that a cut never loses it."""
    wanted = (spec.target.place if spec.target else "") or home
    first = [name for name in dict.fromkeys((wanted, home)) if name in visible]
    return first if spec.scope is Reach.NAMESPACE else [*first, *(name for name in visible if name not in first)]
