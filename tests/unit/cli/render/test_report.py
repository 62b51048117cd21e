"""A report as a person sees it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from casebook.api.enums import Origin, Outcome, Standing, Verdict
from casebook.api.report import Cost, Evidence, Finding, Hypothesis, Prediction, Report, RootCause
from casebook.api.run import Scene
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
    excerpt="first\nsecond \x1b[31mred\nthird\nfourth",
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
    titles = ["Why", "What follows from it", "Also considered", "Also affected", "Not seen", "Next steps"]
    places = [text.index(f"\n{title}\n") for title in titles]
    assert places == sorted(places)
    assert text.endswith("26 reads · 50 KiB · 0.2 s · stopped: Clear\n")


def test_why_shows_tests_with_their_evidence() -> None:
    text = render_report(REPORT, HEADING)
    assert "  ✓ it was killed [e1]\n  ? memory grows (not tested)\n" in text
    assert "    e1 kubectl get pods -n shop\n      first\n" in text
    assert "… 1 more lines" in text
    assert "\x1b" not in text


def test_what_else_was_considered_says_why_not() -> None:
    text = render_report(REPORT, HEADING)
    assert "Deployment/api · ReleaseRegression · 4 % · refuted: not so: it began with a release" in text
    assert "and 3 more, in -o json" in text


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
