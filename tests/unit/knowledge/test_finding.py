"""What cases, questions and memories are found by, and how two scores become one."""

import pytest

from casebook.api.investigation import InvestigationSpec
from casebook.api.texts import MAX_TEXT, Text
from casebook.knowledge.finding import case_text, fused, memory_text, question_text
from support.memories import cause, memory
from support.reports import report

SPEC = InvestigationSpec.model_validate(
    {
        "trigger": "Alert",
        "alert": {
            "labels": {"alertname": "KubePodCrashLooping", "namespace": "shop"},
            "annotations": {"summary": "pods restart", "runbook_url": "https://example.com/secret"},
        },
        "target": {"kind": "Pod", "name": "web-5ffdc75f85-q8dh2"},
    }
)


def test_a_question_is_found_by_its_alert_in_words_its_target_and_what_is_told() -> None:
    text = question_text(SPEC, "shop")
    for said in ("KubePodCrashLooping", "Kube Pod Crash Looping", "Pod web-*", "pods restart", "shop"):
        assert said in text
    assert "q8dh2" not in text
    assert "runbook" not in text


def test_a_case_is_found_by_the_question_and_by_what_was_found() -> None:
    text = case_text(SPEC, "shop", report(summary="checkout runs out of memory"))
    assert text.startswith("KubePodCrashLooping Pod web-* pods restart shop ")
    assert "checkout runs out of memory" in text


def test_a_memory_is_found_by_its_words_its_claim_and_its_scope() -> None:
    made = memory(claim=cause("DnsFailing", "Service/api"), scope={"matchLabels": {"workload.name": "api"}})
    text = memory_text(made)
    for said in ("m says so", "DnsFailing", "Dns Failing", "Service/api", "Confirms", "workload.name is api", "shop"):
        assert said in text


def test_a_text_is_bounded_and_can_be_stored() -> None:
    spec = InvestigationSpec.model_validate({"question": "a\0b " + "long " * 400})
    text = question_text(spec, "shop")
    assert "\0" not in text
    assert Text("x", text).digest
    assert len(memory_text(memory(statement="word " * 800))) <= MAX_TEXT


def test_words_count_for_seven_parts_and_meaning_for_three() -> None:
    found = fused({"a": 8.0, "b": 4.0}, {"b": 0.5, "c": 0.25, "d": -0.3})
    assert found == pytest.approx({"a": 0.7, "b": 0.35 + 0.3, "c": 0.15, "d": 0.0})


def test_one_channel_alone_counts_whole() -> None:
    assert fused({"a": 8.0, "b": 4.0}, {}) == {"a": 1.0, "b": 0.5}
    assert fused({}, {"a": 0.5}) == pytest.approx({"a": 0.3})
    assert fused({}, {}) == {}
