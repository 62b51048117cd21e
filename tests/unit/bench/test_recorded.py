"""Saved investigations: whose they are, what is right for them, how sure the engine is, what is withheld."""

import gzip
import json

import pytest
from bench.measures.recorded import scores, wrong
from bench.replays import Band, Replay, at_least, curve, reliability, replayed, replayed_in
from bench.retelling import TELLINGS, retold
from bench.row import Result as Figure
from bench.snapshots import NAME, snapshots
from bench.withholding import without

from casebook.api.enums import Verdict
from casebook.api.observation import Result
from casebook.api.report import Report, RootCause
from scenariokit.cli import SCENARIOS
from scenariokit.format import FormatError, load_all
from scenariokit.score import Judgement
from scenariokit.variants import vary
from support.recorded import HERE

KNOWN = load_all(SCENARIOS, ["svc-selector", "webhook-tls", "stale-restarts"])


def saved(folder, name: str, as_name: str = ""):
    (folder / f"{as_name or name}.json.gz").write_bytes((HERE / f"{name}.json.gz").read_bytes())
    return snapshots([folder], KNOWN)[0]


@pytest.mark.parametrize(
    ("file", "parts"),
    [
        ("svc-selector.json.gz", ("svc-selector", None, None, None)),
        ("svc-selector-2.json", ("svc-selector", None, None, "2")),
        ("svc-selector.s7v12-1.json.gz", ("svc-selector", "7", "12", "1")),
    ],
)
def test_a_file_says_which_run_it_is(file: str, parts: tuple) -> None:
    assert NAME.match(file).group("id", "seed", "number", "repeat") == parts


def test_a_file_that_belongs_to_no_scenario_is_told(tmp_path) -> None:
    with pytest.raises(FormatError, match=r"db-disk-full\.json\.gz: no scenario of that name"):
        saved(tmp_path, "db-disk-full")


def test_what_is_right_is_what_the_scenario_expects_in_the_namespaces_of_the_run(tmp_path) -> None:
    found = saved(tmp_path, "webhook-tls")
    main = found.places.names["main"]
    assert found.scenario.expect.causes[0].object == [f"ValidatingWebhookConfiguration/guard-{main}"]
    assert found.name == f"{tmp_path.name}/webhook-tls"
    assert any(owner.startswith("Deployment/") for owner in found.places.owners.values())


def test_a_run_of_a_variant_is_judged_by_the_answer_of_that_variant(tmp_path) -> None:
    found = saved(tmp_path, "svc-selector", "svc-selector.s7v2-1")
    (scenario,) = load_all(SCENARIOS, ["svc-selector"])
    assert found.scenario.expect == vary(scenario, 7, 2).expect
    assert not replayed(found).judgement.right, "the run was one of the scenario as written"


def test_what_is_withheld_is_refused_and_nothing_else(tmp_path) -> None:
    trace = saved(tmp_path, "svc-selector").trace
    for kind, belongs in (
        ("logs", lambda query: query.source == "logs"),
        ("events", lambda query: query.resource == "events"),
        ("metrics", lambda query: query.source in {"metrics", "prometheus"}),
    ):
        left = without(trace, kind).observations
        for before, after in zip(trace.observations, left, strict=True):
            if belongs(before.query):
                assert (after.data, after.result in {Result.DENIED, Result.UNAVAILABLE}) == (None, True)
            else:
                assert after == before


def replay(percent: int, *, right: bool, expected=Verdict.ROOT_CAUSE, false: tuple = ()) -> Replay:
    cause = RootCause(hypothesis="h1", object="Deployment/a", cause="X", statement="s", confidence_percent=percent)
    report = Report(verdict=Verdict.ROOT_CAUSE, summary="s", root_causes=[cause])
    return Replay("a", expected, report, Judgement(right, right, right, () if right else ("m",), false, ()))


def test_reliability_counts_reports_by_what_they_are_sure_of() -> None:
    silent = Replay(
        "b", Verdict.NO_FAULT, Report(verdict=Verdict.NO_FAULT, summary="s"), Judgement(True, False, False, (), (), ())
    )
    bands = reliability(
        [replay(95, right=True), replay(90, right=False), replay(89, right=True), replay(12, right=False), silent]
    )
    assert bands[-1] == Band(90, 100, 2, 1)
    assert bands[-2] == Band(80, 89, 1, 1)
    assert bands[0] == Band(0, 49, 1, 0)
    assert at_least(bands, 80) == (2, 3)
    assert sum(band.reports for band in bands) == 4


def test_every_confidence_lies_in_one_band_and_the_sure_ones_in_the_last() -> None:
    bands = reliability([replay(percent, right=True) for percent in range(101)])
    assert [(band.least, band.most, band.reports) for band in bands] == [
        (0, 49, 50), (50, 59, 10), (60, 69, 10), (70, 79, 10), (80, 89, 10), (90, 100, 11)
    ]  # fmt: skip


def test_the_curve_shows_the_share_that_is_right_beside_what_was_claimed() -> None:
    lines = curve([Band(0, 49, 0, 0), Band(50, 59, 4, 2), Band(90, 100, 10, 10)])
    assert lines[1].split() == ["0-49", "%", "0", "of", "0", "none", lines[1].split()[-1]]
    assert "50.0 %" in lines[2]
    assert lines[2].endswith("####################..|.................")
    assert lines[3].endswith("######################################|#")


def test_a_false_cause_in_twenty_breaks_the_bound_and_is_named() -> None:
    good = [replay(99, right=True)] * 17
    bad = [replay(99, right=False, false=("Deployment/a X",))]
    rows = {row.what: row for row in scores("without logs", good + bad)}
    assert rows["without logs: false causes for each 100"].result is Figure.OVER
    assert rows["without logs: AC@1"].result is Figure.FREE
    assert {row.what: row for row in scores("whole", good)}["whole: AC@1"].result is Figure.OK
    assert wrong("x", bad) == ["x: a: RootCause Deployment/a X, missed m, false Deployment/a X"]


def test_the_saved_investigations_of_the_repository_are_compressed_and_hold_no_more_than_a_trace() -> None:
    for path in HERE.glob("*"):
        assert path.suffixes[-2:] == [".json", ".gz"]
        assert set(json.loads(gzip.decompress(path.read_bytes()))) >= {"engine", "observations", "run", "stop"}


SPOKEN = {one.name: one for one in snapshots([HERE], load_all(SCENARIOS))}


def test_logs_are_told_in_other_words_as_the_shop_would() -> None:
    trace = SPOKEN["recorded/bad-deploy-exception"].trace
    told = {
        (language, form): [line["text"] for one in retold(trace, language, form).observations
                           if one.query.source == "logs" and one.data for line in one.data["lines"]]
        for language, form in TELLINGS
    }  # fmt: skip
    assert any("unbehandelte Ausnahme in POST /checkout" in text for text in told["de", "json"])
    assert any(text.endswith("KeyError: 'currency'") for text in told["fr", "text"])
    assert any("level=ERROR" in text and "excepción no controlada" in text for text in told["es", "logfmt"])
    assert all(json.loads(text)["msg"] for text in told["de", "json"] if text.startswith("{"))


@pytest.mark.parametrize(("language", "form"), TELLINGS)
@pytest.mark.parametrize(
    "name", ["env-missing", "feature-flag-bug", "queue-slow-consumer", "two-faults", "db-disk-full"]
)
def test_the_cause_is_found_whatever_the_log_is_written_in(name: str, language: str, form: str) -> None:
    found = replayed_in(SPOKEN[f"recorded/{name}"], language, form)
    assert found.judgement.right, (found.judgement, found.report.summary)
