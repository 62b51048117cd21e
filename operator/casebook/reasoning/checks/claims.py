"""PersistentVolumeClaims that are not bound, and what is said of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from casebook.analysis.access import listed, text
from casebook.analysis.events import Event
from casebook.analysis.signs import Sign
from casebook.analysis.things import Ref, Thing
from casebook.analysis.workloads import Workload
from casebook.reasoning.cause import Candidate, Finding, tested
from casebook.reasoning.checks.helpers import only
from casebook.reasoning.situation import Situation


@dataclass(frozen=True)
class Pending:
    """A claim that is not bound, the workloads that mount it, and what was said of it."""

    claim: Thing
    users: tuple[Workload, ...]
    events: tuple[Event, ...]

    @property
    def storage_class(self) -> str:
        """The class that it asks for; empty for the default."""
        return text(self.claim.raw, "spec", "storageClassName")

    @property
    def said(self) -> str:
        """All that was said of it."""
        return " ".join(event.message for event in self.events)


def pending(situation: Situation) -> Iterator[Pending]:
    """Claims that are not bound, but for those that only wait for their first consumer."""
    world = situation.world
    for claim in world.all("PersistentVolumeClaim"):
        if text(claim.raw, "status", "phase") == "Pending":
            events = tuple(one for one in world.about(claim.ref) if one.reason != "WaitForFirstConsumer")
            users = tuple(item for item in situation.workloads if mounts(item, claim.ref))
            if events or users:
                yield Pending(claim, users, events)


def mounts(workload: Workload, claim: Ref) -> bool:
    """Whether a pod of the workload mounts a claim, or its template does."""
    if workload.ref.namespace != claim.namespace:
        return False
    templates = [workload.template, *(pod.thing.raw for pod in workload.live)]
    names = {
        text(volume, "persistentVolumeClaim", "claimName")
        for one in templates
        for volume in listed(one, "spec", "volumes")
    }
    return claim.name in names


def candidate(situation: Situation, item: Pending, said: str) -> Candidate[Pending]:
    """The hypothesis that the claim cannot be bound for the reason in `said`."""
    return Candidate(
        object=item.claim.ref,
        statement=f"{situation.label(item.claim.ref)} {said}",
        harms=only(item.claim.ref) | {workload.ref for workload in item.users},
        covers=frozenset({Sign.CLAIM, Sign.PENDING, Sign.MOUNT, Sign.NOT_READY}),
        about=item,
        since=item.claim.created,
    )


def is_pending(_: Situation, found: Candidate[Pending]) -> Finding:
    """The claim is not bound."""
    claim = found.about.claim
    return tested(text(claim.raw, "status", "phase") == "Pending", claim.cite("status", "phase"))
