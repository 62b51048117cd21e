"""Doing the steps of a scenario."""

import pytest

from scenariokit import steps as steps_module
from scenariokit.format import Scenario
from scenariokit.kubectl import CommandError
from scenariokit.steps import Steps, SymptomError
from unit.hack.scenarios.fakes import FakeKube, failed


@pytest.fixture(autouse=True)
def _quick(monkeypatch) -> None:
    monkeypatch.setattr(steps_module, "POLL_SECONDS", 0.001)


def made(kube, **parts):
    content = {"id": "x", "title": "x", "trigger": {"question": "?"}, "expect": {"verdict": "NoFault"}} | parts
    scenario = Scenario.model_validate(content)
    return scenario, Steps(scenario, {"main": "sc-1", "other": "sc-1-other"}, kube)


async def test_manifests_in_a_row_are_applied_at_once_with_namespaces_filled_in() -> None:
    manifests = {"a.yaml": 'namespace: "{ns:other}"', "b.yaml": "b: {ns}"}
    kube = FakeKube()
    setup = [{"apply": "a.yaml"}, {"apply": "b.yaml"}, {"kubectl": "scale deploy/x -n {ns}"}, {"apply": "a.yaml"}]
    scenario, steps = made(kube, setup=setup, manifests=manifests)
    await steps.do(scenario.setup)
    assert kube.calls == ["apply -f -", "scale deploy/x -n sc-1", "apply -f -"]
    assert kube.inputs[0] == 'namespace: "sc-1-other"\n---\nb: sc-1'


async def test_kubectl_is_split_as_a_shell_would() -> None:
    kube = FakeKube()
    scenario, steps = made(kube, inject=[{"kubectl": """patch x -p '{"a": {"b": 1}}'"""}])
    await steps.do(scenario.inject)
    assert kube.calls == ['patch x -p {"a": {"b": 1}}']


async def test_a_command_that_fails_ends_the_steps() -> None:
    kube = FakeKube({"scale": failed("no such thing")})
    scenario, steps = made(kube, inject=[{"kubectl": "scale x"}, {"kubectl": "get y"}])
    with pytest.raises(CommandError, match="no such thing"):
        await steps.do(scenario.inject)
    assert kube.calls == ["scale x"]


async def test_waiting_goes_on_while_the_object_is_not_there_yet() -> None:
    kube = FakeKube({"wait": [failed('deployments "web" not found'), failed("no matching resources found"), "met"]})
    scenario, steps = made(kube, setup=[{"wait": {"for": "deployment/web", "condition": "Available"}}])
    await steps.do(scenario.setup)
    assert len(kube.calls) == 3
    assert kube.calls[0].startswith("wait --for=condition=Available --timeout=60s deployment/web")


async def test_waiting_ends_at_once_when_the_condition_cannot_come() -> None:
    kube = FakeKube({"wait": failed("timed out waiting for the condition")})
    scenario, steps = made(kube, setup=[{"wait": {"for": "pod/a", "condition": "Ready"}}])
    with pytest.raises(CommandError, match="waiting for pod/a to be Ready: timed out"):
        await steps.do(scenario.setup)
    assert len(kube.calls) == 1


async def test_a_symptom_is_polled_until_it_matches() -> None:
    kube = FakeKube({"get pods": ["Running\n", failed("connection refused"), "CrashLoopBackOff\n"]})
    scenario, steps = made(kube, until=[{"kubectl": "get pods", "matches": "^CrashLoop"}])
    await steps.await_signs(scenario.until)
    assert len(kube.calls) == 3


async def test_an_empty_output_can_be_the_symptom() -> None:
    kube = FakeKube({"get endpoints": ["[10.0.0.1]\n", "\n"]})
    scenario, steps = made(kube, until=[{"kubectl": "get endpoints", "matches": "^$"}])
    await steps.await_signs(scenario.until)
    assert len(kube.calls) == 2


async def test_a_symptom_that_never_shows_is_told_with_what_was_seen() -> None:
    kube = FakeKube({"get": "Running"})
    sign = {"kubectl": "get pods", "matches": "Crash", "seconds": 0.01}
    scenario, steps = made(kube, until=[sign])
    with pytest.raises(SymptomError, match=r"'Crash' not seen, last: 'Running'"):
        await steps.await_signs(scenario.until)


async def test_a_step_can_wait_for_what_no_condition_tells() -> None:
    kube = FakeKube({"exec": [failed("HTTP Error 502: Bad Gateway"), "200\n"]})
    scenario, steps = made(
        kube, setup=[{"kubectl": "exec deploy/web -- ask", "matches": "^200$"}, {"kubectl": "get x"}]
    )
    await steps.do(scenario.setup)
    assert kube.calls == ["exec deploy/web -- ask", "exec deploy/web -- ask", "get x"]


async def test_a_step_that_waits_in_vain_ends_the_steps() -> None:
    kube = FakeKube({"exec": failed("HTTP Error 502: Bad Gateway")})
    waiting = {"kubectl": "exec deploy/web -- ask", "matches": "^200$", "seconds": 0.01}
    scenario, steps = made(kube, setup=[waiting, {"kubectl": "get x"}])
    with pytest.raises(CommandError, match="'\\^200\\$' not seen, last: 'HTTP Error 502: Bad Gateway'"):
        await steps.do(scenario.setup)
    assert "get x" not in kube.calls
