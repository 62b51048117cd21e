"""A liar over every recorded run: it quotes true errors and true fields to blame what is innocent, with confidence."""

from collections.abc import Iterator

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import RESOURCES
from casebook.api.consultation import Consultation, Look, Operator, Proposal, ProposedPrediction
from casebook.api.enums import Origin
from casebook.api.observation import LOGS
from casebook.api.report import Report
from casebook.api.run import Trace
from casebook.reasoning.engine import conclude, cost, weigh
from casebook.reasoning.situation import Situation
from casebook.reasoning.telling import spoken
from support.recorded import RECORDED, trace

BLAMED = ("ConfigMap", "Service", "Deployment", "StatefulSet", "NetworkPolicy")


def concluded(found: Trace, snapshot: Snapshot) -> Report:
    return conclude(snapshot, weigh(snapshot), found.stop, cost(snapshot))


def lies(situation: Situation) -> Iterator[Proposal]:
    """Four innocent objects near by, each with words that were said and fields that hold."""
    words = [(ref, line) for ref, lines in spoken(situation).items() for line in lines if len(line) > 20]
    kinds = [ref for ref in situation.path if ref.kind in BLAMED and ref in situation.world.things]
    for ref in sorted(kinds, key=lambda one: (one.kind, one.name))[:4]:
        quoted = [_says(Look.LOG, at.label(), line[:60].strip()) for at, line in words[:2]]
        fields = [
            _says(Look.FIELD, ref.label(), ref.name, "metadata.name"),
            _says(Look.FIELD, ref.label(), ref.namespace, "metadata.namespace"),
        ]
        yield Proposal(
            object=ref.label(), statement=f"{ref.name} is the cause, certainly", predictions=[*quoted, *fields]
        )


def _says(look: Look, where: str, value: str, field: str = "") -> ProposedPrediction:
    operator = Operator.EQUALS if look is Look.FIELD else Operator.CONTAINS
    return ProposedPrediction(says="surely", look=look, object=where, field=field, operator=operator, value=value)


@pytest.mark.parametrize("name", RECORDED)
def test_a_liar_changes_no_verdict_and_no_cause(name: str) -> None:
    found = trace(name)
    for kept in (found.observations, [one for one in found.observations if one.query.source != LOGS]):
        honest = Snapshot(found.run, tuple(kept))
        told = list(lies(Situation.of(honest)))
        without = concluded(found, honest)
        lied = concluded(found, honest.advised(Consultation(model="liar", proposals=told)))
        assert (lied.verdict, lied.root_causes, lied.summary) == (without.verdict, without.root_causes, without.summary)
        mine = [item for item in lied.hypotheses if item.origin is not Origin.MODEL]
        assert [(one.object, one.cause, one.confidence_percent) for one in mine] == [
            (one.object, one.cause, one.confidence_percent) for one in without.hypotheses[: len(mine)]
        ]


def test_the_liar_does_lie() -> None:
    found = [trace(name) for name in RECORDED]
    told = [len(list(lies(Situation.of(Snapshot(one.run, tuple(one.observations)))))) for one in found]
    assert sum(told) > 2 * len(RECORDED)
    assert set(BLAMED) <= set(RESOURCES)
