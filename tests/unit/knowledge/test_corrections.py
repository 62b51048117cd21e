"""From feedback to a memory: what it claims, and the scopes that are offered for it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from casebook.api.enums import State
from casebook.api.investigation import Feedback, Investigation, InvestigationStatus, Recurrence
from casebook.api.memory import MemorySpec
from casebook.api.run import Recalled
from casebook.knowledge.context import of_question
from casebook.knowledge.corrections import correction, scopes
from casebook.knowledge.matching import Answer, match
from support.memories import cause, memory

LEARNING = Path(__file__).parents[3] / "docs" / "learning.md"


def asked(**spec: Any) -> Investigation:
    return Investigation.model_validate({"metadata": {"name": "inv-1", "namespace": "shop", "uid": "u"}, "spec": spec})


ALERT = {"labels": {"alertname": "KubePodCrashLooping", "namespace": "shop", "severity": "critical"}}
TARGET = {"kind": "Deployment", "name": "web"}


@pytest.mark.parametrize(
    ("spec", "object_", "offered"),
    [
        (
            {"alert": ALERT, "target": TARGET, "trigger": "Alert"},
            "",
            [
                ("alertname", "namespace", "workload.name"),
                ("namespace", "workload.name"),
                ("alertname", "namespace"),
                ("namespace",),
            ],
        ),
        ({"question": "why?", "target": TARGET}, "", [("namespace", "workload.name"), ("namespace",)]),
        ({"question": "why?"}, "Deployment/api", [("namespace", "workload.name"), ("namespace",)]),
        ({"question": "why?"}, "ConfigMap/flags", [("namespace",)]),
        ({"question": "why?"}, "Deployment/pay/api", [("namespace",)]),
    ],
)
def test_scopes_go_from_narrow_to_broad_and_all_fit_what_was_asked(
    spec: dict[str, Any], object_: str, offered: list[tuple[str, ...]]
) -> None:
    of = asked(**spec)
    found = scopes(of, object_)
    assert [tuple(scope.match_labels) for scope in found] == offered
    context = of_question(of.spec, "shop")
    assert all(match(scope, context).answer is not Answer.CONFLICT for scope in found)


def test_the_same_entry_gives_the_same_memory_and_another_one_another() -> None:
    of = asked(question="why?", target=TARGET)
    entry = Feedback.model_validate({"id": "f1", "author": "alice", "rootCause": {"cause": "DnsFailing"}})
    first, again = correction(of, entry, "sys"), correction(of, entry, "sys")
    other = correction(of, entry.replace(id="f2"), "sys")
    assert first is not None
    assert other is not None
    assert first == again
    assert first.name != other.name
    assert first.spec.state is State.PROPOSED
    assert first.spec.statement == "DnsFailing is the cause of what inv-1 was about."


def test_its_origin_names_the_problem_and_where_the_investigation_stands() -> None:
    of = asked(question="why?", target=TARGET)
    of = of.replace(status=InvestigationStatus(recurrence=Recurrence(signature="Down; Deployment/web", occurrence=2)))
    said = {"id": "f1", "author": "alice", "rootCause": {"cause": "DnsFailing"}, "standing": "Confirmed"}
    own, published = (
        correction(of, Feedback.model_validate(said | {"reach": reach}), "sys") for reach in ("Tenant", "Platform")
    )
    assert own is not None
    assert published is not None
    assert own.spec.origin is not None
    assert published.spec.origin is not None
    assert own.spec.origin.signature == "Down; Deployment/web"
    assert (own.namespace, own.spec.origin.investigation) == ("shop", "inv-1")
    assert (published.namespace, published.spec.origin.investigation) == ("sys", "shop/inv-1")


def test_the_scope_of_an_entry_is_taken_as_it_is() -> None:
    entry = Feedback.model_validate(
        {"id": "f1", "author": "a", "rootCause": {"cause": "X"}, "scope": {"matchLabels": {"node": "n1"}}}
    )
    found = correction(asked(question="why?"), entry, "sys")
    assert found is not None
    assert found.spec.scope.match_labels == {"node": "n1"}


def found_by(*used: Recalled, why: str = "applies: x", cause: str = "DnsFailing") -> Investigation:
    """An investigation whose report names these memories."""
    root = {"hypothesis": "h1", "object": "Deployment/web", "cause": cause, "statement": "s", "confidencePercent": 60}
    lines = [
        {"kind": "Memory", "name": one.name, "version": str(one.version), "why": why, "effect": "e"} for one in used
    ]
    report = {"verdict": "RootCause", "summary": "s", "rootCauses": [root], "knowledge": lines}
    return asked(question="why?", target=TARGET).replace(status={"report": report})


def superseded(of: Investigation, *used: Recalled, cause: str = "QuotaExceeded", **said: Any) -> list[str]:
    entry = Feedback.model_validate({"id": "f1", "author": "a", "rootCause": {"cause": cause}} | said)
    found = correction(of, entry, "sys", used)
    assert found is not None
    return found.spec.supersedes


DNS = memory("dns", claim=cause("DnsFailing"))


@pytest.mark.parametrize("standing", ["Confirmed", "Proposed"])
def test_a_correction_supersedes_the_memory_that_the_finding_rests_on(standing: str) -> None:
    assert superseded(found_by(DNS), DNS, standing=standing) == ["dns"]
    assert superseded(found_by(DNS), DNS, rootCause=None, verdict="Wrong", standing=standing) == ["dns"]
    elsewhere = DNS.replace(namespace="pay")
    shown = found_by(elsewhere.replace(name="pay/dns"))
    assert superseded(shown, elsewhere, standing=standing) == ["pay/dns"]


def test_a_correction_supersedes_the_memory_that_ruled_out_what_it_was() -> None:
    no = memory("no", claim=cause("QuotaExceeded", effect="RulesOut"))
    other = memory("other", claim=cause("NodeDown", effect="RulesOut"))
    assert superseded(found_by(no, other), no, other) == ["no"]


def test_a_correction_supersedes_whatever_else_applied_and_says_otherwise() -> None:
    """It would be the next to say so, once the one that led has lost its force."""
    as_well = memory("as-well", claim=cause("DnsFailing", "Deployment/web"))
    third = memory("third", claim=cause("NodeDown"))
    elsewhere = memory("elsewhere", claim=cause("NodeDown", "Deployment/api"))
    of = found_by(DNS, as_well, third, elsewhere)
    assert superseded(of, DNS, as_well, third, elsewhere) == ["dns", "as-well", "third"]


@pytest.mark.parametrize(
    ("of", "used", "said"),
    [
        (found_by(DNS, why="applies only if label:team is known"), DNS, {}),
        (found_by(DNS), DNS.replace(version=2), {}),
        (found_by(DNS), DNS.replace(platform=True), {}),
        (found_by(DNS), DNS, {"cause": "DnsFailing", "verdict": "Wrong"}),
        (found_by(DNS), DNS, {"verdict": "Partial"}),
        (found_by(DNS), DNS, {"reach": "Platform", "standing": "Confirmed"}),
        (found_by(noise := memory("n", claim={"noise": {"eventReason": "BackOff"}})), noise, {}),
    ],
)
def test_what_did_not_make_the_finding_wrong_or_is_not_its_tenants_stays(
    of: Investigation, used: Recalled, said: dict[str, Any]
) -> None:
    assert superseded(of, used, **said) == []


def test_what_somebody_says_later_of_a_report_supersedes_what_they_said_before() -> None:
    said = [
        {"id": "f1", "author": "alice", "rootCause": {"cause": "NodeDown"}},
        {"id": "f2", "author": "bob", "rootCause": {"cause": "DiskFull"}},
        {"id": "f3", "author": "alice", "rootCause": {"cause": "QuotaExceeded"}},
        {"id": "f4", "author": "alice", "rootCause": {"cause": "QuotaExceeded"}},
    ]
    of = asked(question="why?", target=TARGET, feedback=said)
    made = [correction(of, entry, "sys") for entry in of.spec.feedback]
    first, second, third, fourth = (one.spec.supersedes if one else [] for one in made)
    assert (first, second) == ([], [])
    assert third == fourth == [made[0].name if made[0] else ""]


def test_the_memories_of_the_walkthrough_are_valid() -> None:
    blocks = [block.split("\nYAML")[0] for block in LEARNING.read_text().split("<<'YAML'\n")[1:]]
    specs = [MemorySpec.model_validate(item["spec"]) for block in blocks for item in yaml.safe_load_all(block)]
    assert [spec.claim is not None for spec in specs] == [True, True]
    assert specs[1].scope.match_labels == {"label:class": "internal"}
