"""An Investigation is admitted only from someone who may see what its reader would."""

from uuid import uuid4

import pytest

from casebook.api.meta import TENANT_LABEL

POLICY = "casebook-who-may-ask"
INVESTIGATIONS = ("casebook.dev", "investigations", "create,get,update,patch")
LOGS = ("", "pods/log", "get")
CONFIG = ("", "configmaps", "get")
OPERATOR = "casebook-system"


def asked(namespace: str, **spec) -> dict:
    return {"metadata": {"name": f"q-{uuid4().hex[:8]}", "namespace": namespace}, "spec": {"question": "why?", **spec}}


@pytest.mark.parametrize(("held", "missing"), [((CONFIG,), "pods/log"), ((LOGS,), "configmaps")])
async def test_logs_and_configmaps_must_both_be_readable(person, namespace, held, missing):
    alice = await person()
    await alice.may(INVESTIGATIONS, *held, namespace=namespace)
    said = await alice.create("investigations.casebook.dev", asked(namespace)).denied_by(POLICY)
    assert f"user {alice.name} may not get {missing} in namespace {namespace}" in said


async def test_whoever_may_read_may_ask(person, namespace):
    alice = await person()
    await alice.may(INVESTIGATIONS, LOGS, CONFIG, namespace=namespace)
    await alice.create("investigations.casebook.dev", asked(namespace)).admitted()


async def test_the_targets_namespace_must_be_readable_too(person, namespace):
    alice = await person()
    await alice.may(INVESTIGATIONS, LOGS, CONFIG, namespace=namespace)
    elsewhere = asked(namespace, target={"kind": "Pod", "name": "x", "namespace": "kube-public"})
    said = await alice.create("investigations.casebook.dev", elsewhere).denied_by(POLICY)
    assert "pods/log in namespace kube-public" in said
    await alice.may(LOGS, namespace="kube-public")
    said = await alice.create("investigations.casebook.dev", elsewhere).denied_by(POLICY)
    await alice.may(CONFIG, namespace="kube-public")
    await alice.create("investigations.casebook.dev", elsewhere).admitted()


async def test_a_namespace_that_is_the_target_must_be_readable_too(person, namespace):
    alice = await person()
    await alice.may(INVESTIGATIONS, LOGS, CONFIG, namespace=namespace)
    target = {"kind": "Namespace", "name": "kube-public", "namespace": namespace}
    said = await alice.create("investigations.casebook.dev", asked(namespace, target=target)).denied_by(POLICY)
    assert "pods/log in namespace kube-public" in said
    await alice.create(
        "investigations.casebook.dev", asked(namespace, target={"kind": "Namespace", "name": namespace})
    ).admitted()


async def test_looking_tenant_wide_needs_investigate_on_the_tenant(person, namespace):
    alice = await person()
    await alice.may(INVESTIGATIONS, LOGS, CONFIG, namespace=namespace)
    wide = asked(namespace, scope="Tenant")
    said = await alice.create("investigations.casebook.dev", wide).denied_by(POLICY)
    assert f"needs verb investigate on tenants.casebook.dev/ns:{namespace}" in said
    await alice.may(("casebook.dev", f"tenants=ns:{namespace}", "investigate"))
    await alice.create("investigations.casebook.dev", wide).admitted()


async def test_the_tenant_is_read_from_the_namespace(person, kube_client, namespace):
    patch = {"metadata": {"labels": {TENANT_LABEL: "acme"}}}
    path = f"/api/v1/namespaces/{namespace}"
    await kube_client.json("PATCH", path, body=patch, content_type="application/merge-patch+json")
    alice = await person()
    await alice.may(INVESTIGATIONS, LOGS, CONFIG, namespace=namespace)
    await alice.may(("casebook.dev", f"tenants=ns:{namespace}", "investigate"))
    wide = asked(namespace, scope="Tenant")
    said = await alice.create("investigations.casebook.dev", wide).denied_by(POLICY)
    assert "needs verb investigate on tenants.casebook.dev/acme" in said
    await alice.may(("casebook.dev", "tenants=acme", "investigate"))
    await alice.create("investigations.casebook.dev", wide).admitted()


async def test_asking_in_the_operators_namespace_needs_the_platform_tenant(person):
    alice = await person()
    await alice.may(INVESTIGATIONS, LOGS, CONFIG, namespace=OPERATOR)
    said = await alice.create("investigations.casebook.dev", asked(OPERATOR)).denied_by(POLICY)
    assert "needs verb investigate on tenants.casebook.dev/system:platform" in said
    await alice.may(("casebook.dev", "tenants=system:platform", "investigate"))
    await alice.create("investigations.casebook.dev", asked(OPERATOR)).admitted()


async def test_the_gateway_is_exempt_and_no_other_account_is(person, namespace):
    gateway = await person(f"system:serviceaccount:{OPERATOR}:casebook-gateway", exactly=True)
    await gateway.may(INVESTIGATIONS, namespace=namespace)
    await gateway.create("investigations.casebook.dev", asked(namespace, scope="Tenant")).admitted()
    forged = await person(f"system:serviceaccount:{namespace}:casebook-gateway", exactly=True)
    await forged.may(INVESTIGATIONS, namespace=namespace)
    await forged.create("investigations.casebook.dev", asked(namespace)).denied_by(POLICY)
