"""Who waits for a slot, and who was given one: remembered only until the status says it."""

from collections import Counter

from casebook.controller.decide import Slot
from casebook.controller.fairshare import Limits, Waiting, admit
from casebook.controller.views import Case
from casebook.controller.world import World

NOBODY = ""


class Slots:
    """The distribution of free slots over all that ask. Lost with the process: whoever still waits asks again."""

    def __init__(self, world: World, limits: Limits) -> None:
        self._world = world
        self._limits = limits
        self._asking: set[str] = set()
        self._granted: set[str] = set()
        self._told: set[str] = set()

    def ask(self, case: Case) -> None:
        """Take part in the next distribution."""
        self._asking.add(case.uid)

    def state(self, case: Case) -> Slot:
        """How this Investigation stands."""
        if case.uid in self._granted:
            return Slot.GRANTED
        return Slot.WAITING if case.uid in self._told else Slot.UNASKED

    def distribute(self) -> list[Case]:
        """Give out what is free; those for whom something has changed by it."""
        asking = self._forget_the_rest()
        running = Counter(
            self._tenant(case)
            for case in self._world.cases.values()
            if case.finished_at is None and (case.attempt or case.uid in self._granted)
        )
        waiting = [
            Waiting(case.uid, self._tenant(case), case.severity, case.created)
            for case in asking
            if case.uid not in self._granted
        ]
        admitted = set(admit(waiting, running, self._limits))
        told = {one.uid for one in waiting} - admitted - self._told
        self._granted |= admitted
        self._told = (self._told | told) - admitted
        return [case for case in asking if case.uid in admitted or case.uid in told]

    def waiting(self) -> Counter[str]:
        """How many wait, by severity."""
        cases = (self._world.case_of(uid) for uid in self._asking - self._granted)
        return Counter(case.severity.value for case in cases if case is not None)

    def _forget_the_rest(self) -> list[Case]:
        """Those that still wait; started, finished and deleted ones are forgotten."""
        cases = (self._world.case_of(uid) for uid in self._asking)
        still = [case for case in cases if case is not None and not case.attempt and case.finished_at is None]
        self._asking = {case.uid for case in still}
        self._granted &= self._asking
        self._told &= self._asking
        return still

    def _tenant(self, case: Case) -> str:
        return self._world.tenants.of.get(case.namespace, NOBODY)
