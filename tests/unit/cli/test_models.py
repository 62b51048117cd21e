"""How the commands reach a model: a person's by the usual variables, a Job's by its gateway; and nobody without one."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from casebook.api.consultation import INSTALLED
from casebook.api.enums import Reasoning
from casebook.api.run import Trace
from casebook.cli import agent, investigate, tracefile
from casebook.cli.main import casebook
from casebook.cli.render import Heading, render_report
from casebook.model.adviser import ANSWER_TOKENS
from casebook.reasoning.engine import ENGINE, weigh
from support.freetext import CONFIG, freetext, hypothesis
from support.openaiserver import endpoint, hypotheses
from support.reason import STOP, report, roots

ANSWER = hypotheses(hypothesis())


async def proposed(adviser) -> list[str]:
    given = freetext()
    answer = await adviser.advise(given.run, weigh(given), report(given), 20)
    return [one.object for one in answer.proposals]


@pytest.mark.parametrize(("key", "sent"), [("k-1", "Bearer k-1"), ("", "Bearer none")])
async def test_a_person_asks_where_the_usual_variables_say(key: str, sent: str) -> None:
    async with endpoint(ANSWER) as there:
        environment = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": there.url}
        async with investigate.adviser("small-1", environment) as found:
            assert await proposed(found) == [CONFIG]
    assert there.keys == [sent]
    assert there.asked[0]["model"] == "small-1"
    assert there.asked[0]["max_tokens"] == ANSWER_TOKENS
    assert "max_completion_tokens" not in there.asked[0]


async def test_a_job_asks_its_gateway_with_its_token_as_it_is_then(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")
    async with endpoint(ANSWER) as there:
        settings = agent.Settings(there.url.removesuffix("/v1"), token)
        async with agent.adviser(freetext().run.replace(model=True), settings) as found:
            token.write_text("renewed\n")
            assert await proposed(found) == [CONFIG]
    assert there.keys == ["Bearer renewed"]
    assert there.asked[0]["model"] == INSTALLED
    assert there.asked[0]["max_completion_tokens"] == ANSWER_TOKENS


async def test_a_run_with_a_model_is_replayed_to_the_same_report_where_the_model_is_gone(tmp_path: Path) -> None:
    given = freetext()
    async with endpoint("not JSON", ANSWER) as there:
        environment = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": there.url}
        async with investigate.adviser("small-1", environment) as found:
            heard = await found.advise(given.run, weigh(given), report(given), 20)
    assert [one.answered for one in heard.transcript] == ["not JSON", ANSWER]
    path, seen = tmp_path / "x.json.gz", list(given.observations)
    tracefile.save(path, Trace(engine=ENGINE, run=given.run, stop=STOP, observations=seen, consultation=heard))
    again = CliRunner().invoke(casebook, ["replay", str(path), "-o", "json"])
    assert again.exit_code == 0, again.output
    assert tracefile.load(path).consultation == heard
    expected = report(given.advised(heard))
    assert roots(expected) == [(CONFIG, "Other")]
    assert again.output == render_report(expected, Heading.of(given.run), "json", colour=False)


@pytest.mark.parametrize(("reasoning", "model"), [(Reasoning.BUILT_IN, True), (Reasoning.ASSISTED, False)])
async def test_nobody_is_asked_where_there_is_none_or_none_is_wanted(reasoning, model, tmp_path: Path) -> None:
    run = freetext(reasoning).run.replace(model=model)
    async with agent.adviser(run, agent.Settings("http://nowhere", tmp_path / "none")) as found:
        assert found is None
    async with investigate.adviser("", {}) as found:
        assert found is None
