"""A report as a person sees it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from casebook.api.enums import Novelty, Origin, Outcome, Standing, Verdict
from casebook.api.report import (
    Change,
    Cost,
    Evidence,
    Finding,
    Hypothesis,
    LogNews,
    Prediction,
    Report,
    RootCause,
    Statement,
)
from casebook.api.run import Scene
from casebook.api.spending import Spent
from casebook.cli.render import Heading, colourful, render_report
from support import builders

NOW = datetime(2026, 11, 22, 3, 20, tzinfo=UTC)
HEADING = Heading(subject="Deployment/web", namespace="shop", question="why is it down?", now=NOW)


def hypothesis(number: int, cause: str, standing: Standing, **more) -> Hypothesis:
    return Hypothesis(
        id=f"h{number}", object="Deployment/api", cause=cause, statement=f"statement {number}", origin=Origin.DETECTOR,
        verdict=standing, confidence_percent=90 if number == 1 else 4, **more,
    )  # fmt: skip


EVIDENCE = Evidence(
    id="e1", source="kubernetes", query="kubectl get pods -n shop", observed_at=NOW, digest="0" * 64,
    excerpt="first\nsecond \x1b[31mred\nthird\nfourth\nfifth",
)  # fmt: skip
REPORT = Report(
    verdict=Verdict.ROOT_CAUSE,
    summary="The container is killed at its limit.",
    stopped="Clear",
    root_causes=[
        RootCause(
            hypothesis="h1", object="Deployment/api", cause="MemoryLimitTooLow", statement="statement 1",
            confidence_percent=90, since=NOW - timedelta(minutes=8), chain=["statement 1", "api fails", "web fails"],
        )
    ],
    hypotheses=[
        hypothesis(
            1, "MemoryLimitTooLow", Standing.SUPPORTED, evidence_for=["e1"],
            predictions=[
                Prediction(statement="it was killed", outcome=Outcome.HELD, evidence=["e1"]),
                Prediction(statement="memory grows", outcome=Outcome.UNTESTED),
            ],
        ),
        hypothesis(
            2, "ReleaseRegression", Standing.REFUTED,
            predictions=[Prediction(statement="it began with a release", outcome=Outcome.FAILED)],
        ),
        *[hypothesis(number, "ImageNotFound", Standing.OPEN) for number in range(3, 11)],
    ],
    evidence=[EVIDENCE],
    affected=[Finding(object="Deployment/api", note="killed"), Finding(object="Deployment/web", note="answers 500")],
    not_checked=[Finding(object="Secret/*", note="never read")],
    limitations=["events are older than an hour"],
    next_steps=["Raise the limit.", "kubectl set resources -n shop deployment/api " + "--limits=memory=256Mi " * 6],
    cost=Cost(observations=26, bytes=51_200, milliseconds=240),
)  # fmt: skip


def test_the_verdict_and_the_cause_come_first_and_the_rest_in_order() -> None:
    text = render_report(REPORT, HEADING)
    assert text.startswith(
        "ROOT CAUSE · Deployment/api · MemoryLimitTooLow · 90 % · since 2026-11-22 03:12:00Z, 8 min ago"
    )
    titles = ["Why", "What follows from it", "Also affected", "Also considered", "Not seen", "Next steps"]
    places = [text.index(f"\n{title}\n") for title in titles]
    assert places == sorted(places)
    assert text.endswith("26 reads · 50 KiB · 0.2 s · stopped: Clear\n")


def test_why_shows_tests_with_their_evidence() -> None:
    text = render_report(REPORT, HEADING)
    assert "  ✓ it was killed [e1]\n  ? not tested: memory grows\n" in text
    assert "    e1 kubectl get pods -n shop\n      first\n" in text
    assert "… 1 more lines" in text
    assert "\x1b" not in text


def test_what_else_was_considered_says_why_not() -> None:
    text = render_report(REPORT, HEADING)
    assert "Deployment/api · ReleaseRegression · 4 % · refuted: ✗ it began with a release" in text
    assert "Deployment/api · ImageNotFound · 4 % · open: others explain more" in text
    assert "and 4 more, in -o json" in text


def section(text: str, title: str) -> list[str]:
    return text.partition(f"\n{title}\n")[2].partition("\n\n")[0].splitlines()


def change(minutes: int, name: str, what: str, **more) -> Change:
    return Change(at=NOW - timedelta(minutes=minutes), object=name, what=what, evidence=["e1"], **more)


def test_what_a_model_proposed_is_marked_and_its_tokens_are_told() -> None:
    proposed = hypothesis(2, "Other", Standing.OPEN).replace(origin=Origin.MODEL)
    found = REPORT.replace(
        hypotheses=[REPORT.hypotheses[0], proposed], cost=Cost().charging(Spent(calls=3, tokens=4310))
    )
    said = render_report(found, HEADING, "text", colour=False)
    assert "Deployment/api · Other · 4 % · from a model · open: what it predicts would be seen anyway" in said
    assert "· 4310 tokens in 3 calls of a model ·" in said
    assert "tokens" not in render_report(REPORT, HEADING, "text", colour=False)


@pytest.mark.parametrize(
    ("billionths", "said"), [(1, "0.000000001"), (4_210_000, "0.00421"), (10**9, "1"), (12_500_000_000, "12.5")]
)
def test_money_is_told_to_the_last_billionth_where_there_is_a_price_table(billionths: int, said: str) -> None:
    found = REPORT.replace(cost=Cost().charging(Spent(calls=1, tokens=7, money=billionths)))
    text = render_report(found, HEADING, "text", colour=False)
    assert f"· 7 tokens in 1 call of a model, {said} by the price table ·" in " ".join(text.split())


def test_what_changed_stands_in_few_lines_against_the_first_symptom_and_the_root_cause_stays() -> None:
    early = {"by": "kubectl-edit", "before_onset": True}
    many = [change(40 - n, f"ConfigMap/c{n}", "data.A changed", **early) for n in range(9)]
    cause = change(20, "Service/api", "spec.selector.app: api -> apii " * 6, by="kubectl-patch", root_cause="h1")
    late = change(5, "Deployment/web", "revision 2", before_onset=False)
    report = REPORT.replace(changes=[*many, cause, late], onset=NOW - timedelta(minutes=18))
    lines = section(render_report(report, HEADING), "What changed")
    assert len(lines) <= 7
    at = next(index for index, line in enumerate(lines) if "Service/api" in line)
    onset = next(index for index, line in enumerate(lines) if "first symptom" in line)
    assert at < onset
    assert "root cause [e1]" in " ".join(line.strip() for line in lines)
    assert all(len(line) <= 100 for line in lines)
    assert lines[0].startswith("  02:46:00Z ConfigMap/c6: data.A changed, by kubectl-edit [e1]")
    assert "and 7 more, in -o json" in lines[-1]


def test_a_change_of_another_day_carries_its_date() -> None:
    report = REPORT.replace(changes=[change(60 * 24, "Service/api", "created")])
    assert "11-21 03:20:00Z" in render_report(report, HEADING)


@pytest.mark.parametrize(
    ("novelty", "said"),
    [
        (Novelty.NEW, "new since 03:10:00Z: KeyError: 'promo' 41x -> Service/db at db:5432 (ECONNREFUSED) [e1]"),
        (Novelty.UNCOMPARED, "since 03:10:00Z (too little older to compare with): KeyError: 'promo' 41x"),
        (Novelty.MORE, "600 an hour since 03:10:00Z, 20 before: KeyError: 'promo' 41x"),
        (Novelty.GONE, "no more since 03:10:00Z, 20 an hour before: KeyError: 'promo'"),
    ],
)
def test_what_is_new_in_the_logs(novelty, said) -> None:
    news = LogNews(
        object="Deployment/api", container="api", novelty=novelty, since=NOW - timedelta(minutes=10), count=41,
        per_hour_before=20, per_hour_since=600, message="KeyError: 'promo'", template="KeyError: *",
        peers=["Service/db at db:5432 (ECONNREFUSED)"], evidence=["e1"],
    )  # fmt: skip
    text = " ".join(section(render_report(REPORT.replace(logs=[news] * 6), HEADING), "New in the logs"))
    assert said in " ".join(text.split())
    assert text.count("Deployment/api") == 4


def test_the_meaning_of_the_question_stands_below_it() -> None:
    text = render_report(REPORT.replace(meaning='Deployment/web ("wbe" read as web)'), HEADING)
    assert 'Asked: why is it down?\n  Taken as: Deployment/web ("wbe" read as web)\n' in text


def test_several_causes_are_said_once() -> None:
    other = REPORT.root_causes[0].replace(object="Service/web", statement="statement 9")
    report = REPORT.replace(root_causes=[*REPORT.root_causes, other], summary="1) statement 1. 2) statement 9.")
    assert render_report(report, HEADING).partition("Why")[0].count("statement 9") == 1


def test_what_the_chain_has_shown_is_not_listed_again() -> None:
    cause = REPORT.root_causes[0].replace(chain=["statement 1", "Deployment/web calls Service/api: errors"])
    text = render_report(REPORT.replace(root_causes=[cause]), HEADING)
    assert "Also affected" not in text


def test_no_fault_shows_what_speaks_for_it() -> None:
    report = Report(
        verdict=Verdict.NO_FAULT,
        summary="It was planned.",
        hypotheses=[hypothesis(1, "PlannedChange", Standing.SUPPORTED)],
    )
    assert "Why\n  Deployment/api · PlannedChange · 90 %" in render_report(report, HEADING)


@pytest.mark.parametrize(("ago", "said"), [(14, "14 s"), (300, "5 min"), (7300, "2 h"), (300_000, "3 d")])
def test_how_long_ago_in_words(ago, said) -> None:
    cause = REPORT.root_causes[0].replace(since=NOW - timedelta(seconds=ago))
    assert f", {said} ago" in render_report(REPORT.replace(root_causes=[cause]), HEADING)


def test_what_the_cause_names_is_not_listed_again() -> None:
    affected = render_report(REPORT, HEADING).partition("Also affected")[2]
    assert "Deployment/web: answers 500" in affected
    assert "Deployment/api: killed" not in affected


def test_commands_are_never_broken() -> None:
    assert f"  2. {REPORT.next_steps[1].strip()}\n" in render_report(REPORT, HEADING)


@pytest.mark.parametrize(
    ("verdict", "start"),
    [
        (Verdict.NO_FAULT, "NO FAULT · Deployment/web in shop\n"),
        (Verdict.INCONCLUSIVE, "INCONCLUSIVE · Deployment/web in shop\n"),
    ],
)
def test_other_verdicts(verdict, start) -> None:
    text = render_report(Report(verdict=verdict, summary="So it is."), HEADING)
    assert text.startswith(start)
    assert "So it is." in text
    assert "Asked: why is it down?" in text


def test_inconclusive_shows_what_came_closest() -> None:
    report = Report(
        verdict=Verdict.INCONCLUSIVE, summary="?", hypotheses=[hypothesis(1, "ImageNotFound", Standing.OPEN)]
    )
    assert "Closest\n  Deployment/api · ImageNotFound · 90 %: statement 1" in render_report(report, HEADING)


def test_documents_hold_the_whole_report() -> None:
    assert Report.model_validate(json.loads(render_report(REPORT, HEADING, "json"))) == REPORT
    assert Report.model_validate(yaml.safe_load(render_report(REPORT, HEADING, "yaml"))) == REPORT


def test_colour_only_where_a_person_sees_it(monkeypatch) -> None:
    class Stream:
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colourful(Stream())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colourful(Stream())
    assert "\x1b[1;31mROOT CAUSE\x1b[0m" in render_report(REPORT, HEADING, colour=True)


@pytest.mark.parametrize(
    ("run", "about"),
    [
        (builders.run("why?", "Deployment/web"), "Deployment/web in shop"),
        (builders.run("why?"), "namespace shop"),
        (builders.run(alert={"alertname": "ShopErrors"}, trigger="Alert"), "ShopErrors in shop"),
        (builders.run("why?").replace(scene=Scene(tenant="platform", platform=True)), "all namespaces"),
    ],
)
def test_what_a_report_is_about(run, about) -> None:
    assert Heading.of(run).about == about


def test_what_a_model_says_stands_under_the_summary_with_its_evidence() -> None:
    said = REPORT.replace(
        answer=[Statement(text="The image is shop:1.", evidence=["e1"])],
        account=[Statement(text="Memory grew until the limit.", evidence=["e1", "e2"])],
    )
    text = render_report(said, HEADING)
    assert "A model answers: The image is shop:1. [e1]" in text
    assert "In a model's words: Memory grew until the limit. [e1 e2]" in text
    assert text.index("killed at its limit") < text.index("A model answers")
    assert "A model answers" not in render_report(REPORT, HEADING)
