"""On a real API server: one head for all that found one cause, whoever ended first, and never across tenants."""

from typing import Any

from support.rig import Rig
from support.waiting import until


def found(namespace: str, cause: str = "ServiceSelectorMismatch", **more: Any) -> dict[str, Any]:
    """A report that names one root cause."""
    root = {"hypothesis": "h1", "object": "Service/auth", "namespace": namespace, "cause": cause, "statement": "s"}
    return {"verdict": "RootCause", "rootCauses": [{**root, "confidencePercent": 90}], **more}


async def status(rig: Rig, made: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = (await rig.get(made)).get("status", {})
    return kept


async def follows(rig: Rig, made: dict[str, Any], head: str) -> None:
    async def look() -> bool:
        return (await status(rig, made)).get("explainedBy") == head

    await until(f"{made['metadata']['name']} follows {head}", look)


async def leads(rig: Rig, made: dict[str, Any], *names: str) -> None:
    async def look() -> bool:
        wanted = {"count": len(names), "names": list(names)} if names else None
        return (await status(rig, made)).get("followers") == wanted

    await until(f"{made['metadata']['name']} leads {names}", look)


async def test_the_oldest_leads_though_it_ends_last(rig: Rig) -> None:
    """A restart in between changes nothing: all that it rests on stands in the API server."""
    team = await rig.namespace()
    first = await rig.ask(team, "a-first")
    second, third = [await rig.ask(team, name) for name in ("b-second", "c-third")]
    async with rig.controller(maxRunning=5, maxRunningPerTenant=5):
        for made in (first, second, third):
            await rig.job(made)
        await rig.reports(second, **found(team))
        await rig.condition(second, "Finished")
        await rig.reports(third, **found(team, explainedBy="b-second"))
        await follows(rig, third, "b-second")
        await leads(rig, second, "c-third")
    async with rig.controller(maxRunning=5, maxRunningPerTenant=5):
        await rig.reports(first, **found(team))
        await follows(rig, second, "a-first")
        await follows(rig, third, "a-first")
        await leads(rig, first, "b-second", "c-third")
        await leads(rig, second)
        assert (await status(rig, third))["report"]["explainedBy"] == "b-second", "a report never changes"
    listed = await rig.reader.list("investigations.casebook.dev", team, fields="status.explainedBy=")
    assert [one["metadata"]["name"] for one in listed.items] == ["a-first"], "each incident is listed once"


async def test_faults_that_are_not_one_are_never_joined(rig: Rig) -> None:
    """Another cause, another object, both causes at once, and the same in a namespace of another tenant."""
    team, other = await rig.namespace(), await rig.namespace()
    asked = {name: await rig.ask(team, name) for name in ("a", "b-cause", "c-place", "d-both", "z-same")}
    asked["foreign"] = await rig.ask(other, "foreign")
    both = [*found(team)["rootCauses"], *found(team, "ServicePortMismatch")["rootCauses"]]
    async with rig.controller(maxRunning=9, maxRunningPerTenant=9):
        for made in asked.values():
            await rig.job(made)
        await rig.reports(asked["a"], **found(team))
        await rig.reports(asked["b-cause"], **found(team, "ServicePortMismatch"))
        await rig.reports(asked["c-place"], **found("elsewhere"))
        await rig.reports(asked["d-both"], **{**found(team), "rootCauses": both})
        await rig.reports(asked["foreign"], **found(team, explainedBy=f"{team}/a"))
        for made in asked.values():
            if made is not asked["z-same"]:
                await rig.condition(made, "Finished")
        await rig.reports(asked["z-same"], **found(team))
        await leads(rig, asked["a"], "z-same")
        for name in ("a", "b-cause", "c-place", "d-both", "foreign"):
            assert "explainedBy" not in await status(rig, asked[name]), name
