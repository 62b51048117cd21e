"""Slots are given to those that ask, once, and come free by themselves."""

from dataclasses import replace

from casebook.controller.decide import Slot
from casebook.controller.fairshare import Limits
from casebook.controller.slots import Slots
from casebook.controller.views import Case
from casebook.controller.world import World
from support.cases import DOMAIN, NOW, case, namespace


def world(*cases: Case) -> World:
    known = World(DOMAIN)
    known.put_namespaces([namespace("team-a")])
    for one in cases:
        known.put_case(one)
    return known


def named(name: str, **fields: object) -> Case:
    return case(name=name, uid=name, **fields)


def test_one_is_granted_and_the_other_is_told_to_wait_and_told_once() -> None:
    first, second = named("first"), named("second", created=NOW)
    slots = Slots(world(first, second), Limits(1, 9))
    for one in (first, second):
        assert slots.state(one) is Slot.UNASKED
        slots.ask(one)
    assert {one.name for one in slots.distribute()} == {"first", "second"}
    assert (slots.state(first), slots.state(second)) == (Slot.GRANTED, Slot.WAITING)
    assert slots.distribute() == []
    assert slots.waiting() == {"Warning": 1}


def test_a_granted_slot_is_taken_even_before_the_status_says_so() -> None:
    first, late = named("first"), named("late", created=NOW)
    slots = Slots(world(first, late), Limits(1, 9))
    slots.ask(first)
    slots.distribute()
    slots.ask(late)
    slots.distribute()
    assert slots.state(late) is Slot.WAITING


def test_the_end_of_one_is_the_start_of_the_next() -> None:
    runs, waits = named("runs", attempt=1), named("waits")
    known = world(runs, waits)
    slots = Slots(known, Limits(1, 9))
    slots.ask(waits)
    slots.distribute()
    assert slots.state(waits) is Slot.WAITING
    known.put_case(replace(runs, version=2, finished_at=NOW))
    assert slots.distribute() == [waits]
    assert slots.state(waits) is Slot.GRANTED


def test_the_deleted_and_the_started_are_forgotten() -> None:
    gone, begun = named("gone"), named("begun")
    known = world(gone, begun)
    slots = Slots(known, Limits(9, 9))
    slots.ask(gone)
    slots.ask(begun)
    slots.distribute()
    known.drop_case("team-a", "gone", "gone")
    known.put_case(replace(begun, version=2, attempt=1))
    slots.distribute()
    assert slots.state(gone) is slots.state(begun) is Slot.UNASKED
    assert slots.waiting().total() == 0
