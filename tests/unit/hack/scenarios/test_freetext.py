"""The scenarios in free text, before a cluster shows them: open by the rules, found with a model that can read."""

import asyncio
import json
import re
import shlex
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from click.testing import CliRunner

from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import Consultation
from casebook.api.enums import Reasoning, Verdict
from casebook.model.answer import take
from casebook.model.prompt import build
from casebook.reasoning.engine import weigh
from scenariokit.cli import main
from scenariokit.format import Kubectl, Scenario, load_all
from scenariokit.score import Places, judge
from scenariokit.scripted import answer, scripted
from support import builders
from support.reason import report

FOLDER = Path(__file__).parents[4] / "tests" / "cluster" / "freetext"
SCENARIOS = {one.id: one for one in load_all(FOLDER)}
PLACES = Places({"main": builders.NS})
every = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))


def rule(scenario: Scenario) -> dict[str, str]:
    """What others decide: the value that counts no more, and what is said of it."""
    (step,) = scenario.inject
    assert isinstance(step, Kubectl)
    found: dict[str, str] = json.loads(shlex.split(step.kubectl)[-1])
    return found


def board(scenario: Scenario) -> Snapshot:
    """What a run sees of it: the manifests, pods that are ready, orders that were booked and then refused."""
    made = {one["kind"]: one for one in yaml.safe_load_all(scenario.manifests["desk.yaml"])}
    objects = [
        *builders.healthy("desk", made["Deployment"]["spec"]["template"]),
        builders.configmap("desk-config", made["ConfigMap"]["data"]),
        *builders.healthy("web"),
    ]
    lines = [json.dumps({"level": "INFO", "msg": "order booked"})] * 40
    lines += [json.dumps({"level": "ERROR", "msg": rule(scenario)["says"]}, ensure_ascii=False)] * 50
    asked = builders.run(scenario.trigger.question, scenario.trigger.target or "", reasoning=Reasoning.ASSISTED)
    return builders.snapshot(asked, objects, builders.log("desk-p0", lines, container="desk", step=0.5))


@every
def test_the_rules_leave_it_open_with_what_was_said_on_top(scenario: Scenario) -> None:
    found = report(board(scenario))
    assert judge(found, scenario, PLACES).right, (found.summary, [one.excerpt for one in found.evidence])


@every
def test_a_capable_model_finds_it_and_the_engine_proves_it(scenario: Scenario) -> None:
    seen = board(scenario)
    prompt = build(seen.run, weigh(seen), report(seen), 6000)
    said = answer(list(SCENARIOS.values()), {"messages": [{"role": "user", "content": prompt.user}]})
    taken = take(json.dumps(said), prompt)
    assert taken.refused == []
    found = report(seen.advised(Consultation(model="scripted", proposals=taken.proposals)))
    assert judge(found, scenario.with_model(), PLACES).right, found.summary
    assert found.citations() <= {one.id for one in found.evidence}


@every
def test_what_is_said_stands_in_a_setting_and_the_question_does_not_tell(scenario: Scenario) -> None:
    assert scenario.folder.name == scenario.id
    assert scenario.decoys
    said = rule(scenario)
    assert said["value"] in scenario.manifests["desk.yaml"]
    assert said["value"] not in scenario.trigger.question
    assert any(re.search(sign.matches, said["says"]) for sign in scenario.until if hasattr(sign, "matches"))
    assert scenario.expect.verdict is Verdict.INCONCLUSIVE


def test_there_are_enough_of_them() -> None:
    assert len(SCENARIOS) >= 8


async def asked_at(url: str, content: str) -> Any:
    body = {"model": "scripted", "messages": [{"role": "user", "content": content}]}
    async with aiohttp.ClientSession() as http, http.post(f"{url}/chat/completions", json=body) as response:
        completed = await response.json()
    return json.loads(completed["choices"][0]["message"]["content"])


async def test_the_scripted_model_answers_what_the_prompt_shows_and_nothing_else() -> None:
    scenario = SCENARIOS["licence-ended"]
    assert scenario.advised is not None
    async with scripted(list(SCENARIOS.values())) as env:
        url = env["OPENAI_BASE_URL"]
        told, other = await asyncio.gather(asked_at(url, rule(scenario)["says"]), asked_at(url, "all is well"))
    assert told == scenario.advised.answer
    assert other == {"hypotheses": []}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scripted", "--via", "crd"], "--scripted go with --via cli"),
        (["--scripted", "--model", "m"], "give one"),
    ],
)
def test_a_scripted_model_where_none_can_be_asked_is_refused(options: list[str], said: str) -> None:
    done = CliRunner().invoke(main, ["run", "--dir", str(FOLDER), *options])
    assert done.exit_code == 2
    assert said in done.output
