"""The second act: which faults it can take back, what the person says, and what it was worth."""

from pathlib import Path
from typing import Any

import pytest

from casebook.api.investigation import Alert, Investigation
from demokit.demo import AGAIN, plan
from demokit.second import CAUSE, Change, correction, typed, undoing
from scenariokit.format import Scenario, load_all

SCENARIOS = {one.id: one for one in load_all(Path(__file__).parents[3] / "cluster" / "scenarios")}


def steps(*commands: Any) -> list[Any]:
    injected = [{"kubectl": one} if isinstance(one, str) else one for one in commands]
    shared = {"id": "x", "title": "A fault", "trigger": {"question": "?"}, "expect": {"verdict": "NoFault"}}
    return Scenario.model_validate(shared | {"inject": injected}).inject


@pytest.mark.parametrize(
    ("inject", "commands"),
    [
        (["set env deployment/api A=1", "rollout status deployment/api"], ["rollout undo deployment/api"]),
        (
            ["set image deployment/api app=x:2", "set env statefulset/db A=1"],
            ["rollout undo statefulset/db", "rollout undo deployment/api"],
        ),
        (["scale deployment/auth --replicas=0"], []),
        (["set env deployment/api A=1", "delete configmap x"], []),
        (["set env deployment/api A=1", {"sleep": 2}], []),
        ([], []),
    ],
)
def test_what_are_releases_alone_can_be_taken_back(inject: list[Any], commands: list[str]) -> None:
    assert undoing(steps(*inject)) == commands


def test_the_usual_fault_has_a_second_act_and_the_plan_says_so() -> None:
    assert undoing(SCENARIOS["bad-deploy-exception"].inject) == ["rollout undo deployment/api"]
    assert AGAIN in plan(SCENARIOS["bad-deploy-exception"], [], own=True)
    assert AGAIN not in plan(SCENARIOS["scaled-to-zero"], [], own=True)


def found(cause: str | None, reads: int, name: str = "inv-1", **status: Any) -> Investigation:
    report = {"verdict": "RootCause", "summary": "s", "cost": {"observations": reads}}
    told = {"verdict": "RootCause", "cause": cause, "object": "Deployment/api", "report": report, **status}
    return Investigation.model_validate(
        {"metadata": {"name": name, "namespace": "shop"}, "spec": {"question": "?"}, "status": told}
    )


def test_the_person_corrects_what_was_found_where_it_was_found() -> None:
    said = correction(found("ReleaseRegression", 30))
    assert said[:8] == ["correct", "inv-1", "-n", "shop", "--cause", CAUSE, "--object", "Deployment/api"]
    assert typed(["correct", "inv-1", "--statement", "a b"]) == "$ kubectl casebook correct inv-1 --statement 'a b'"
    assert correction(found(None, 30, verdict="NoFault", object=None)) == []


def test_it_holds_whichever_service_complains_first() -> None:
    asked = found("ReleaseRegression", 30)
    assert "--scope" not in correction(asked), "nothing narrower than what is offered, where no alert asked"
    alert = Alert(labels={"alertname": "HighErrorRatio", "service": "web"})
    told = asked.replace(spec=asked.spec.replace(alert=alert))
    assert correction(told)[-4:] == ["--scope", "alertname=HighErrorRatio", "--scope", "namespace=shop"]


def test_what_it_was_worth_is_said_in_reads_and_by_what_the_status_knows() -> None:
    earlier = {"namespace": "shop", "name": "inv-1", "at": "2026-11-22T09:00:00Z", "verdict": "RootCause",
               "cause": "ReleaseRegression", "object": "Deployment/api", "judgement": "Wrong", "by": "admin",
               "truth": f"{CAUSE} on Deployment/api", "cost": {"observations": 30}}  # fmt: skip
    recurrence = {"signature": "s", "occurrence": 2, "cost": {"observations": 14}, "savedPercent": 53,
                  "previous": [earlier]}  # fmt: skip
    lines = Change(found("ReleaseRegression", 30), found(CAUSE, 14, "inv-2", recurrence=recurrence)).lines()
    assert lines[:2] == [
        "first   ReleaseRegression on Deployment/api, 30 reads",
        "again   VendorLibraryBroken on Deployment/api, 14 reads",
    ]
    assert any("53 % fewer" in line for line in lines)
    assert lines[-1].endswith("admin: Wrong, it was VendorLibraryBroken on Deployment/api")
