"""Judging reports and summing up."""

from casebook.api.enums import Origin, Outcome, Standing, Verdict
from casebook.api.report import Evidence, Hypothesis, Prediction, Report, RootCause
from scenariokit.format import Scenario
from scenariokit.score import Judgement, Places, Scored, judge, summarise

PLACES = Places(
    {"main": "sc-1", "other": "sc-1-other"},
    {"pod/api-1-x": "ReplicaSet/api-1", "replicaset/api-1": "Deployment/api", "pod/db-0": "StatefulSet/db"},
)


def scenario(verdict="RootCause", causes=(), allowed=(), decoys=(), evidence=()) -> Scenario:
    return Scenario.model_validate(
        {
            "id": "x",
            "title": "x",
            "trigger": {"question": "why?"},
            "expect": {
                "verdict": verdict, "causes": list(causes), "allowed": list(allowed), "evidence": list(evidence),
            },
            "decoys": list(decoys),
        }
    )  # fmt: skip


def report(*claims, verdict=Verdict.ROOT_CAUSE, roots=1, excerpt="the log line") -> Report:
    """A report with a hypothesis for each (object, cause) and root causes for the first `roots` of them."""
    hypotheses = [
        Hypothesis(
            id=f"h{n}", object=o, cause=c, statement=f"{o} {c}", origin=Origin.DETECTOR, verdict=Standing.SUPPORTED,
            confidence_percent=90, predictions=[Prediction(statement="p", outcome=Outcome.HELD, evidence=[f"e{n}"])],
        )
        for n, (o, c) in enumerate(claims, 1)
    ]  # fmt: skip
    evidence = [
        Evidence(id=h.id.replace("h", "e"), source="logs", query="q", observed_at="2026-11-22T03:00:00Z",
                 excerpt=excerpt, digest="")
        for h in hypotheses
    ]  # fmt: skip
    causes = [
        RootCause(hypothesis=h.id, object=h.object, cause=h.cause, statement=h.statement, confidence_percent=90)
        for h in hypotheses[:roots]
    ]
    return Report(verdict=verdict, summary="", root_causes=causes, hypotheses=hypotheses, evidence=evidence)


def expected(obj, cause, *facts):
    return {"object": obj, "cause": cause, "fact": list(facts)}


def test_right_with_any_object_and_code_of_the_entry() -> None:
    wanted = scenario(causes=[expected(["Secret/s", "Deployment/api"], ["A", "B"])])
    judged = judge(report(("deployment/API", "B")), wanted, PLACES)
    assert (judged.right, judged.first_right, judged.among_three, judged.false_causes) == (True, True, True, ())


def test_pods_and_replicasets_count_as_their_owners_and_main_needs_no_namespace() -> None:
    wanted = scenario(causes=[expected("Deployment/api", "A")])
    for name in ("Pod/api-1-x", "ReplicaSet/api-1", "Deployment/sc-1/api"):
        assert judge(report((name, "A")), wanted, PLACES).right
    assert not judge(report(("Deployment/sc-1-other/api", "A")), wanted, PLACES).right


def test_other_namespaces_are_compared_and_platform_namespaces_are_not() -> None:
    there = scenario(causes=[expected("Deployment/sc-1-other/api", "A")])
    assert judge(report(("Deployment/sc-1-other/api", "A")), there, PLACES).right
    assert not judge(report(("Deployment/api", "A")), there, PLACES).right
    platform = scenario(causes=[expected("Deployment/coredns", "DNSFailing")])
    assert judge(report(("Deployment/kube-system/coredns", "DNSFailing")), platform, PLACES).right


def test_a_fact_must_be_said_or_shown() -> None:
    found = report(("Deployment/api", "A"), excerpt="KeyError: 'currency'")
    assert judge(found, scenario(causes=[expected("Deployment/api", "A", "other", "KeyError")]), PLACES).right
    judged = judge(found, scenario(causes=[expected("Deployment/api", "A", "DB_PORT")]), PLACES)
    assert not judged.right
    assert judged.missed == ("Deployment/api A with 'DB_PORT'",)
    assert judged.false_causes == ()


def test_evidence_that_another_hypothesis_cites_is_no_fact_of_this_one() -> None:
    found = report(("Deployment/api", "A"), ("Deployment/b", "B"))
    found.evidence[1] = found.evidence[1].model_copy(update={"excerpt": "KeyError"})
    assert not judge(found, scenario(causes=[expected("Deployment/api", "A", "KeyError")]), PLACES).right


def test_all_expected_causes_must_be_reported_and_the_first_must_be_one() -> None:
    both = scenario(causes=[expected("D/a", "A"), expected("D/b", "B")])
    assert judge(report(("D/b", "B"), ("D/a", "A"), roots=2), both, PLACES).right
    half = judge(report(("D/b", "B"), ("D/a", "A"), roots=1), both, PLACES)
    assert (half.right, half.among_three, half.missed) == (False, True, ("D/a A",))
    second = judge(report(("D/x", "X"), ("D/a", "A"), ("D/b", "B"), roots=3), both, PLACES)
    assert (second.right, second.first_right, second.among_three) == (False, False, True)


def test_false_causes_are_neither_expected_nor_allowed() -> None:
    wanted = scenario(
        causes=[expected("D/a", "A")],
        allowed=[expected("D/b", "B")],
        decoys=[{"object": "d/C", "cause": "C"}, {"object": "D/b", "cause": "Z"}],
    )
    assert judge(report(("D/a", "A"), ("D/b", "B"), roots=2), wanted, PLACES).right
    judged = judge(report(("D/a", "A"), ("D/c", "C"), roots=2), wanted, PLACES)
    assert (judged.right, judged.false_causes, judged.decoys_blamed) == (False, ("D/c C",), ("d/C C",))
    assert judged.first_right


def test_no_fault_is_right_only_without_causes() -> None:
    quiet = scenario("NoFault")
    assert judge(report(verdict=Verdict.NO_FAULT, roots=0), quiet, PLACES).right
    assert not judge(report(("D/a", "A"), verdict=Verdict.INCONCLUSIVE, roots=0), quiet, PLACES).right
    blamed = judge(report(("D/a", "A")), quiet, PLACES)
    assert (blamed.right, blamed.false_causes) == (False, ("D/a A",))


def test_the_summary_counts_each_share_over_its_own_scenarios() -> None:
    yes = Judgement(True, True, True, (), (), ())
    no = Judgement(False, False, True, ("m",), ("f", "g"), ())
    summary = summarise(
        [
            Scored(Verdict.ROOT_CAUSE, Verdict.ROOT_CAUSE, yes, 1.0),
            Scored(Verdict.ROOT_CAUSE, Verdict.INCONCLUSIVE, no, 2.0),
            Scored(Verdict.NO_FAULT, Verdict.NO_FAULT, Judgement(True, False, False, (), (), ()), 3.0),
            Scored(Verdict.NO_FAULT, Verdict.ROOT_CAUSE, Judgement(False, False, False, (), ("h",), ()), 10.0),
        ]
    )
    assert (summary.right, summary.ac1, summary.ac3) == ((2, 4), (1, 2), (2, 2))
    assert (summary.no_fault, summary.false_causes, summary.median_seconds) == ((1, 2), (3, 4), 2.5)


def test_nothing_run_counts_nothing() -> None:
    empty = summarise([])
    assert (empty.right, empty.false_causes, empty.median_seconds) == ((0, 0), (0, 0), 0.0)


def test_what_is_to_be_shown_is_among_what_is_cited_first() -> None:
    found = report(("Deployment/api", "A"), roots=0, verdict=Verdict.INCONCLUSIVE, excerpt="licence x-1 ended")
    for text, right in (("licence x-1", True), ("licence x-2", False)):
        wanted = scenario(verdict="Inconclusive", evidence=[text])
        assert judge(found, wanted, PLACES).right is right
