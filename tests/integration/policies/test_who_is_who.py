"""Whoever adds feedback is its author; whoever writes a memory or skill is its last editor."""

from uuid import uuid4

import pytest

ASK = (
    ("casebook.dev", "investigations", "create,get,update,patch"),
    ("", "pods/log", "get"),
    ("", "configmaps", "get"),
)
EDIT = (
    ("casebook.dev", "memories", "create,get,update,patch,delete"),
    ("casebook.dev", "skills", "create,update,patch"),
)
AUTHOR = "casebook-feedback-author"
EDITOR = "casebook-last-editor"


def investigation(namespace: str, *feedback: dict) -> dict:
    metadata = {"name": f"q-{uuid4().hex[:8]}", "namespace": namespace}
    return {"metadata": metadata, "spec": {"question": "why?", "feedback": list(feedback)}}


def entry(id_: str, author: str, **more) -> dict:
    return {"id": id_, "author": author, "rating": "Up", **more}


def knowledge(namespace: str, kind: str, **spec) -> dict:
    required = {"memories": {"statement": "int- customers are internal"}, "skills": {"description": "use when"}}[kind]
    return {"metadata": {"name": f"k-{uuid4().hex[:8]}", "namespace": namespace}, "spec": {**required, **spec}}


async def test_feedback_must_name_the_user_who_adds_it(person, made, namespace, admin_name):
    alice = await person()
    await alice.may(*ASK, namespace=namespace)
    forged = investigation(namespace, entry("f1", "bob"))
    said = await alice.create("investigations.casebook.dev", forged).denied_by(AUTHOR)
    assert f"feedback entry f1 must name the user who adds it; write the line  author: {alice.name}" in said
    await alice.create("investigations.casebook.dev", investigation(namespace, entry("f1", alice.name))).admitted()

    stored = await made("investigations.casebook.dev", investigation(namespace, entry("f1", admin_name)))
    old = stored["spec"]["feedback"]
    name = stored["metadata"]["name"]
    add = {"spec": {"feedback": [*old, entry("f2", "bob")]}}
    await alice.change("investigations.casebook.dev", name, namespace, add).denied_by(AUTHOR)
    add = {"spec": {"feedback": [*old, entry("f2", alice.name)]}}
    await alice.change("investigations.casebook.dev", name, namespace, add).admitted()


@pytest.mark.parametrize("kind", ["memories", "skills"])
async def test_the_last_editor_must_be_the_user_who_writes(person, namespace, kind):
    alice = await person()
    await alice.may(*EDIT, namespace=namespace)
    resource = f"{kind}.casebook.dev"
    said = await alice.create(resource, knowledge(namespace, kind)).denied_by(EDITOR)
    assert f"write the line  lastEditor: {alice.name}" in said
    await alice.create(resource, knowledge(namespace, kind, lastEditor="bob")).denied_by(EDITOR)
    await alice.create(resource, knowledge(namespace, kind, lastEditor=alice.name)).admitted()


async def test_an_edit_must_change_the_last_editor_but_a_label_need_not(person, made, namespace, admin_name):
    stored = await made("memories.casebook.dev", knowledge(namespace, "memories", lastEditor=admin_name))
    alice = await person()
    await alice.may(*EDIT, namespace=namespace)
    name = stored["metadata"]["name"]
    patch = {"spec": {"statement": "other"}}
    await alice.change("memories.casebook.dev", name, namespace, patch).denied_by(EDITOR)
    patch = {"spec": {"statement": "other", "lastEditor": alice.name}}
    await alice.change("memories.casebook.dev", name, namespace, patch).admitted()
    await alice.change("memories.casebook.dev", name, namespace, {"metadata": {"labels": {"a": "b"}}}).admitted()


async def test_automation_may_leave_its_name_out_but_not_leave_a_persons_in(person, made, namespace, admin_name):
    gitops = await person(f"system:serviceaccount:{namespace}:gitops", exactly=True)
    await gitops.may(*EDIT, namespace=namespace)
    await gitops.create("memories.casebook.dev", knowledge(namespace, "memories")).admitted()
    await gitops.create("memories.casebook.dev", knowledge(namespace, "memories", lastEditor="alice")).denied_by(EDITOR)
    stored = await made("memories.casebook.dev", knowledge(namespace, "memories", lastEditor=admin_name))
    name = stored["metadata"]["name"]
    patch = {"spec": {"statement": "other"}}
    await gitops.change("memories.casebook.dev", name, namespace, patch).denied_by(EDITOR)
    patch = {"spec": {"statement": "other", "lastEditor": ""}}
    await gitops.change("memories.casebook.dev", name, namespace, patch).admitted()
