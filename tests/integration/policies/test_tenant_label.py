"""Only holders of verb `assign` on a tenant move namespaces in and out of it."""

from casebook.api.meta import TENANT_LABEL

POLICY = "casebook-tenant-label"
NAMESPACES = ("", "namespaces", "create,get,update,patch")
STATUS = ("", "namespaces/status", "update,patch")


def labelled(name: str, tenant: str | None) -> dict:
    return {"metadata": {"name": name, "labels": {TENANT_LABEL: tenant} if tenant else {}}}


async def test_a_namespace_without_the_label_is_anybodys(person, namespace):
    alice = await person()
    await alice.may(NAMESPACES)
    await alice.create("namespaces", labelled("new-one", None)).admitted()
    await alice.change("namespaces", namespace, "", {"metadata": {"labels": {"team": "a"}}}).admitted()


async def test_joining_needs_assign_on_that_tenant(person, namespace):
    alice = await person()
    await alice.may(NAMESPACES, ("casebook.dev", "tenants=acme", "assign"))
    said = await alice.create("namespaces", labelled("new-one", "globex")).denied_by(POLICY)
    assert f"user {alice.name} needs verb assign on tenants.casebook.dev/globex" in said
    await alice.change("namespaces", namespace, "", labelled(namespace, "globex")).denied_by(POLICY)
    await alice.create("namespaces", labelled("new-one", "acme")).admitted()
    await alice.change("namespaces", namespace, "", labelled(namespace, "acme")).admitted()


async def test_the_status_subresource_is_no_way_around(person, namespace):
    alice = await person()
    await alice.may(NAMESPACES, STATUS)
    await alice.change("namespaces", namespace, "", labelled(namespace, "acme"), "status").denied_by(POLICY)


async def test_moving_and_leaving_need_assign_on_the_tenant_that_is_left(person, kube_client, namespace):
    await kube_client.json(
        "PATCH",
        f"/api/v1/namespaces/{namespace}",
        body=labelled(namespace, "globex"),
        content_type="application/merge-patch+json",
    )
    alice = await person()
    await alice.may(NAMESPACES, ("casebook.dev", "tenants=acme", "assign"))
    said = await alice.change("namespaces", namespace, "", labelled(namespace, "acme")).denied_by(POLICY)
    assert "needs verb assign on tenants.casebook.dev/globex" in said
    gone = {"metadata": {"labels": {TENANT_LABEL: None}}}
    await alice.change("namespaces", namespace, "", gone).denied_by(POLICY)
    await alice.may(("casebook.dev", "tenants=globex", "assign"))
    await alice.change("namespaces", namespace, "", gone).admitted()
    await alice.change("namespaces", namespace, "", labelled(namespace, "acme")).admitted()
