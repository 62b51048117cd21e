"""What a model found stays where it was found: no other investigation is ended with it."""

from casebook.analysis.snapshot import Snapshot
from casebook.api.consultation import Consultation, Proposal
from casebook.api.enums import Origin
from casebook.api.run import Incident, IncidentCause
from casebook.reasoning.engine import weigh
from casebook.reasoning.incidents.incident import explaining
from support.builders import NOW, NS
from support.freetext import freetext, hypothesis


def test_a_cause_that_only_a_model_names_explains_no_other_alert() -> None:
    named = IncidentCause(entity=f"ConfigMap/{NS}/web-config", cause="Other")
    head = Incident(namespace=NS, name="inv-head", finished_at=NOW, causes=[named])
    given = freetext()
    asked = given.run.replace(incidents=[head], spec=given.run.spec.replace(question=""))
    proposals = [Proposal.model_validate(hypothesis())]
    board = weigh(Snapshot(asked, given.observations, consultation=Consultation(model="m", proposals=proposals)))
    assert [(item.object, item.origin, item.is_proven) for item in board.chosen] == [
        ("ConfigMap/web-config", Origin.MODEL, True)
    ]
    assert board.is_clear
    assert explaining(board) is None
