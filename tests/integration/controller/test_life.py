"""The life of an Investigation, from asked to deleted, on a real API server."""

from support.rig import Rig, conditions


async def test_a_question_becomes_a_job_and_a_report_ends_it(rig: Rig) -> None:
    team = await rig.namespace()
    async with rig.controller():
        asked = await rig.ask(team)
        job = await rig.job(asked)
        assert job["metadata"]["labels"]["casebook.dev/investigation-uid"] == asked["metadata"]["uid"]
        await rig.claims(asked, 1)
        await rig.job_runs(job)
        running = conditions(await rig.get(asked))
        assert (running["Running"]["status"], running["Queued"]["status"]) == ("True", "False")
        await rig.reports(asked)
        assert (await rig.condition(asked, "Succeeded"))["reason"] == "ReportStored"
        ended = await rig.get(asked)
    assert conditions(ended)["Finished"]["status"] == "True"
    assert (ended["status"]["phase"], ended["status"]["attempt"]) == ("Succeeded", 1)
    assert ended["status"]["report"]["verdict"] == "NoFault"
    assert ended["status"]["observedGeneration"] == ended["metadata"]["generation"]
