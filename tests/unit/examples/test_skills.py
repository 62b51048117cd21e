"""The skills that ship as examples: they load, can be used, and say on recorded and built runs what they are for."""

from typing import Any

import pytest
import yaml

from casebook.api.enums import Role, Standing
from casebook.api.observation import getting
from casebook.api.report import Report
from casebook.api.run import RecalledSkill, Run, Trace
from casebook.api.skill import SkillSpec
from casebook.knowledge.skills import problem
from casebook.reasoning.registry import REGISTRY
from casebook.reasoning.replay import replay
from support.builders import ago, container, log, observe, pod, replicaset, run, snapshot, template, workload
from support.reason import hypothesis, report
from support.recorded import trace
from support.skills import EXAMPLES, example

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))


def recalling(found: Trace, skill: RecalledSkill) -> Report:
    return replay(found.replace(run=found.run.replace(skills=[skill])))


def effect(found: Report, name: str) -> str:
    return next(one.effect for one in found.knowledge if one.name == name)


def test_there_are_three() -> None:
    assert NAMES == ["no-recent-rollout", "payment-provider-codes", "quota-blocks-rollout"]


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_with_nothing_left_over_and_can_be_used(name: str) -> None:
    raw = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())
    assert (raw["apiVersion"], raw["kind"], raw["metadata"]["name"]) == ("casebook.dev/v1alpha1", "Skill", name)
    assert set(raw["spec"]) <= set(SkillSpec.model_json_schema(by_alias=True)["properties"])
    skill = example(name)
    assert problem(skill.spec) == ""
    assert skill.spec.when != SkillSpec(description="x").when, (
        "an example that applies everywhere asks for confirmbroad"
    )
    effects = [effect for one in skill.spec.steps for effect in (one.on_true, one.on_false) if effect]
    named = {one.cause for effect in effects for one in (effect.supports, effect.rules_out) if one}
    assert named <= REGISTRY.keys()


def test_a_quota_that_is_used_up_is_evidence() -> None:
    recorded = trace("quota-exceeded")
    found = recalling(recorded, example("quota-blocks-rollout", recorded.run.namespace))
    assert effect(found, "quota-blocks-rollout").endswith("; pods-were-refused: true; a-quota-is-used-up: true")
    cause = hypothesis(found, "QuotaExceeded")
    assert cause is not None
    assert cause.verdict is Standing.SUPPORTED
    assert sum(one.statement.startswith("skill quota-blocks-rollout") for one in cause.predictions) == 2
    other = trace("liveness-port")
    elsewhere = recalling(other, example("quota-blocks-rollout", other.run.namespace))
    assert effect(elsewhere, "quota-blocks-rollout").startswith("changed nothing; pods-were-refused: false")


def progressed(seconds: float) -> list[dict[str, Any]]:
    body = template("api")
    top = workload("api", body)
    top["status"] = {"conditions": [{"type": "Progressing", "status": "True", "lastUpdateTime": ago(seconds)}]}
    owner = replicaset(top, 1, body, age=90_000)
    return [top, owner, pod(owner, body)]


@pytest.mark.parametrize(("seconds", "said"), [(600, "true"), (4 * 3600, "false")])
def test_a_rollout_of_long_ago_is_told_from_one_of_late(seconds: float, said: str) -> None:
    asked: Run = run("why?", "Deployment/api").replace(skills=[example("no-recent-rollout")])
    objects = progressed(seconds)
    read = observe(getting("deployments.apps", "api", "shop"), objects[0], 1)
    found = report(snapshot(asked, objects, read))
    assert effect(found, "no-recent-rollout") == f"changed nothing; rolled-out-lately: {said}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("charge failed: PSP-503 trace=1", "provider-refuses: true; our-key-is-refused: false"),
        ("charge failed: PSP-4029", "provider-refuses: true; our-key-is-refused: false"),
        ("charge failed: PSP-4010", "provider-refuses: false; our-key-is-refused: true"),
        ("charged PSP-50312", "provider-refuses: false; our-key-is-refused: false"),
    ],
)
def test_the_codes_of_a_provider_are_understood(line: str, said: str) -> None:
    body = template("payments", container())
    top = workload("payments", body)
    owner = replicaset(top, 1, body, age=90_000)
    asked = run("why?", "Deployment/payments").replace(skills=[example("payment-provider-codes")])
    found = report(snapshot(asked, [top, owner, pod(owner, body, name="payments-0")], log("payments-0", [line])))
    (use,) = found.knowledge
    assert use.effect.endswith(said)
    suspected = hypothesis(found, "ExternalDependencyFailing", "External/api.psp.example")
    assert (suspected is not None) == ("provider-refuses: true" in said)
    assert (use.role is Role.ACTED) == (": true" in said)
    assert found.root_causes == []
