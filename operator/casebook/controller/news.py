"""What a change among the namespaces gives to do."""

from collections.abc import Iterable

from casebook.controller.worklist import SETTLE, Key, Kind, Worklist
from casebook.controller.world import World


def announce(changed: Iterable[str], world: World, worklist: Worklist) -> None:
    """These namespaces have come, gone or changed hands: see to their bindings, to the readers, to incidents, which end
    at a tenant's border, and to all that runs, since a run ends when a namespace joins or leaves its tenant."""
    names = list(changed)
    if not names:
        return
    for name in names:
        worklist.wake(Key(Kind.NAMESPACE, name))
    worklist.wake(Key(Kind.READERS))
    for case in world.cases.values():
        if case.attempt and case.finished_at is None:
            worklist.wake(Key(Kind.CASE, case.namespace, case.name))
        if case.explained_by is not None:
            worklist.wake(Key(Kind.INCIDENT, case.namespace, case.name), SETTLE)
