"""What is Confirmed or Rejected is written, changed and deleted only by those who hold the verb for its reach."""

from uuid import uuid4

import pytest

from support.release import OPERATOR
from support.written import CONFIRM, EDIT, MEMORIES, NARROW, QUARANTINE, SKILLS, memory, skill

ASK = (
    ("casebook.dev", "investigations", "create,get,update,patch"),
    ("", "pods/log", "get"),
    ("", "configmaps", "get"),
)
FEEDBACK = "casebook-feedback-standing"


async def test_anybody_who_may_write_may_propose_and_retire(person, namespace):
    alice = await person()
    await alice.may(*EDIT, namespace=namespace)
    for state in ("Proposed", "Retired"):
        await alice.create(MEMORIES, memory(namespace, alice.name, state, scope={})).admitted()


@pytest.mark.parametrize("state", ["Confirmed", "Rejected"])
async def test_namespace_reach_needs_confirm_in_the_namespace(person, namespace, state):
    alice = await person()
    await alice.may(*EDIT, namespace=namespace)
    said = await alice.create(MEMORIES, memory(namespace, alice.name, state)).denied_by(CONFIRM)
    assert f"user {alice.name} needs verb confirm on memories.casebook.dev in namespace {namespace}" in said
    await alice.may(("casebook.dev", "memories", "confirm"), namespace=namespace)
    await alice.create(MEMORIES, memory(namespace, alice.name, state)).admitted()
    await alice.create(SKILLS, skill(namespace, alice.name)).denied_by(CONFIRM)
    await alice.may(("casebook.dev", "skills", "confirm"), namespace=namespace)
    await alice.create(SKILLS, skill(namespace, alice.name)).admitted()


async def test_tenant_reach_needs_confirm_on_the_tenant(person, namespace):
    alice = await person()
    await alice.may(*EDIT, ("casebook.dev", "memories", "confirm"), namespace=namespace)
    wide = memory(namespace, alice.name, reach="Tenant")
    said = await alice.create(MEMORIES, wide).denied_by(CONFIRM)
    assert f"needs verb confirm on tenants.casebook.dev/ns:{namespace}" in said
    await alice.may(("casebook.dev", f"tenants=ns:{namespace}", "confirm"))
    await alice.create(MEMORIES, wide).admitted()


async def test_platform_reach_is_for_the_operators_namespace_and_needs_publish(person, namespace):
    alice = await person()
    for where in (namespace, OPERATOR):
        await alice.may(*EDIT, ("casebook.dev", "memories", "confirm"), namespace=where)
    said = await alice.create(MEMORIES, memory(namespace, alice.name, "Proposed", reach="Platform")).denied_by(CONFIRM)
    assert f"for memories and skills in namespace {OPERATOR} only" in said
    await alice.create(MEMORIES, memory(OPERATOR, alice.name, "Proposed", reach="Platform")).admitted()
    said = await alice.create(MEMORIES, memory(OPERATOR, alice.name, reach="Platform")).denied_by(CONFIRM)
    assert f"needs verb publish on memories.casebook.dev in namespace {OPERATOR}" in said
    await alice.may(("casebook.dev", "memories", "publish"), namespace=OPERATOR)
    await alice.create(MEMORIES, memory(OPERATOR, alice.name, reach="Platform")).admitted()


BROAD = {
    "empty": {},
    "only exceptions": {"except": [NARROW]},
    "asks only whether a key is there": {"matchExpressions": [{"key": "namespace", "operator": "Exists"}]},
    "only excludes": {"matchExpressions": [{"key": "node", "operator": "NotIn", "values": ["n1"]}]},
    "any value": {"matchExpressions": [{"key": "node", "operator": "Glob", "values": ["n1", "*"]}]},
    "any prefix": {"matchExpressions": [{"key": "node", "operator": "Prefix", "values": [""]}]},
    "an alternative that takes all": {"anyOf": [NARROW, {}]},
}
NARROWED = {
    "a label": NARROW,
    "a prefix": {"matchExpressions": [{"key": "node", "operator": "Prefix", "values": ["n"]}]},
    "every alternative": {
        "anyOf": [NARROW, {"matchExpressions": [{"key": "node", "operator": "In", "values": ["a"]}]}]
    },
    "own terms beside an empty alternative": {**NARROW, "anyOf": [{}]},
}


@pytest.mark.parametrize("scope", BROAD.values(), ids=BROAD)
async def test_a_scope_that_applies_everywhere_needs_confirmbroad_besides(person, namespace, scope):
    alice = await person()
    both = [("casebook.dev", "memories", "confirm"), ("casebook.dev", "skills", "confirm")]
    await alice.may(*EDIT, *both, namespace=namespace)
    said = await alice.create(MEMORIES, memory(namespace, alice.name, scope=scope)).denied_by(CONFIRM)
    assert "needs verb confirmbroad on memories.casebook.dev" in said
    await alice.create(SKILLS, skill(namespace, alice.name, when=scope)).denied_by(CONFIRM)
    await alice.may(("casebook.dev", "memories", "confirmbroad"), namespace=namespace)
    await alice.create(MEMORIES, memory(namespace, alice.name, scope=scope)).admitted()


@pytest.mark.parametrize("scope", NARROWED.values(), ids=NARROWED)
async def test_a_scope_that_narrows_does_not(person, namespace, scope):
    alice = await person()
    await alice.may(*EDIT, ("casebook.dev", "memories", "confirm"), namespace=namespace)
    await alice.create(MEMORIES, memory(namespace, alice.name, scope=scope)).admitted()


async def test_a_broad_tenant_wide_claim_needs_confirmbroad_on_the_tenant(person, namespace):
    alice = await person()
    await alice.may(*EDIT, ("casebook.dev", "memories", "confirmbroad"), namespace=namespace)
    await alice.may(("casebook.dev", f"tenants=ns:{namespace}", "confirm"))
    wide = memory(namespace, alice.name, reach="Tenant", scope={})
    said = await alice.create(MEMORIES, wide).denied_by(CONFIRM)
    assert f"needs verb confirmbroad on tenants.casebook.dev/ns:{namespace}" in said
    await alice.may(("casebook.dev", f"tenants=ns:{namespace}", "confirmbroad"))
    await alice.create(MEMORIES, wide).admitted()


async def test_old_and_new_state_both_count(person, made, namespace, admin_name):
    confirmed = (await made(MEMORIES, memory(namespace, admin_name)))["metadata"]["name"]
    proposed = (await made(MEMORIES, memory(namespace, admin_name, "Proposed")))["metadata"]["name"]
    alice = await person()
    await alice.may(*EDIT, namespace=namespace)

    def to(name: str, **spec):
        return alice.change(MEMORIES, name, namespace, {"spec": {"lastEditor": alice.name, **spec}})

    await to(proposed, state="Confirmed").denied_by(CONFIRM)
    await to(confirmed, state="Retired").denied_by(CONFIRM)
    await to(confirmed, statement="something else").denied_by(CONFIRM)
    await alice.delete(MEMORIES, confirmed, namespace).denied_by(CONFIRM)
    await alice.delete(MEMORIES, proposed, namespace).admitted()
    await alice.change(MEMORIES, confirmed, namespace, {"metadata": {"labels": {"a": "b"}}}).admitted()
    await alice.may(("casebook.dev", "memories", "confirm"), namespace=namespace)
    await to(confirmed, state="Retired").admitted()
    await alice.delete(MEMORIES, confirmed, namespace).admitted()


async def test_narrowing_the_reach_needs_the_verb_of_the_old_one_too(person, made, namespace, admin_name):
    name = (await made(MEMORIES, memory(namespace, admin_name, reach="Tenant")))["metadata"]["name"]
    alice = await person()
    await alice.may(*EDIT, ("casebook.dev", "memories", "confirm"), namespace=namespace)
    patch = {"spec": {"reach": "Namespace", "lastEditor": alice.name}}
    said = await alice.change(MEMORIES, name, namespace, patch).denied_by(CONFIRM)
    assert "on tenants.casebook.dev/ns:" in said


async def test_a_deleted_namespace_takes_its_knowledge_along(person, made, namespace, admin_name):
    name = (await made(MEMORIES, memory(namespace, admin_name)))["metadata"]["name"]
    cleaner = await person("system:serviceaccount:kube-system:namespace-controller", exactly=True)
    await cleaner.may(("casebook.dev", "memories", "delete,patch"), namespace=namespace)
    await cleaner.delete(MEMORIES, name, namespace).admitted()
    patch = {"spec": {"statement": "x", "lastEditor": ""}}
    await cleaner.change(MEMORIES, name, namespace, patch).denied_by(CONFIRM)


async def test_the_controller_confirms_only_what_a_person_said(person, namespace):
    controller = await person(f"system:serviceaccount:{OPERATOR}:casebook-controller", exactly=True)
    await controller.may(*EDIT, namespace=namespace)
    await controller.create(MEMORIES, memory(namespace, "", "Proposed")).admitted()
    said = await controller.create(MEMORIES, memory(namespace, "")).denied_by(CONFIRM)
    assert "the controller confirms only with origin" in said
    agent = {"type": "Agent", "investigation": "inv-1", "feedbackId": "f1"}
    await controller.create(MEMORIES, memory(namespace, "", origin=agent)).denied_by(CONFIRM)
    await controller.create(MEMORIES, memory(namespace, "", origin={"type": "Person"})).denied_by(CONFIRM)
    said_by = {"type": "Person", "investigation": "inv-1", "feedbackId": "f1"}
    await controller.create(MEMORIES, memory(namespace, "", origin=said_by)).admitted()


async def test_a_quarantine_needs_its_own_verb_to_be_set_and_to_be_lifted(person, made, namespace, admin_name):
    alice = await person()
    both = ("casebook.dev", "memories", "confirm,confirmbroad")
    await alice.may(*EDIT, both, namespace=namespace)
    said = await alice.create(MEMORIES, memory(namespace, alice.name, **QUARANTINE)).denied_by(CONFIRM)
    assert f"needs verb quarantine on memories.casebook.dev in namespace {namespace}" in said
    await alice.create(MEMORIES, memory(namespace, alice.name, "Proposed", **QUARANTINE)).admitted()
    standing = (await made(MEMORIES, memory(namespace, admin_name, **QUARANTINE)))["metadata"]["name"]
    lift = {"spec": {"state": "Retired", "lastEditor": alice.name}}
    await alice.change(MEMORIES, standing, namespace, lift).denied_by(CONFIRM)
    await alice.delete(MEMORIES, standing, namespace).denied_by(CONFIRM)
    bob = await person("bob")
    await bob.may(*EDIT, ("casebook.dev", "memories", "quarantine"), namespace=namespace)
    await bob.create(MEMORIES, memory(namespace, bob.name, **QUARANTINE)).admitted()
    lift = {"spec": {"state": "Retired", "lastEditor": bob.name}}
    await bob.change(MEMORIES, standing, namespace, lift).admitted()
    await bob.create(MEMORIES, memory(namespace, bob.name)).denied_by(CONFIRM)


async def test_a_quarantine_of_a_tenant_or_of_all_needs_the_verb_there(person, namespace):
    alice = await person()
    for where in (namespace, OPERATOR):
        await alice.may(*EDIT, ("casebook.dev", "memories", "quarantine"), namespace=where)
    wide = memory(namespace, alice.name, reach="Tenant", **QUARANTINE)
    said = await alice.create(MEMORIES, wide).denied_by(CONFIRM)
    assert f"needs verb quarantine on tenants.casebook.dev/ns:{namespace}" in said
    await alice.may(("casebook.dev", f"tenants=ns:{namespace}", "quarantine"))
    await alice.create(MEMORIES, wide).admitted()
    everywhere = memory(OPERATOR, alice.name, reach="Platform", **QUARANTINE)
    said = await alice.create(MEMORIES, everywhere).denied_by(CONFIRM)
    assert "needs verb publish on" in said
    await alice.may(("casebook.dev", "memories", "publish"), namespace=OPERATOR)
    await alice.create(MEMORIES, everywhere).admitted()


async def test_what_is_made_a_quarantine_needs_the_verbs_of_both(person, made, namespace, admin_name):
    name = (await made(MEMORIES, memory(namespace, admin_name)))["metadata"]["name"]
    alice = await person()
    await alice.may(*EDIT, ("casebook.dev", "memories", "quarantine"), namespace=namespace)
    spec = {"lastEditor": alice.name, "claim": QUARANTINE["claim"], "scope": None}
    await alice.change(MEMORIES, name, namespace, {"spec": spec}).denied_by(CONFIRM)
    await alice.may(("casebook.dev", "memories", "confirm"), namespace=namespace)
    await alice.change(MEMORIES, name, namespace, {"spec": spec}).admitted()


async def test_the_controller_quarantines_nothing(person, namespace):
    controller = await person(f"system:serviceaccount:{OPERATOR}:casebook-controller", exactly=True)
    await controller.may(*EDIT, namespace=namespace)
    said_by = {"type": "Person", "investigation": "inv-1", "feedbackId": "f1"}
    await controller.create(MEMORIES, memory(namespace, "", origin=said_by, **QUARANTINE)).denied_by(CONFIRM)


def asked(namespace: str, author: str, **feedback) -> dict:
    entry = {"id": "f1", "author": author, "rating": "Up", "standing": "Confirmed", "scope": NARROW, **feedback}
    metadata = {"name": f"q-{uuid4().hex[:8]}", "namespace": namespace}
    return {"metadata": metadata, "spec": {"question": "why?", "feedback": [entry]}}


@pytest.mark.parametrize(
    ("feedback", "message", "rule"),
    [
        ({}, "confirm on memories.casebook.dev in namespace {ns}", ("memories", "confirm", "{ns}")),
        ({"reach": "Tenant"}, "confirm on tenants.casebook.dev/ns:{ns}", ("tenants=ns:{ns}", "confirm", "")),
        (
            {"reach": "Platform"},
            f"publish on memories.casebook.dev in namespace {OPERATOR}",
            ("memories", "publish", OPERATOR),
        ),
    ],
    ids=["Namespace", "Tenant", "Platform"],
)
async def test_confirmed_feedback_needs_the_verb_of_its_reach(person, namespace, feedback, message, rule):
    alice = await person()
    await alice.may(*ASK, namespace=namespace)
    request = asked(namespace, alice.name, **feedback)
    said = await alice.create("investigations.casebook.dev", request).denied_by(FEEDBACK)
    assert message.format(ns=namespace) in said
    resource, verb, where = (part.format(ns=namespace) for part in rule)
    await alice.may(("casebook.dev", resource, verb), namespace=where)
    await alice.create("investigations.casebook.dev", request).admitted()


@pytest.mark.parametrize("reach", ["Namespace", "Tenant"])
async def test_confirmed_feedback_for_everything_needs_confirmbroad(person, namespace, reach):
    alice = await person()
    await alice.may(*ASK, ("casebook.dev", "memories", "confirm"), namespace=namespace)
    await alice.may(("casebook.dev", f"tenants=ns:{namespace}", "confirm"))
    request = asked(namespace, alice.name, reach=reach, scope={})
    said = await alice.create("investigations.casebook.dev", request).denied_by(FEEDBACK)
    assert "needs verb confirmbroad" in said
    unscoped = asked(namespace, alice.name, reach=reach)
    del unscoped["spec"]["feedback"][0]["scope"]
    await alice.create("investigations.casebook.dev", unscoped).denied_by(FEEDBACK)
    await alice.may(("casebook.dev", "memories", "confirmbroad"), namespace=namespace)
    await alice.may(("casebook.dev", f"tenants=ns:{namespace}", "confirmbroad"))
    await alice.create("investigations.casebook.dev", request).admitted()


async def test_old_confirmed_entries_do_not_stop_others_from_adding(person, made, namespace, admin_name):
    stored = await made("investigations.casebook.dev", asked(namespace, admin_name))
    alice = await person()
    await alice.may(*ASK, namespace=namespace)
    entries = [*stored["spec"]["feedback"], {"id": "f2", "author": alice.name, "rating": "Down"}]
    patch = {"spec": {"feedback": entries}}
    await alice.change("investigations.casebook.dev", stored["metadata"]["name"], namespace, patch).admitted()
