"""The ways to ask."""

import json
import stat
from datetime import UTC, datetime

import pytest

from casebook.api.enums import Reasoning, Verdict
from scenariokit.format import Ask
from scenariokit.kubectl import CommandError
from scenariokit.ways import CommandLine, Question, Resource, alert_payload, asked_in_words, parsed, prometheus_url
from unit.hack.scenarios.fakes import FakeKube, failed

REPORT = {"verdict": "NoFault", "summary": "all is well"}
ASK = Ask.model_validate({"question": "why?", "target": "Deployment/web", "alert": {"labels": {"alertname": "Down"}}})


def question(ask=ASK, **parts) -> Question:
    return Question(ask, "sc-1", "1", **parts)


def program(tmp_path, script: str):
    path = tmp_path / "casebook"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


async def test_the_command_line_gets_target_namespace_question_and_trace(tmp_path) -> None:
    said = tmp_path / "said"
    fake = program(tmp_path, f"printf '%s\\n' \"$@\" > {said}; echo '{json.dumps(REPORT)}'")
    report = await CommandLine(fake).ask(FakeKube(), question(trace=tmp_path / "t.json"))
    assert report.verdict is Verdict.NO_FAULT
    assert said.read_text().split("\n")[:-1] == [
        *("investigate", "Deployment/web", "-n", "sc-1", "-o", "json", "--timeout", "300s"),
        *("--question", "why?", "--save", str(tmp_path / "t.json")),
    ]


async def test_the_command_line_is_told_of_a_prometheus(tmp_path) -> None:
    fake = program(tmp_path, f"printf '%s ' \"$@\" > {tmp_path}/said; echo '{json.dumps(REPORT)}'")
    await CommandLine(fake, "http://127.0.0.1:9").ask(FakeKube(), question())
    assert "--prometheus http://127.0.0.1:9" in (tmp_path / "said").read_text()


async def test_the_command_line_is_told_of_a_model(tmp_path) -> None:
    fake = program(tmp_path, f"printf '%s ' \"$@\" > {tmp_path}/said; echo '{json.dumps(REPORT)}'")
    await CommandLine(fake, model="small-1", seconds=900).ask(FakeKube(), question())
    assert "--timeout 900s" in (tmp_path / "said").read_text()
    assert "--model small-1" in (tmp_path / "said").read_text()


async def test_a_resource_says_whether_a_model_takes_part() -> None:
    kube = FakeKube({"get investigations": json.dumps({"status": {"report": REPORT}})})
    await Resource(Reasoning.ASSISTED).ask(kube, question())
    assert json.loads(kube.inputs[0])["spec"]["reasoning"] == "Assisted"


async def test_no_prometheus_is_forwarded_where_the_cluster_has_none(monkeypatch) -> None:
    monkeypatch.delenv("PROMETHEUS_URL", raising=False)
    kube = FakeKube()
    async with prometheus_url(kube) as url:
        assert url == ""
    assert kube.calls == ["get services -A -l casebook.dev/fixture=prometheus -o json"]


async def test_the_prometheus_that_a_person_names_is_left_to_the_command(monkeypatch) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", "http://mine:9090")
    kube = FakeKube()
    async with prometheus_url(kube) as url:
        assert (url, kube.calls) == ("", [])


async def test_a_command_line_that_fails_is_told(tmp_path) -> None:
    with pytest.raises(CommandError, match="ended with 1: Error: no cluster"):
        await CommandLine(program(tmp_path, "echo 'Error: no cluster' >&2; exit 1")).ask(FakeKube(), question())


async def test_a_program_that_is_not_there_is_told(tmp_path) -> None:
    with pytest.raises(CommandError, match=r"cannot run .*gone: No such file"):
        await CommandLine(tmp_path / "gone").ask(FakeKube(), question())


async def test_the_resource_is_made_waited_for_and_read() -> None:
    kube = FakeKube({"get investigations": json.dumps({"status": {"report": REPORT}})})
    assert (await Resource().ask(kube, question())).summary == "all is well"
    made = json.loads(kube.inputs[0])
    assert made["spec"] == {"trigger": "Question", "question": "why?", "target": {"kind": "Deployment", "name": "web"}}
    assert made["metadata"] == {"name": "sc-1", "namespace": "sc-1"}
    assert kube.calls[1].startswith("wait --for=condition=Finished --timeout=600s investigations.casebook.dev/sc-1")


async def test_a_resource_without_a_report_is_told_with_its_conditions() -> None:
    conditions = [{"type": "Succeeded", "status": "False", "reason": "DeadlineExceeded"}]
    kube = FakeKube({"get investigations": json.dumps({"status": {"conditions": conditions}})})
    with pytest.raises(CommandError, match="no report: Succeeded=False DeadlineExceeded"):
        await Resource().ask(kube, question())


async def test_a_resource_that_is_refused_is_told() -> None:
    with pytest.raises(CommandError, match="denied"):
        await Resource().ask(FakeKube({"create": failed("denied by policy")}), question())


def test_the_alert_is_a_webhook_body_of_version_4() -> None:
    body = alert_payload(question(), datetime(2026, 11, 22, tzinfo=UTC))
    assert (body["version"], body["status"], body["truncatedAlerts"]) == ("4", "firing", 0)
    (alert,) = body["alerts"]
    assert alert["labels"] == {"alertname": "Down", "namespace": "sc-1"}
    assert alert["annotations"] == {"summary": "why?"}
    assert alert["startsAt"] == "2026-11-22T00:00:00+00:00"
    assert '"1"' in body["groupKey"]


def test_an_alert_without_a_question_asks_in_its_own_words() -> None:
    assert asked_in_words(ASK) == "why?"
    labels = {"alertname": "Down"}
    assert asked_in_words(Ask.model_validate({"alert": {"labels": labels}})) == "Down"
    annotated = {"labels": labels, "annotations": {"summary": "web is down"}}
    assert asked_in_words(Ask.model_validate({"alert": annotated})) == "web is down"


def test_what_is_no_report_is_told() -> None:
    assert parsed(json.dumps({"report": REPORT})).verdict is Verdict.NO_FAULT
    for text in ("", "Error", '{"verdict": "Perhaps"}'):
        with pytest.raises(CommandError, match="not a report"):
            parsed(text)
