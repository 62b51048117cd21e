"""Which occurrence of a problem a case is, what was said of earlier ones, and which of them are precedents."""

from typing import Any

import pytest

from casebook.api.case import Asked
from casebook.api.enums import Judgement, Verdict
from casebook.api.investigation import Feedback, InvestigationSpec
from casebook.api.report import Report
from casebook.api.run import Telling
from casebook.knowledge.asking import alike, asked, beside, entity_class
from casebook.knowledge.judging import said
from casebook.knowledge.recurrence import MAX_SIMILAR, precedents, recurrence, similar
from support.pastcases import NOW, TOLD, past
from support.reports import observation, report

ALERT = {"trigger": "Alert", "alert": {"labels": {"alertname": "Down", "namespace": "shop"}}}
TARGET = {"target": {"kind": "Deployment", "name": "web"}}
SHORT = {"telling": Telling(is_short=True)}
BESIDE = {"asked": past(0).asked.replace(entity="api")}
FOLLOWS = {"explained_by": "inv-head", **SHORT}


def question(**spec: Any) -> Asked:
    return asked(InvestigationSpec.model_validate(spec), "shop")


class TestAsked:
    """What a question is about."""

    @pytest.mark.parametrize(
        ("kind", "name", "expected"),
        [
            ("Pod", "api-5ffdc75f85-q8dh2", "api-*"),
            ("Pod", "collector-t85v4", "collector-*"),
            ("Pod", "db-0", "db-*"),
            ("Pod", "legacy", "legacy"),
            ("ReplicaSet", "api-5ffdc75f85", "api-*"),
            ("Job", "nightly-29382930", "nightly-*"),
            ("Deployment", "api-v2-12345", "api-v2-12345"),
        ],
    )
    def test_generated_parts_of_a_name_are_left_out(self, kind: str, name: str, expected: str) -> None:
        assert entity_class(kind, name) == expected

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ({**ALERT, **TARGET}, {**ALERT, **TARGET}, True),
            ({**ALERT, **TARGET}, {**ALERT, "target": {"kind": "Deployment", "name": "api"}}, False),
            ({"question": "why?", **TARGET}, {"question": "web is down", **TARGET}, True),
            ({"question": "why?", **TARGET}, {**ALERT, **TARGET}, False),
            ({"question": "checkout fails since noon"}, {"question": "Checkout fails since ten"}, True),
            ({"question": "checkout fails since noon"}, {"question": "is the disk full?"}, False),
            (ALERT, {**ALERT, "question": "anything"}, True),
            ({"question": "why?", "target": {"kind": "Pod", "name": "api-5ffdc75f85-q8dh2"}},
             {"question": "why?", "target": {"kind": "Pod", "name": "api-68dcf9f9bb-zz222"}}, True),
        ],
    )  # fmt: skip
    def test_by_structure_then_by_words(self, one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
        assert alike(question(**one), question(**other)) is same

    @pytest.mark.parametrize(
        ("one", "other", "is_beside"),
        [
            ({**ALERT, **TARGET}, {**ALERT, "target": {"kind": "Deployment", "name": "api"}}, True),
            ({**ALERT, **TARGET}, ALERT, True),
            ({**ALERT, **TARGET}, {**ALERT, **TARGET}, False),
            ({**ALERT, **TARGET}, {**ALERT, "target": {"kind": "Deployment", "name": "api", "namespace": "b"}}, False),
            ({"question": "why?", **TARGET}, {"question": "why?", "target": {"kind": "Service", "name": "api"}}, False),
        ],
    )
    def test_what_the_same_alert_asks_of_another_object_is_beside(
        self, one: dict[str, Any], other: dict[str, Any], is_beside: bool
    ) -> None:
        assert beside(question(**one), question(**other)) is is_beside

    def test_the_place_of_the_target_tells_questions_apart(self) -> None:
        spec = InvestigationSpec.model_validate({"question": "why?", **TARGET})
        assert not alike(asked(spec, "shop"), asked(spec, "pay"))


class TestPrecedents:
    """Causes that are tested first."""

    def test_a_cause_that_was_told_is_one(self) -> None:
        (found,) = precedents([past(1, hours=1)], NOW)
        assert (found.cause, found.object, found.told, found.reads, found.times) == (
            "ImageNotFound",
            "Deployment/web",
            TOLD,
            28,
            1,
        )

    def test_the_latest_full_look_counts_and_every_occurrence(self) -> None:
        short = [past(number, hours=number, reads=7, **SHORT) for number in (1, 2)]
        (found,) = precedents([*short, past(3, hours=3, reads=30), past(4, hours=4)], NOW)
        assert (found.name, found.reads, found.times) == ("inv-3", 30, 4)

    @pytest.mark.parametrize(
        "cases",
        [
            [],
            [past(1, verdict=Verdict.INCONCLUSIVE, cause="", object="")],
            [past(1, telling=Telling())],
            [past(1, hours=31 * 24)],
            [past(1, said="Wrong")],
            [past(1, said="Partial")],
            [past(1, hours=2, said="Correct"), past(2, hours=1, said="Wrong", **SHORT)],
            [past(1, hours=2, said="Wrong"), past(2, hours=1)],
        ],
    )
    def test_what_is_none(self, cases: list[Any]) -> None:
        assert precedents(cases, NOW) == []

    def test_what_an_incident_explains_is_not_counted_and_its_word_is(self) -> None:
        (found,) = precedents([past(1, hours=2), past(2, hours=1, **FOLLOWS)], NOW)
        assert (found.name, found.times) == ("inv-1", 1)
        assert precedents([past(1, hours=2), past(2, hours=1, said="Wrong", **FOLLOWS)], NOW) == []

    def test_one_that_an_incident_explains_is_none_whatever_it_says_told_it(self) -> None:
        assert precedents([past(1, explained_by="inv-head")], NOW) == []

    def test_a_later_word_makes_good_again(self) -> None:
        assert precedents([past(1, hours=2, said="Wrong"), past(2, hours=1, said="Correct")], NOW)

    def test_what_was_said_instead_makes_it_one_that_tells_the_problem(self) -> None:
        wrong = past(1, hours=3, said="Wrong", truth="ProxyExpired on Deployment/web")
        (found,) = precedents([wrong], NOW)
        assert (found.cause, found.truth, found.told, found.times) == (
            "ImageNotFound",
            "ProxyExpired on Deployment/web",
            TOLD,
            1,
        )
        after = [past(number, hours=number, cause="ProxyExpired", **SHORT) for number in (1, 2)]
        assert precedents([wrong, *after], NOW) == [found.replace(times=3)]
        elsewhere = past(4, object="Deployment/api", cause="ProxyExpired", **SHORT)
        assert precedents([wrong, elsewhere], NOW) == [found]

    def test_what_was_said_instead_and_called_wrong_as_well_makes_none(self) -> None:
        wrong = past(1, hours=3, said="Wrong", truth="ProxyExpired")
        assert precedents([wrong, past(2, hours=2, cause="ProxyExpired", said="Wrong", **SHORT)], NOW) == []
        assert precedents([wrong, past(2, hours=2, said="Partial", **SHORT)], NOW) == []

    def test_those_beside_come_last_and_lend_their_words(self) -> None:
        others = [past(number, hours=number, cause="Other", **BESIDE) for number in (2, 3, 4)]
        found = precedents([past(1, hours=1)], NOW, others)
        assert [(one.cause, one.elsewhere, one.times) for one in found] == [
            ("ImageNotFound", False, 1),
            ("Other", True, 3),
        ]
        same = [past(2, hours=2, **BESIDE), past(3, hours=3, **BESIDE)]
        (both,) = precedents([past(9, hours=9)], NOW, same)
        assert (both.name, both.elsewhere, both.times) == ("inv-9", False, 3)
        assert precedents([past(1, hours=1)], NOW, [past(2, said="Wrong", **BESIDE)]) == []

    def test_at_most_two_the_more_frequent_first(self) -> None:
        cases = [past(number, cause=cause) for number, cause in enumerate(["A", "B", "B", "C", "C", "C"])]
        assert [one.cause for one in precedents(cases, NOW)] == ["C", "B"]
        assert precedents(reversed(cases), NOW) == precedents(cases, NOW)


class TestRecurrence:
    """What the status tells."""

    def test_the_first_has_no_previous(self) -> None:
        found = recurrence(past(1), [past(1)])
        assert (found.occurrence, found.previous, found.saved_percent) == (1, [], 0)

    def test_earlier_ones_are_counted_by_their_cause_and_all_are_shown(self) -> None:
        other = past(2, hours=2, cause="EnvMissing", said="Wrong", truth="ImageNotFound on Deployment/web")
        found = recurrence(past(9, reads=7, **SHORT), [past(1, hours=3, said="Correct"), other, past(3, hours=-1)])
        assert found.occurrence == 3, "people say that the other was the same problem"
        assert found.saved_percent == 75
        assert [(one.name, one.cause, one.judgement, one.by) for one in found.previous] == [
            ("inv-2", "EnvMissing", Judgement.WRONG, "alice"),
            ("inv-1", "ImageNotFound", Judgement.CORRECT, "alice"),
        ]
        assert found.previous[0].truth == "ImageNotFound on Deployment/web"
        assert (found.cost.observations, found.previous[1].cost.observations) == (7, 28)

    def test_beside_only_the_same_fault_is_an_occurrence(self) -> None:
        corrected = past(2, hours=2, cause="EnvMissing", said="Wrong", truth="ImageNotFound", **BESIDE)
        other = past(3, hours=3, cause="EnvMissing", **BESIDE)
        found = recurrence(past(9), [past(1, hours=1)], [corrected, other])
        assert (found.occurrence, [one.name for one in found.previous]) == (3, ["inv-1", "inv-2"])
        calm = {"verdict": Verdict.NO_FAULT, "cause": "", "object": ""}
        assert recurrence(past(9, **calm), [], [past(1, hours=1, **calm, **BESIDE)]).occurrence == 1

    def test_where_nothing_was_wrong_what_was_found_before_is_another_problem(self) -> None:
        calm = past(9, verdict=Verdict.NO_FAULT, cause="", object="")
        assert recurrence(calm, [past(1, hours=2), past(2, hours=1, said="Wrong")]).occurrence == 1

    def test_those_that_an_incident_explains_are_no_occurrences(self) -> None:
        found = recurrence(past(9), [past(1, hours=3), past(2, hours=2, **FOLLOWS), past(3, hours=1)])
        assert (found.occurrence, [one.name for one in found.previous]) == (3, ["inv-3", "inv-1"])

    def test_the_signature_tells_alert_object_cause_and_evidence(self) -> None:
        expected = "Down; Deployment/web; ImageNotFound on Deployment/web; told by pods, Deployment/web"
        assert recurrence(past(1), []).signature == expected
        assert recurrence(past(2, **SHORT), [past(1, hours=1)]).signature == expected

    def test_the_newest_ten_are_shown(self) -> None:
        found = recurrence(past(0), [past(number, hours=number) for number in range(1, 15)])
        assert found.occurrence == 15
        assert [one.name for one in found.previous] == [f"inv-{number}" for number in range(1, 11)]


class TestSaid:
    """What feedback says of a report."""

    @pytest.mark.parametrize(
        ("entry", "expected"),
        [
            ({"rating": "Up"}, Judgement.CORRECT),
            ({"rating": "Down"}, Judgement.WRONG),
            ({"verdict": "Partial", "rating": "Up"}, Judgement.PARTIAL),
            ({"rootCause": {"cause": "OomKilled"}}, Judgement.CORRECT),
            ({"rootCause": {"cause": "OomKilled", "object": "Deployment/checkout"}}, Judgement.CORRECT),
            ({"rootCause": {"cause": "OomKilled", "object": "Deployment/web"}, "rating": "Up"}, Judgement.WRONG),
            ({"rootCause": {"cause": "DnsFailing"}}, Judgement.WRONG),
            ({"note": "hm"}, None),
        ],
    )
    def test_word_then_cause_then_thumb(self, entry: dict[str, Any], expected: Judgement | None) -> None:
        told = said(feedback(**entry), report(observation(1)))
        assert (told.judgement if told else None) is expected

    def test_it_keeps_who_said_it_and_what_it_was(self) -> None:
        told = said(feedback(rootCause={"cause": "DnsFailing", "object": "Service/db"}), report(observation(1)))
        assert told is not None
        assert (told.author, told.truth) == ("alice", "DnsFailing on Service/db")

    def test_without_a_report_a_cause_alone_judges_nothing(self) -> None:
        no_report: Report | None = None
        assert said(feedback(rootCause={"cause": "DnsFailing"}), no_report) is None


def feedback(**entry: Any) -> Feedback:
    return Feedback.model_validate({"id": "f1", "author": "alice", **entry})


class TestSimilar:
    """Cases of other questions whose text is like this one's."""

    OTHER = Asked(alertname="Slow", place="pay", kind="Deployment", entity="db")

    def test_the_most_alike_first_with_what_was_said_of_them(self) -> None:
        cases = [past(1, asked=self.OTHER, said="Wrong", truth="DnsFailing"), past(2, asked=self.OTHER)]
        found = similar("uid-9", past(9).asked, {"uid-9": 2.0, "uid-1": 0.9, "uid-2": 1.4}, cases)
        assert [(one.name, one.percent) for one in found] == [("inv-2", 70), ("inv-1", 45)]
        assert (found[1].judgement, found[1].by, found[1].truth) == (Judgement.WRONG, "alice", "DnsFailing")

    def test_no_occurrence_of_the_same_question_nor_what_an_incident_explains(self) -> None:
        cases = [past(9, asked=self.OTHER), past(1), past(2, asked=self.OTHER, explained_by="inv-head")]
        assert similar("uid-9", past(9).asked, dict.fromkeys(["uid-9", "uid-1", "uid-2"], 1.0), cases) == []

    @pytest.mark.parametrize(("score", "shown"), [(0.4, 1), (0.39, 0), (0.0, 0)])
    def test_only_what_has_enough_in_common(self, score: float, shown: int) -> None:
        found = similar("uid-9", past(9).asked, {"uid-9": 1.0, "uid-1": score}, [past(1, asked=self.OTHER)])
        assert len(found) == shown

    def test_a_few_and_nothing_where_the_text_tells_nothing(self) -> None:
        cases = [past(number, asked=self.OTHER) for number in range(8)]
        scores = {one.uid: 1.0 for one in cases}
        assert len(similar("uid-9", past(9).asked, {**scores, "uid-9": 1.0}, cases)) == MAX_SIMILAR
        assert similar("uid-9", past(9).asked, scores, cases) == []
