"""What a person sees with kubectl, on the definitions as they are installed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from casebook.crdgen.kinds import KINDS
from support.release import apply_definitions
from support.tools import output, run

INVESTIGATION: dict[str, Any] = {
    "apiVersion": "casebook.dev/v1alpha1",
    "kind": "Investigation",
    "metadata": {"name": "seen"},
    "spec": {
        "trigger": "Alert",
        "severity": "Critical",
        "alert": {"labels": {"alertname": "ShopErrors"}},
        "target": {"kind": "Deployment", "name": "checkout"},
    },
}
AT = "2026-01-01T00:00:00Z"
STATUS = {
    "phase": "Succeeded",
    "verdict": "RootCause",
    "cause": "MemoryLimitTooLow",
    "object": "Deployment/checkout",
    "confidencePercent": 93,
    "followers": {"count": 2, "names": ["one", "team-b/other"]},
    "explainedBy": "older",
    "attempt": 1,
    "conditions": [{"type": "Succeeded", "status": "True", "reason": "Reported", "lastTransitionTime": AT}],
}


@pytest.fixture(scope="session")
def definitions(kubeconfig: str) -> None:
    """The definitions of this checkout, under their own names."""
    apply_definitions()


@pytest.fixture
def seen(definitions: None, namespace: str) -> Iterator[str]:
    """A namespace with a finished investigation."""
    output("kubectl", "create", "-n", namespace, "-f", "-", stdin=json.dumps(INVESTIGATION))
    patch = json.dumps({"status": STATUS})
    output("kubectl", "patch", "inv", "seen", "-n", namespace, "--subresource=status", "--type=merge", "-p", patch)
    return namespace


def table(*arguments: str) -> tuple[list[str], list[str]]:
    head, row = output("kubectl", "get", *arguments).splitlines()
    return head.split(), row.split()


async def test_the_columns_of_an_investigation(seen):
    head, row = table("inv", "-n", seen)
    assert head == ["NAME", "TARGET", "VERDICT", "CAUSE", "CONFIDENCE", "FOLLOWERS", "EXPLAINEDBY", "AGE"]
    assert row[:-1] == ["seen", "checkout", "RootCause", "MemoryLimitTooLow", "93", "2", "older"]
    head, row = table("inv", "-n", seen, "-o", "wide")
    assert head[7:-1] == ["PHASE", "OBJECT", "SEVERITY", "TRIGGER", "ATTEMPT", "ALERT"]
    assert row[7:-1] == ["Succeeded", "Deployment/checkout", "Critical", "Alert", "1", "ShopErrors"]


async def test_the_columns_of_memories_and_skills(seen):
    memory = {"apiVersion": "casebook.dev/v1alpha1", "kind": "Memory", "metadata": {"name": "m"}}
    skill = {"apiVersion": "casebook.dev/v1alpha1", "kind": "Skill", "metadata": {"name": "s"}}
    make = ("kubectl", "create", "-n", seen, "-f", "-")
    who = json.loads(output("kubectl", "auth", "whoami", "-o", "json"))["status"]["userInfo"]["username"]
    output(*make, stdin=json.dumps({**memory, "spec": {"statement": "int-\nis internal", "lastEditor": who}}))
    output(*make, stdin=json.dumps({**skill, "spec": {"description": "when-slow", "lastEditor": who}}))
    head = output("kubectl", "get", "cbmem", "-n", seen).splitlines()
    assert head[0].split() == ["NAME", "STATE", "CLAIM", "SCOPE", "REACH", "USES", "TRUST", "FRESH", "AGE"]
    assert len(head) == 2, "a claim of several lines takes one line"
    head, row = table("cbskill", "-n", seen)
    assert head == ["NAME", "STATE", "REACH", "VALID", "DESCRIPTION", "AGE"]
    # Whether it is valid is said by a controller, where one runs.
    assert [*row[:3], row[-2]] == ["s", "Proposed", "Namespace", "when-slow"]


async def test_the_category_lists_all_kinds(definitions):
    listed = output("kubectl", "api-resources", "--categories=casebook", "-o", "name").split()
    assert sorted(listed) == ["investigations.casebook.dev", "memories.casebook.dev", "skills.casebook.dev"]


async def test_waiting_for_the_report(seen):
    output("kubectl", "wait", "--for=condition=Succeeded", "--timeout=30s", "-n", seen, "inv/seen")


@pytest.mark.parametrize(
    "field", ["status.verdict=RootCause", "status.phase=Succeeded", "status.cause=MemoryLimitTooLow"]
)
async def test_filtering_by_what_was_found(seen, field):
    assert output("kubectl", "get", "inv", "-n", seen, "-o", "name", "--field-selector", field) != ""
    other = field.partition("=")[0] + "=Other"
    assert output("kubectl", "get", "inv", "-n", seen, "-o", "name", "--field-selector", other) == ""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.plural)
async def test_every_selectable_field_is_served(definitions, namespace, kind):
    for path in kind.selectable:
        done = run("kubectl", "get", kind.plural, "-n", namespace, "--field-selector", f"{path[1:]}=x")
        assert done.returncode == 0, done.stderr


async def test_explaining_a_field(definitions):
    text = output("kubectl", "explain", "inv.spec.feedback.rootCause.cause")
    assert "Code of the cause." in text
    assert "What it is" not in text
    text = output("kubectl", "explain", "inv.spec")
    assert "Fixed once written, but for intent, feedback and" in text
