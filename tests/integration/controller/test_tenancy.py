"""Readers and bindings follow the tenants, and what runs ends when a namespace changes hands."""

from typing import Any

from casebook.api.names import reader_name
from casebook.cluster.errors import NotFound
from support.rig import Rig, conditions
from support.waiting import until

BINDINGS = "rolebindings.rbac.authorization.k8s.io"


async def binding(rig: Rig, namespace: str, name: str = "casebook-evidence-reader") -> dict[str, Any] | None:
    try:
        return await rig.reader.get(BINDINGS, name, namespace)
    except NotFound:
        return None


async def bound(rig: Rig, namespace: str, tenant: str) -> None:
    """Wait until the tenant's reader, and only it, reads there."""

    async def look() -> bool:
        found = await binding(rig, namespace)
        return found is not None and [s["name"] for s in found["subjects"]] == [reader_name(tenant)]

    await until(f"{namespace} is bound to {tenant}", look, 180)


async def readers(rig: Rig) -> set[str]:
    page = await rig.reader.list("serviceaccounts", rig.runs, labels="casebook.dev/role=reader")
    return {item["metadata"]["name"] for item in page.items}


async def label(rig: Rig, namespace: str, tenant: str | None) -> None:
    await rig.writer.patch("namespaces", namespace, "", {"metadata": {"labels": {"casebook.dev/tenant": tenant}}})


async def test_each_tenant_has_a_reader_and_its_namespaces_both_bindings(rig: Rig) -> None:
    alone = await rig.namespace()
    one, two = await rig.namespace(tenant="acme"), await rig.namespace(tenant="acme")
    async with rig.controller():
        for namespace, tenant in ((alone, f"ns:{alone}"), (one, "label:acme"), (two, "label:acme")):
            await bound(rig, namespace, tenant)
            gateway = await binding(rig, namespace, "casebook-gateway")
            assert gateway is not None
            assert gateway["roleRef"]["name"] == "casebook-gateway-tenant"
            assert gateway["subjects"] == [
                {"kind": "ServiceAccount", "name": "casebook-gateway", "namespace": rig.operator}
            ]
        assert {reader_name("label:acme"), reader_name(f"ns:{alone}")} <= await readers(rig)
        account = await rig.reader.get("serviceaccounts", reader_name("label:acme"), rig.runs)
        assert account["automountServiceAccountToken"] is False
        assert await binding(rig, rig.operator) is None
        assert await binding(rig, rig.runs) is None
        assert await binding(rig, "kube-system") is None


async def test_a_namespace_that_moves_loses_the_old_binding_before_it_gets_the_new(rig: Rig) -> None:
    moved, stays, other = [await rig.namespace(tenant=t) for t in ("acme", "acme", "umbrella")]
    async with rig.controller():
        runs = [await rig.ask(space) for space in (moved, stays, other)]
        for asked in runs:
            await rig.job_runs(await rig.job(asked))
        await bound(rig, moved, "label:acme")
        rig.proxy.calls.clear()
        await label(rig, moved, "umbrella")
        await bound(rig, moved, "label:umbrella")
        for asked in runs:
            told = await rig.condition(asked, "Finished")
            assert told["reason"] == "ScopeChanged"
            assert moved in told["message"]
        writes = [c for c in rig.proxy.calls if c.writing and f"/namespaces/{moved}/rolebindings" in c.path]
        assert [(c.method, c.path.rsplit("/", 1)[-1]) for c in writes] == [
            ("DELETE", "casebook-evidence-reader"),
            ("POST", "rolebindings"),
        ]


async def test_what_waits_when_its_namespace_moves_runs_in_its_new_tenant(rig: Rig) -> None:
    busy, moved = await rig.namespace(tenant="acme"), await rig.namespace(tenant="acme")
    async with rig.controller(maxRunningPerTenant=1):
        await rig.job(await rig.ask(busy))
        waits = await rig.ask(moved)
        await rig.condition(waits, "Queued")
        await label(rig, moved, None)
        job = await rig.job(waits)
        assert job["metadata"]["annotations"]["casebook.dev/tenant-id"] == f"ns:{moved}"
        assert job["spec"]["template"]["spec"]["serviceAccountName"] == reader_name(f"ns:{moved}")


async def test_a_move_that_nobody_watched_is_found_at_the_start(rig: Rig) -> None:
    moved = await rig.namespace(tenant="acme")
    async with rig.controller():
        asked = await rig.ask(moved)
        await rig.job_runs(await rig.job(asked))
        await bound(rig, moved, "label:acme")
    await label(rig, moved, None)
    async with rig.controller():
        await bound(rig, moved, f"ns:{moved}")
        assert (await rig.condition(asked, "Finished"))["reason"] == "ScopeChanged"

        async def cleaned() -> bool:
            return reader_name("label:acme") not in await readers(rig)

        await until("the reader of a tenant without namespaces is gone", cleaned, 180)


async def test_a_binding_that_says_something_else_is_replaced(rig: Rig) -> None:
    team = await rig.namespace()
    wrong = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "casebook-evidence-reader", "namespace": team},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "casebook-evidence-reader"},
        "subjects": [{"kind": "ServiceAccount", "name": reader_name("label:evil"), "namespace": rig.runs}],
    }
    await rig.writer.create(BINDINGS, wrong)
    async with rig.controller():
        await bound(rig, team, f"ns:{team}")


async def test_the_platforms_investigations_run_as_the_platforms_reader(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        target = {"kind": "Deployment", "name": "web", "namespace": team}
        job = await rig.job(await rig.ask(rig.operator, target=target))
        assert job["spec"]["template"]["spec"]["serviceAccountName"] == "reader-platform"
        missing = await rig.ask(rig.operator, "missing", target={**target, "namespace": "nowhere"})
        assert (await rig.condition(missing, "Finished"))["reason"] == "TargetNotFound"


async def test_an_excluded_namespace_gets_nothing(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        await bound(rig, team, f"ns:{team}")
    async with rig.controller(excludedNamespaces=["kube-system", team]):
        asked = await rig.ask(team)
        told = await rig.condition(asked, "Succeeded", "False")
        assert told["reason"] == "NamespaceExcluded"
        assert conditions(await rig.get(asked))["Finished"]["status"] == "True"

        async def unbound() -> bool:
            return await binding(rig, team) is None and await binding(rig, team, "casebook-gateway") is None

        await until("its bindings are gone", unbound, 180)
