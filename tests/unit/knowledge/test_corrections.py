"""From feedback to a memory: what it claims, and the scopes that are offered for it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from casebook.api.enums import State
from casebook.api.investigation import Feedback, Investigation, InvestigationStatus, Recurrence
from casebook.api.memory import MemorySpec
from casebook.knowledge.context import of_question
from casebook.knowledge.corrections import correction, scopes
from casebook.knowledge.matching import Answer, match

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


def test_the_memories_of_the_walkthrough_are_valid() -> None:
    blocks = [block.split("\nYAML")[0] for block in LEARNING.read_text().split("<<'YAML'\n")[1:]]
    specs = [MemorySpec.model_validate(item["spec"]) for block in blocks for item in yaml.safe_load_all(block)]
    assert [spec.claim is not None for spec in specs] == [True, True]
    assert specs[1].scope.match_labels == {"label:class": "internal"}
