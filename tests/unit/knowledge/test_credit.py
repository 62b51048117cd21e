"""Credit: what earns a memory trust, what costs it, and when it has lost its force."""

from datetime import UTC, datetime
from typing import Any

import pytest

from casebook.api.case import Use
from casebook.api.enums import Role
from casebook.api.investigation import InvestigationSpec
from casebook.api.memory import KnowledgeOrigin, Uses
from casebook.api.report import KnowledgeUse
from casebook.api.run import Run, Scene
from casebook.knowledge.credit import spent, tally, trust, uses_of
from casebook.knowledge.known import Known
from casebook.knowledge.standing import standings
from support.memories import cause, memory
from support.pastcases import NOW, use
from support.reports import observation, report

PERSON = KnowledgeOrigin(type="Person", author="alice")
AGENT = KnowledgeOrigin(type="Agent")


@pytest.mark.parametrize(
    ("role", "said", "expected"),
    [
        # shown, cited, accepted, rejected
        ("Led", "Correct", (1, 1, 1, 0)),
        ("Led", "Wrong", (1, 1, 0, 1)),
        ("Led", "Partial", (1, 1, 0, 0)),
        ("Led", "", (1, 1, 0, 0)),
        ("Alone", "Correct", (1, 1, 0, 0)),
        ("Alone", "Wrong", (1, 1, 0, 1)),
        ("Acted", "Correct", (1, 1, 1, 0)),
        ("Acted", "Wrong", (1, 1, 0, 0)),
        ("Contradicted", "Correct", (1, 1, 0, 0)),
        ("Shown", "Correct", (1, 0, 0, 0)),
        ("Gone", "Wrong", (1, 0, 0, 0)),
    ],
)
def test_from_shown_to_cited_to_accepted(role: str, said: str, expected: tuple[int, ...]) -> None:
    found = tally([use(1, role, said)])
    assert (found.shown, found.cited, found.accepted, found.rejected) == expected


@pytest.mark.parametrize(
    ("origin", "accepted", "rejected", "percent"),
    [
        (PERSON, 0, 0, 80),
        (None, 0, 0, 67),
        (AGENT, 0, 0, 50),
        (PERSON, 5, 0, 90),
        (PERSON, 0, 4, 44),
        (AGENT, 8, 0, 90),
    ],
)
def test_trust_begins_with_the_origin(
    origin: KnowledgeOrigin | None, accepted: int, rejected: int, percent: int
) -> None:
    assert trust(origin, Uses(accepted=accepted, rejected=rejected)) == percent


@pytest.mark.parametrize(
    ("uses", "reason"),
    [
        ([], ""),
        ([use(1, "Led", "Wrong"), use(2, "Led", "Wrong")], ""),
        ([use(1, "Led", "Wrong"), use(2, "Alone", "Wrong"), use(3, "Led", "Wrong")], "RepeatedlyRejected"),
        ([use(number, "Acted", "Wrong") for number in range(1, 5)], ""),
        ([*(use(n, "Led", "Correct") for n in range(1, 9)), *(use(n, "Led", "Wrong") for n in range(9, 13))], ""),
        ([use(number, "Led", "Wrong", version=2) for number in range(1, 4)], ""),
        ([use(1, "Gone")], ""),
        ([use(1, "Gone"), use(2, "Gone")], "ObjectGone"),
        ([use(1, "Shown"), use(2, "Gone"), use(3, "Shown"), use(4, "Gone")], "ObjectGone"),
        ([use(1, "Led"), use(2, "Gone"), use(3, "Gone")], ""),
        ([use(1, "Gone", version=2), use(2, "Gone", version=2)], ""),
    ],
)
def test_when_it_has_lost_its_force(uses: list[Use], reason: str) -> None:
    found = spent(1, uses)
    assert (found.reason if found else "") == reason


def test_it_is_said_who_rejected_it_and_what_gives_it_back_its_force() -> None:
    found = spent(1, [use(number, "Led", "Wrong") for number in (1, 2, 3)])
    assert found is not None
    assert "3 of the last 3 reports that cite it follow it and were called wrong, by bob" in found.message
    assert "until somebody confirms it anew" in found.message


def test_what_is_stale_is_shown_and_has_no_force_until_it_is_confirmed_anew() -> None:
    """From the ledger to the next run: the condition that the controller writes is what recall reads."""
    held = memory(claim=cause("DnsFailing"))
    rejected = {"shop/m": [use(number, "Led", "Wrong") for number in (1, 2, 3)]}
    fresh, _ = standings([held], NOW, rejected)["shop/m"]
    assert (fresh.status.value, fresh.reason) == ("False", "RepeatedlyRejected")
    known = Known.of([held.replace(stale=fresh.message)], NOW)
    assert (known.memories, [one.name for one in known.idle]) == ((), ["m"])
    anew, _ = standings([held.replace(version=2)], NOW, rejected)["shop/m"]
    assert anew.reason == "Verified"


def mentioned(name: str, role: Role, version: str = "1") -> KnowledgeUse:
    return KnowledgeUse(kind="Memory", name=name, version=version, why="w", effect="e", role=role)


def given(*memories: Any) -> Run:
    return Run(
        uid="u",
        name="inv-1",
        namespace="shop",
        now=datetime(2026, 11, 22, tzinfo=UTC),
        spec=InvestigationSpec(question="why?"),
        scene=Scene(tenant="t"),
        recalled=list(memories),
    )


def test_only_what_the_run_was_given_is_noted_and_once() -> None:
    run = given(memory("m"), memory("other", namespace="pay"))
    told = [
        mentioned("m", Role.LED),
        mentioned("m", Role.SHOWN),
        mentioned("pay/other", Role.ACTED),
        mentioned("m", Role.LED, version="7"),
        mentioned("unknown", Role.LED),
        mentioned("m", Role.LED).replace(kind="Skill"),
    ]
    found = uses_of(run, report(observation(1)).replace(knowledge=told))
    assert [(one.namespace, one.name, one.role) for one in found] == [
        ("shop", "m", Role.LED),
        ("pay", "other", Role.ACTED),
    ]
