"""What later investigations see of what a report blamed: put back, changed, or left; and how little that weighs."""

from datetime import timedelta
from typing import Any

import pytest

from casebook.api.case import PastCase
from casebook.api.enums import HintKind, Judgement
from casebook.api.memory import KnowledgeOrigin, Uses
from casebook.api.run import ReportEnvelope, Run, Stop, Trace
from casebook.knowledge.ambient import WITHIN, hinted, waiting
from casebook.knowledge.credit import MOST_HINTS, tally, trust
from casebook.knowledge.recurrence import case_of, recurrence
from support.builders import (
    NOW,
    NS,
    Raw,
    ago,
    container,
    healthy,
    managed,
    meta,
    pod,
    replicaset,
    run,
    snapshot,
    template,
    workload,
)
from support.builders import (
    waiting as stuck,
)
from support.pastcases import past, use
from support.reason import report

GOOD, BAD, OTHER = (template("web", container("app", image)) for image in ("shop:1", "shop:typo", "shop:2"))
ASKED = run("", "Deployment/web", alert={"alertname": "Down"})


def deployment(*revisions: tuple[int, Raw, float], moved: float = 300) -> list[Raw]:
    """The Deployment with its revisions (number, template, age), the newest first, and when it last moved."""
    made = workload("web", revisions[0][1])
    made["status"] = {"conditions": [{"type": "Progressing", "status": "True", "lastTransitionTime": ago(moved)}]}
    return [made, *(replicaset(made, number, body, age=age) for number, body, age in revisions)]


def case() -> PastCase:
    """The case of a release of an image that is not there, five minutes ago, investigated 200 s ago."""
    objects = deployment((2, BAD, 300), (1, GOOD, 7200))
    status = stuck("app", "ImagePullBackOff", 'Back-off pulling image "shop:typo": not found')
    found = report(snapshot(ASKED, [*objects, pod(objects[1], BAD, status, age=290)]))
    assert found.root_causes[0].cause == "ImageNotFound"
    envelope = ReportEnvelope(report=found, engine="e", stop=Stop(reason="Clear"), observations=1)
    return case_of(ASKED.replace(uid="first"), envelope).replace(at=NOW - timedelta(seconds=200))


def seen(cases: list[PastCase], objects: list[Raw], asked: Run = ASKED) -> list[PastCase]:
    """What a later run that sees these objects tells of these cases."""
    made = snapshot(asked.replace(uid="later", name="inv-9"), objects)
    trace = Trace(engine="e", run=made.run, stop=Stop(reason="Clear"), observations=list(made.observations))
    return hinted(cases, trace)


def test_a_case_keeps_what_the_change_behind_its_cause_wrote() -> None:
    (found,) = case().blamed
    assert (found.entity, found.new, found.old) == (f"Deployment/{NS}/web", "shop:typo", "shop:1")


def test_a_rollback_is_seen_in_the_revisions() -> None:
    (found,) = seen([case()], deployment((3, GOOD, 7200), (2, BAD, 300), moved=100))
    assert found.hint is not None
    assert (found.hint.kind, found.hint.seen_in) == (HintKind.ROLLED_BACK, "inv-9")
    assert found.hint.note == (
        "image of Deployment/web was put back at 2026-11-20T11:58:20Z: weak evidence that it was right"
    )


def test_another_value_of_that_field_is_the_next_step_carried_out() -> None:
    (found,) = seen([case()], deployment((3, OTHER, 100), (2, BAD, 300)))
    assert found.hint is not None
    assert found.hint.kind is HintKind.CARRIED_OUT


def test_another_question_in_another_run_sees_it_too() -> None:
    other = run("is all well?", "Deployment/api")
    assert seen([case()], [*deployment((3, GOOD, 7200), (2, BAD, 300), moved=100), *healthy("api")], other)


@pytest.mark.parametrize(
    "objects",
    [
        deployment((2, BAD, 300), (1, GOOD, 7200)),
        deployment((3, template("web", container("app", "shop:typo", command=["x"])), 100), (2, BAD, 300)),
        deployment((3, GOOD, 7200), (2, BAD, 300), moved=250),
        healthy("api"),
        [],
    ],
    ids=["left as it is", "another field", "before the report", "another object", "nothing seen"],
)
def test_what_is_no_answer_to_the_report_is_no_hint(objects: list[Raw]) -> None:
    assert seen([case()], objects) == []


def test_the_same_field_of_an_object_of_that_name_elsewhere_is_no_hint() -> None:
    elsewhere = case()
    (one,) = elsewhere.blamed
    elsewhere = elsewhere.replace(blamed=[one.replace(entity="Deployment/pay/web")])
    assert seen([elsewhere], deployment((3, GOOD, 7200), (2, BAD, 300), moved=100)) == []


def test_a_field_that_a_manager_wrote_is_seen_in_managed_fields() -> None:
    """No revision tells of a ConfigMap: the field manager and its time do."""
    fields = {"f:data": {"f:URL": {}}}
    metadata = meta("settings", managedFields=[managed("kubectl-edit", 100, fields)])
    blamed = {"entity": f"ConfigMap/{NS}/settings", "field": "data.URL", "new": "http://typo", "old": "http://api"}
    held = past(1, at=NOW - timedelta(seconds=200), blamed=[blamed])
    changed = {"kind": "ConfigMap", "metadata": metadata, "data": {"URL": "http://api"}}
    (found,) = seen([held], [changed])
    assert found.hint is not None
    assert "by kubectl-edit" in found.hint.note
    assert seen([held], [changed | {"data": {"URL": "http://typo"}}]) == []


def test_only_what_is_blamed_and_recent_and_without_a_hint_waits() -> None:
    open_, (known,) = case(), seen([case()], deployment((3, GOOD, 7200), (2, BAD, 300), moved=100))
    assert waiting([open_, known, past(1)], NOW) == [open_]
    assert waiting([open_], NOW + WITHIN) == []


def test_it_is_shown_with_the_next_occurrence_as_nobodys_word() -> None:
    (before,) = seen([case()], deployment((3, GOOD, 7200), (2, BAD, 300), moved=100))
    (told,) = recurrence(case().replace(uid="next", at=NOW), [before]).previous
    assert "weak evidence" in told.afterwards
    assert (told.judgement, told.by) == (None, "")


def rated(*uses: Any) -> Uses:
    return tally(uses)


def test_hints_count_only_where_no_person_spoke_and_the_facts_carried_the_cause() -> None:
    hint = {"hint": HintKind.ROLLED_BACK}
    uses = [use(1), use(2, "Alone"), use(3, said="Wrong"), use(4, said="Correct"), use(5, "Shown"), use(6, "Acted")]
    found = rated(*(one.replace(**hint) for one in uses))
    assert (found.accepted, found.rejected, found.hinted) == (1, 2 - 1, 2)


@pytest.mark.parametrize("origin", ["Person", "Agent", "Ambient"])
@pytest.mark.parametrize("hints", [1, 5, 200])
def test_however_many_hints_weigh_less_than_one_persons_word(origin: str, hints: int) -> None:
    of = KnowledgeOrigin(type=origin)
    assert trust(of, Uses()) <= trust(of, Uses(hinted=hints)) < trust(of, Uses(accepted=1))
    assert trust(of, Uses(hinted=hints, rejected=1)) < trust(of, Uses())
    assert MOST_HINTS < 1


def test_what_a_person_says_afterwards_takes_its_place() -> None:
    use_ = use(1).replace(hint=HintKind.CARRIED_OUT)
    assert rated(use_).hinted == 1
    assert rated(use_.replace(judgement=Judgement.WRONG)).hinted == 0
