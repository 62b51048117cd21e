"""What only Casebook writes: the status, and the label of an alert group."""

from uuid import uuid4

from casebook.api.meta import GROUP_LABEL

OPERATOR = "casebook-system"
ASK = (
    ("casebook.dev", "investigations", "create,get,update,patch"),
    ("casebook.dev", "investigations/status", "update,patch"),
    ("", "pods/log", "get"),
    ("", "configmaps", "get"),
)
RESOURCE = "investigations.casebook.dev"


def asked(namespace: str, **labels: str) -> dict:
    return {
        "metadata": {"name": f"q-{uuid4().hex[:8]}", "namespace": namespace, "labels": labels},
        "spec": {"question": "why?"},
    }


async def test_the_status_is_written_by_casebook_alone(person, made, namespace):
    name = (await made(RESOURCE, asked(namespace)))["metadata"]["name"]
    forged = {"status": {"phase": "Succeeded", "verdict": "NoFault"}}
    alice = await person()
    await alice.may(*ASK, namespace=namespace)
    said = await alice.change(RESOURCE, name, namespace, forged, "status").denied_by("casebook-status-writers")
    assert f"user {alice.name} needs verb operate on investigations.casebook.dev" in said
    for account in ("casebook-gateway", "casebook-controller"):
        system = await person(f"system:serviceaccount:{OPERATOR}:{account}", exactly=True)
        await system.may(*ASK, namespace=namespace)
        await system.change(RESOURCE, name, namespace, forged, "status").admitted()
    await alice.may(("casebook.dev", "investigations", "operate"), namespace=namespace)
    await alice.change(RESOURCE, name, namespace, forged, "status").admitted()


async def test_the_label_of_an_alert_group_is_the_gateways(person, made, namespace):
    alice = await person()
    await alice.may(*ASK, namespace=namespace)
    label = {GROUP_LABEL: "0123456789abcdef0123"}
    await alice.create(RESOURCE, asked(namespace, **label)).denied_by("casebook-group-label")
    await alice.create(RESOURCE, asked(namespace, team="a")).admitted()
    name = (await made(RESOURCE, asked(namespace, **label)))["metadata"]["name"]
    gone = {"metadata": {"labels": {GROUP_LABEL: None}}}
    await alice.change(RESOURCE, name, namespace, gone).denied_by("casebook-group-label")
    await alice.change(RESOURCE, name, namespace, {"metadata": {"labels": {"team": "a"}}}).admitted()
    gateway = await person(f"system:serviceaccount:{OPERATOR}:casebook-gateway", exactly=True)
    await gateway.may(*ASK, namespace=namespace)
    await gateway.create(RESOURCE, asked(namespace, **label)).admitted()
