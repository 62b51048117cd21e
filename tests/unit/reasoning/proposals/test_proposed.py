"""What a model proposes: tested like everything else, an answer only where the rules have none, and never a harm."""

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import Consultation, Proposal
from casebook.api.enums import Origin, Outcome, Standing, Verdict
from casebook.api.observation import Result, listing, pod_logs
from casebook.api.run import Trace
from casebook.reasoning.engine import ENGINE, Look, decide, unsure, weigh
from casebook.reasoning.planning.deciding import wanted
from casebook.reasoning.proposals.proposed import MOST
from casebook.reasoning.replay import replay
from support import builders
from support.freetext import CONFIG, SAID, freetext, hypothesis
from support.memories import cause, memory
from support.reason import STOP, report, roots

LOG, FIELD = hypothesis()["predictions"]


def advised(snapshot: Snapshot, *items: dict, **more) -> Snapshot:
    proposals = [Proposal.model_validate(item) for item in items]
    return snapshot.advised(Consultation(model="scripted", proposals=proposals, **more))


def test_a_tested_proposal_is_the_answer_where_the_rules_have_none() -> None:
    before = report(freetext())
    assert before.verdict is Verdict.INCONCLUSIVE
    found = report(advised(freetext(), hypothesis()))
    assert (found.verdict, roots(found)) == (Verdict.ROOT_CAUSE, [(CONFIG, "Other")])
    first = found.hypotheses[0]
    assert (first.origin, first.verdict) == (Origin.MODEL, Standing.SUPPORTED)
    assert first.statement.endswith("(proposed by a model)")
    shown = {item.id: item.excerpt for item in found.evidence}
    assert SAID in shown[first.predictions[0].evidence[0]]
    assert "data.TARIFF_PLAN = winter-26" in shown[first.predictions[1].evidence[0]]
    assert first.confidence_percent <= 73
    assert found.citations() <= set(shown)


@pytest.mark.parametrize(
    "predictions",
    [
        [LOG | {"value": "the moon is in the way"}, FIELD],
        [LOG, FIELD | {"value": "summer-25"}],
        [LOG, FIELD | {"operator": "Absent", "value": ""}],
        [LOG, FIELD | {"field": "data.NOT_THERE"}],
    ],
)
def test_what_fails_its_test_is_refuted_and_shown(predictions: list[dict]) -> None:
    found = report(advised(freetext(), hypothesis(predictions=predictions)))
    assert found.verdict is Verdict.INCONCLUSIVE
    item = next(one for one in found.hypotheses if one.origin is Origin.MODEL)
    assert item.verdict is Standing.REFUTED
    assert item.evidence_against


@pytest.mark.parametrize(
    "predictions",
    [
        [LOG, LOG],
        [FIELD, FIELD],
        [LOG],
        [],
        [LOG, FIELD | {"field": "data.WORKERS", "value": "4"}],
        [LOG | {"value": "ERROR"}, FIELD],
        [LOG, FIELD | {"object": "Deployment/web", "field": "metadata.name", "value": "web"}],
        [LOG, FIELD | {"field": "metadata.name", "value": "web-config"}],
        [LOG, FIELD, FIELD | {"object": "ConfigMap/elsewhere/other"}],
    ],
    ids=["words alone", "fields alone", "one", "none", "a value nobody speaks of", "a word that is always there",
         "a field of something else", "a field that holds anyway", "one is untested"],
)  # fmt: skip
def test_what_would_hold_anyway_or_is_not_tested_is_no_answer(predictions: list[dict]) -> None:
    found = report(advised(freetext(), hypothesis(predictions=predictions)))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert not found.root_causes
    assert [one.verdict for one in found.hypotheses if one.origin is Origin.MODEL] == [Standing.OPEN]


def test_an_object_that_is_not_there_is_not_even_listed() -> None:
    found = report(advised(freetext(), hypothesis(object="ConfigMap/invented")))
    assert found.wire() == report(freetext()).wire()


def test_a_person_who_ruled_it_out_is_right() -> None:
    given = advised(freetext(), hypothesis())
    said = memory(claim=cause("Other", CONFIG, "RulesOut"))
    found = report(Snapshot(given.run.replace(recalled=[said]), given.observations, consultation=given.consultation))
    assert not found.root_causes


@pytest.mark.parametrize(
    ("code", "kept"), [("ConfigValueWrong", "ConfigValueWrong"), ("Gremlins", "Other"), ("StaleAlert", "Other")]
)
def test_a_code_of_the_registry_is_kept_unless_it_says_that_all_is_well(code: str, kept: str) -> None:
    found = report(advised(freetext(), hypothesis(cause=code)))
    assert [(item.cause, item.origin) for item in found.hypotheses] == [(kept, Origin.MODEL)]


def test_a_model_never_counts_for_more_than_its_bound() -> None:
    more = [
        LOG,
        LOG | {"value": "is not in the catalogue"},
        FIELD,
        FIELD | {"operator": "Contains", "value": "winter-26"},
    ]
    board = weigh(advised(freetext(), hypothesis(predictions=more)))
    assert board.ranked[0].centinats == MOST


def test_no_help_stands_in_the_limitations_and_changes_nothing_else() -> None:
    plain = report(freetext()).wire()
    found = report(freetext().advised(Consultation(model="m", problem="it did not answer", prompt_tokens=7))).wire()
    assert found.pop("limitations") == ["model m gave no help: it did not answer"]
    assert plain.pop("limitations", []) == []
    assert found.pop("cost") == plain.pop("cost") | {"promptTokens": 7, "chargedTokens": 7}
    assert found == plain


def test_what_a_proposal_needs_is_looked_at_inside_the_scope_and_nowhere_else() -> None:
    wanting = [
        LOG | {"object": "Deployment/cart"},
        FIELD | {"object": "Node/n1"},
        FIELD | {"object": "ConfigMap/pay/keys"},
        FIELD | {"object": "Secret/web-key"},
    ]
    snapshot = advised(freetext(), hypothesis(predictions=wanting))
    board = weigh(snapshot)
    mine = [item for item in board.ranked if item.origin is Origin.MODEL]
    assert [wanted(board.situation, item) for item in mine] == [[pod_logs(builders.NS, "cart-p0", "cart")]]
    seen = {one.query.canonical() for one in snapshot.observations}
    step = decide(snapshot, board)
    assert isinstance(step, Look)
    assert pod_logs(builders.NS, "cart-p0", "cart") in step.queries
    assert not seen & {query.canonical() for query in step.queries}


def test_a_read_that_was_refused_leaves_it_untested() -> None:
    given = freetext()
    without = [
        one
        if one.query != listing("configmaps", builders.NS)
        else builders.observe(one.query, None, result=Result.DENIED)
        for one in given.observations
    ]
    found = report(advised(Snapshot(given.run, tuple(without)), hypothesis(object="Deployment/web")))
    item = next(one for one in found.hypotheses if one.origin is Origin.MODEL)
    assert [one.outcome for one in item.predictions] == [Outcome.HELD, Outcome.UNTESTED]
    assert found.verdict is Verdict.INCONCLUSIVE


def test_a_replay_gives_the_same_bytes_without_the_model() -> None:
    snapshot = advised(freetext(), hypothesis(), prompt_tokens=900, completion_tokens=80)
    kept = Trace(
        engine=ENGINE,
        run=snapshot.run,
        stop=STOP,
        observations=list(snapshot.observations),
        consultation=snapshot.consultation,
    )
    again = replay(Trace.model_validate_json(kept.model_dump_json(by_alias=True)))
    assert again.wire() == report(snapshot).wire()
    assert again.cost.prompt_tokens == 900


def test_a_model_is_asked_where_the_rules_end() -> None:
    assert unsure(weigh(freetext()))
    assert not unsure(weigh(builders.snapshot(builders.run("", "Deployment/web"), builders.healthy("web"))))
