"""The commands of people on a real API server: they write under the caller's own name and say what became of it."""

import json

import yaml

from casebook.api.base import MEMORIES, SKILLS
from casebook.handlers.service import Stores
from support.openaiserver import endpoint
from support.reports import observation, report
from support.rig import Rig

from .test_corrections import finished, lessons, memories


async def test_a_person_corrects_and_retires(rig: Rig, stores: Stores) -> None:
    async with rig.controller(stores):
        made = await finished(rig, stores.traces)
        place = made["metadata"]["namespace"]
        where = ("-n", place)
        code, said = await rig.command(
            "correct", "why", *where, "--cause", "ProxyExpired", "--object", "Deployment/api", "--wait", "120"
        )
        assert code == 0, said
        (lesson,) = await lessons(rig, made)
        assert lesson["state"] == "Confirmed"
        code, said = await rig.command("rate", "why", "down", *where, "--note", "took too long")
        assert code == 0, said
        await lessons(rig, made, 2)
    (memory,) = await memories(rig, place)
    me = memory["spec"]["origin"]["author"]
    assert me
    for command, state in (("retire", "Retired"), ("confirm", "Confirmed"), ("reject", "Rejected")):
        code, said = await rig.command(command, memory["metadata"]["name"], *where)
        assert code == 0, said
        (memory,) = await memories(rig, place)
        assert (memory["spec"]["state"], memory["spec"]["lastEditor"]) == (state, me)
    name = memory["metadata"]["name"]
    code, said = await rig.command("quarantine", "inv/why/f1", *where, "--because", "it was forged")
    assert code == 0, said
    assert f"inv/why/f1 is quarantined; without force in this namespace: {name}" in said
    (against,) = [one["metadata"]["name"] for one in await memories(rig, place) if one["metadata"]["name"] != name]
    code, said = await rig.command("memories", *where)
    assert f"without force: quarantined: {me} quarantined inv/why/f1 and all that comes from it" in said
    for command in (("retire", against), ("quarantine", "inv/why/f1", "--because", "again"), ("retire", against)):
        code, said = await rig.command(*command, *where)
        assert code == 0, said
    code, said = await rig.command("memories", *where)
    assert "quarantined:" not in said
    for command in (("show", "why"), ("memories",)):
        code, said = await rig.command(*command, *where)
        assert code == 0, said
    code, said = await rig.command("confirm", "no-such-memory", *where)
    assert (code, said.strip()) == (1, 'Error: memories.casebook.dev "no-such-memory" not found')


async def test_what_a_model_drafts_is_taken_as_a_proposal_and_has_no_force(rig: Rig, stores: Stores) -> None:
    async with rig.controller(stores):
        made = await rig.ask(await rig.namespace(), target={"kind": "Deployment", "name": "checkout"})
        await rig.job(made)
        await rig.reports(made, **report(observation(1)).wire())
        await rig.condition(made, "Finished")
        place = made["metadata"]["namespace"]
        answer = {"scope": {"matchLabels": {"namespace": place}}, "statement": "It needs 4096 seats."}
        async with endpoint(json.dumps(answer)) as there:
            code, said = await rig.command(
                "draft", "why", "-n", place, "--model", "m", OPENAI_BASE_URL=there.url, OPENAI_API_KEY="k"
            )
    assert code == 0, said
    refused, _, documents = said.partition("\n")
    assert refused == "statement was left out: it speaks of 4096, which nothing shows"
    memory, skill = yaml.safe_load_all(documents)
    for resource, draft in ((MEMORIES, memory), (SKILLS, skill)):
        held, created = await rig.writer.create(resource, draft)
        assert created
        assert (held["spec"]["state"], held["spec"]["origin"]["type"]) == ("Proposed", "Agent")
    assert memory["spec"]["scope"]["matchLabels"] == {"namespace": place}
