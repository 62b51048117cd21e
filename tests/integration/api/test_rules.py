"""Every CEL rule by name: the real API server takes the good and refuses the bad, with the message for a person."""

import copy
from typing import Any

import pytest

from casebook.crdgen.kinds import KINDS
from casebook.crdgen.manifest import manifest
from support.schema import rules

ENTRY = {"id": "f1", "author": "alice", "rating": "Up"}
ASKED = {"question": "why?"}
WRITTEN = {
    "trigger": "Alert",
    "question": "why?",
    "alert": {"labels": {"alertname": "A"}},
    "target": {"kind": "Deployment", "name": "api"},
    "scope": "Tenant",
    "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"},
    "severity": "Critical",
    "budget": {"seconds": 60},
    "reasoning": "Assisted",
    "feedback": [ENTRY],
}
CHANGED = {
    "trigger": "Question",
    "question": "why else?",
    "alert": {"labels": {"alertname": "B"}},
    "target": {"kind": "Deployment", "name": "web"},
    "scope": "Namespace",
    "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T02:00:00Z"},
    "lookbackSeconds": 120,
    "severity": "Info",
    "budget": {"seconds": 90},
    "reasoning": "Always",
}


def term(operator: str, *values: str) -> dict:
    return {"matchExpressions": [{"key": "node", "operator": operator, "values": list(values)}]}


def claim(**members: Any) -> dict:
    return {"statement": "so", "claim": members}


CONCEPT = {"label": {"class": "internal"}, "when": term("Prefix", "int-")}
CAUSE = {"cause": "MemoryLimitTooLow", "effect": "Confirms"}
NOISE = {"alertname": "A"}
DEPENDENCY = {"from": "Deployment/a", "to": "Deployment/b"}
EXPECTATION = {"object": "Deployment/a", "field": "spec.replicas", "value": "3"}
SOURCES = ("memory", "skill", "investigation", "person", "signature")
CLAIMS = {
    "concept": CONCEPT,
    "cause": CAUSE,
    "noise": NOISE,
    "dependency": DEPENDENCY,
    "expectation": EXPECTATION,
    "quarantine": {"person": "mallory"},
}
ONE_CLAIM = f"give exactly one of {', '.join(CLAIMS)}"
ONE_NOISE = "give exactly one of alertname, eventReason, logTemplate, metric"


def when(start: str | None, **ends: str) -> dict:
    return {"statement": "so", **({"validFrom": start} if start else {}), **ends}


def step(**effect: Any) -> dict:
    observe = {"source": "kubernetes", "query": "pods"}
    return {"description": "when", "steps": [{"name": "a", "observe": observe, "expect": "true", "onTrue": effect}]}


SAY_WHAT = "say what to investigate: give a question, a target or an alert"
NOT_BOTH = "give either window or lookbackSeconds, not both"
SAY_SOMETHING = "a feedback entry must say something: rating, verdict, rootCause or note"
NO_VALUES = "Exists and DoesNotExist take no values"
SOME_VALUES = "In, NotIn, Prefix, Suffix and Glob need at least one value"
WINDOW = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"}

# plural, message, specs that are taken, specs that are refused
WRITES: list[tuple[str, str, list[dict], list[dict]]] = [
    (
        "investigations",
        SAY_WHAT,
        [ASKED, {"target": {"kind": "Pod", "name": "a"}}, {"alert": {"status": "firing"}}],
        [{}, {"question": ""}, {"question": " \n\t"}, {"severity": "Info"}],
    ),
    (
        "investigations",
        "trigger Alert needs an alert",
        [{"trigger": "Alert", "alert": {"status": "firing"}}, {**ASKED, "trigger": "Change"}],
        [{**ASKED, "trigger": "Alert"}],
    ),
    (
        "investigations",
        NOT_BOTH,
        [{**ASKED, "window": WINDOW}, {**ASKED, "lookbackSeconds": 60}],
        [{**ASKED, "window": WINDOW, "lookbackSeconds": 60}],
    ),
    (
        "investigations",
        "end must not be before start",
        [{**ASKED, "window": WINDOW}, {**ASKED, "window": {"start": WINDOW["end"], "end": WINDOW["end"]}}],
        [{**ASKED, "window": {"start": WINDOW["end"], "end": WINDOW["start"]}}],
    ),
    (
        "investigations",
        SAY_SOMETHING,
        [
            {**ASKED, "feedback": [{"id": "a", "author": "b", **said}]}
            for said in ({"rating": "Up"}, {"verdict": "Wrong"}, {"rootCause": {"cause": "X"}}, {"note": "n"})
        ],
        [{**ASKED, "feedback": [{"id": "a", "author": "b", **said}]} for said in ({}, {"note": ""})],
    ),
    (
        "memories",
        NO_VALUES,
        [{"statement": "so", "scope": term(op)} for op in ("Exists", "DoesNotExist")],
        [{"statement": "so", "scope": term(op, "a")} for op in ("Exists", "DoesNotExist")],
    ),
    (
        "memories",
        SOME_VALUES,
        [{"statement": "so", "scope": term(op, "a")} for op in ("In", "NotIn", "Prefix", "Suffix", "Glob")],
        [
            {"statement": "so", "scope": scope}
            for op in ("In", "NotIn", "Prefix", "Suffix", "Glob")
            for scope in (term(op), {"anyOf": [term(op)]}, {"except": [term(op)]})
        ],
    ),
    (
        "memories",
        ONE_CLAIM,
        [{"statement": "a note"}, *(claim(**{name: value}) for name, value in CLAIMS.items())],
        [claim(), claim(concept=CONCEPT, cause=CAUSE), claim(**CLAIMS)],
    ),
    (
        "memories",
        ONE_NOISE,
        [claim(noise={name: "x"}) for name in ("alertname", "eventReason", "logTemplate", "metric")],
        [claim(noise={}), claim(noise={"alertname": "x", "metric": "y"})],
    ),
    (
        "memories",
        f"give exactly one of {', '.join(SOURCES)}",
        [claim(quarantine={name: "x"}) for name in SOURCES],
        [claim(quarantine={}), claim(quarantine={"person": "x", "memory": "y"})],
    ),
    (
        "memories",
        "feedbackId needs the investigation that holds the entry",
        [
            claim(quarantine={"investigation": "i", "feedbackId": "f1"}),
            claim(quarantine={"memory": "m", "feedbackId": ""}),
        ],
        [claim(quarantine={"memory": "m", "feedbackId": "f1"})],
    ),
    (
        "memories",
        "a quarantine holds wherever its reach goes and takes no scope",
        [claim(quarantine={"memory": "m"}) | {"scope": scope} for scope in ({}, {"matchLabels": {}, "anyOf": []})],
        [
            claim(quarantine={"memory": "m"}) | {"scope": scope}
            for scope in (
                {"matchLabels": {"a": "b"}},
                term("In", "a"),
                {"anyOf": [term("In", "a")]},
                {"except": [term("In", "a")]},
            )
        ],
    ),
    (
        "memories",
        "an object cannot depend on itself",
        [claim(dependency=DEPENDENCY)],
        [claim(dependency={"from": "Deployment/a", "to": "Deployment/a"})],
    ),
    (
        "memories",
        "validUntil must be after validFrom",
        [
            when("2026-01-01T00:00:00Z", validUntil="2026-01-02T00:00:00Z"),
            when(None, validUntil="2026-01-02T00:00:00Z"),
        ],
        [when("2026-01-01T00:00:00Z", validUntil=end) for end in ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")],
    ),
    (
        "memories",
        "verifyBy must be after validFrom",
        [when("2026-01-01T00:00:00Z", verifyBy="2026-01-02T00:00:00Z"), when(None, verifyBy="2026-01-02T00:00:00Z")],
        [when("2026-01-01T00:00:00Z", verifyBy="2025-01-01T00:00:00Z")],
    ),
    (
        "memories",
        "a memory cannot supersede itself",
        [{"statement": "so", "supersedes": ["other"]}],
        [{"statement": "so", "supersedes": ["other", "x"]}],
    ),
    (
        "skills",
        "say what the outcome means: supports, rulesOut or both",
        [step(supports=CAUSE), step(rulesOut=CAUSE), step(supports=CAUSE, rulesOut=CAUSE)],
        [step()],
    ),
]

FIXED = [f"{name} is fixed once written; create another object" for name in CHANGED]
TRANSITIONS = [
    *FIXED,
    "a cancelled run cannot go on",
    "a feedback entry is never changed once written; add another",
    "a feedback entry is never removed; add another that corrects it",
    "attempt numbers only grow",
]


def test_every_rule_is_tried() -> None:
    schemas = [manifest(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"] for kind in KINDS]
    stated = {message for schema in schemas for _place, message in rules(schema)}
    assert stated == {message for _plural, message, _good, _bad in WRITES} | set(TRANSITIONS)


@pytest.mark.parametrize(("plural", "message", "good", "bad"), WRITES, ids=[row[1][:40] for row in WRITES])
async def test_a_rule_of_what_is_written(api, plural, message, good, bad):
    tried = api(plural)
    for spec in good:
        assert await tried.create(spec) == "", spec
    for spec in bad:
        assert message in await tried.create(spec), spec


@pytest.mark.parametrize("name", CHANGED)
async def test_what_was_asked_is_fixed(api, name):
    tried = api("investigations")
    spec = copy.deepcopy(WRITTEN)
    if name == "lookbackSeconds":
        del spec["window"]
        spec["lookbackSeconds"] = 60
    stored = await tried.store(spec)
    message = f"{name} is fixed once written"
    assert await tried.patch(stored, {"spec": {name: spec[name]}}) == ""
    assert message in await tried.patch(stored, {"spec": {name: CHANGED[name]}})
    removed = await tried.patch(stored, {"spec": {name: None}})
    # A member with a default comes back as the default, which is a change as well.
    assert message in removed or (name == "trigger" and "fixed once written" in removed)


@pytest.mark.parametrize("name", ["question", "alert", "target", "window", "lookbackSeconds", "budget"])
async def test_what_was_not_asked_is_not_added(api, name):
    tried = api("investigations")
    stored = await tried.store({"question": "why?"} if name != "question" else {"target": {"kind": "Pod", "name": "a"}})
    assert f"{name} is fixed once written" in await tried.patch(stored, {"spec": {name: CHANGED[name]}})


async def test_what_may_change_does(api):
    tried = api("investigations")
    stored = await tried.store(WRITTEN)
    assert await tried.patch(stored, {"spec": {"ttlSecondsAfterFinished": 60}}, keep=True) == ""
    assert await tried.patch(stored, {"spec": {"ttlSecondsAfterFinished": None}}) == ""
    assert await tried.patch(stored, {"spec": {"intent": "Cancel"}}) == ""
    assert await tried.patch(stored, {"spec": {"feedback": [ENTRY, {**ENTRY, "id": "f2"}]}}) == ""


async def test_a_cancelled_run_cannot_go_on(api):
    tried = api("investigations")
    stored = await tried.store({**ASKED, "intent": "Cancel"})
    for intent in ("Run", None):
        assert "a cancelled run cannot go on" in await tried.patch(stored, {"spec": {"intent": intent}})
    assert await tried.patch(stored, {"spec": {"intent": "Cancel"}}) == ""


async def test_feedback_is_never_changed(api):
    tried = api("investigations")
    stored = await tried.store(WRITTEN)
    for change in ({"rating": "Down"}, {"note": "added"}, {"author": "bob"}, {"standing": "Confirmed"}):
        said = await tried.patch(stored, {"spec": {"feedback": [{**ENTRY, **change}]}})
        assert "a feedback entry is never changed once written" in said, change
    assert "is never changed" in await tried.patch(
        stored, {"spec": {"feedback": [{**ENTRY, "rating": "Down"}, {**ENTRY, "id": "f2"}]}}
    )


async def test_feedback_is_never_removed(api):
    tried = api("investigations")
    stored = await tried.store({**WRITTEN, "feedback": [ENTRY, {**ENTRY, "id": "f2"}]})
    for left in ([ENTRY], [], None, [{**ENTRY, "id": "f3"}]):
        said = await tried.patch(stored, {"spec": {"feedback": left}})
        assert "a feedback entry is never removed" in said, left


async def test_feedback_may_be_reordered_and_added_up_to_twenty(api):
    tried = api("investigations")
    entries = [{**ENTRY, "id": f"f{n}"} for n in range(19)]
    stored = await tried.store({**WRITTEN, "feedback": entries})
    more = [{**ENTRY, "id": "last"}, *reversed(entries)]
    assert await tried.patch(stored, {"spec": {"feedback": more}}) == ""
    assert "must have at most 20 items" in await tried.patch(
        stored, {"spec": {"feedback": [*more, {**ENTRY, "id": "too-many"}]}}
    )


async def test_attempt_numbers_only_grow(api):
    tried = api("investigations")
    stored = await tried.store(WRITTEN)
    assert await tried.patch(stored, {"status": {"phase": "Queued"}}, "status", keep=True) == ""
    assert await tried.patch(stored, {"status": {"attempt": 2}}, "status", keep=True) == ""
    assert await tried.patch(stored, {"status": {"attempt": 3, "phase": "Running"}}, "status") == ""
    for lower in (1, 0, None):
        said = await tried.patch(stored, {"status": {"attempt": lower}}, "status")
        assert "attempt numbers only grow" in said, lower
