"""What was noticed beside several problems is proposed where people accepted the reports, and never confirmed."""

from typing import Any

import pytest

from casebook.api.case import PastCase
from casebook.api.run import Noticed, Recalled
from casebook.knowledge.noticing import noticed_facts
from casebook.knowledge.quarantine import untainted
from support.memories import memory, quarantine
from support.pastcases import past

NEED = {"source": "Deployment/web", "target": "Service/api"}
ERROR = {"workload": "Deployment/web", "template": "heartbeat to * lost"}
CAUSES = ("ImageNotFound", "EnvMissing", "OomKilled", "DnsFailing")


def seen(
    *said: str, needs: Any = (), errors: Any = (), causes: tuple[str, ...] = CAUSES, **fields: Any
) -> list[PastCase]:
    noticed = Noticed.model_validate({"needs": list(needs), "errors": list(errors)})
    held = {"noticed": noticed, **fields}
    return [past(number, hours=number, said=one, cause=causes[number % len(causes)], **held)
            for number, one in enumerate(said, 1)]  # fmt: skip


CALLS = seen("Correct", "Correct", "Correct", needs=[NEED])
NOISY = seen("Correct", "Correct", "Correct", errors=[ERROR])


def test_a_need_that_only_logs_told_is_proposed_and_nobody_confirmed_it() -> None:
    (found,) = noticed_facts([*CALLS, past(9)], [])
    spec = found.spec
    assert spec.claim is not None
    assert spec.origin is not None
    assert spec.claim.wire() == {"dependency": {"from": "Deployment/web", "to": "Service/api"}}
    assert (spec.state.value, spec.reach.value, spec.origin.type.value) == ("Proposed", "Namespace", "Agent")
    assert spec.scope.match_labels == {"namespace": "shop"}
    assert spec.origin.derived_from == ["Investigation/inv-1", "Investigation/inv-2", "Investigation/inv-3"]


def test_errors_that_go_on_whatever_is_broken_are_proposed_as_noise_of_their_workload() -> None:
    (found,) = noticed_facts(NOISY, [])
    assert found.spec.claim is not None
    assert found.spec.claim.wire() == {"noise": {"logTemplate": "heartbeat to * lost"}}
    assert found.spec.scope.match_labels == {"namespace": "shop", "workload.name": "web"}
    assert found.spec.state.value == "Proposed"


@pytest.mark.parametrize("what", [{"needs": [NEED]}, {"errors": [ERROR]}], ids=["need", "error"])
@pytest.mark.parametrize(
    ("said", "more"),
    [
        pytest.param(["Correct", "Correct"], {}, id="too few"),
        pytest.param(["Correct", "Correct", ""], {}, id="nobody's word"),
        pytest.param(["Correct", "Correct", "Partial"], {}, id="half a word"),
        pytest.param(["Correct", "Correct", "Correct", "Wrong"], {}, id="called wrong"),
        pytest.param(["Correct"] * 3, {"verdict": "NoFault"}, id="no fault"),
        pytest.param(["Correct"] * 3, {"explained_by": "inv-0"}, id="an incident's"),
    ],
)
def test_what_is_not_proposed(what: dict[str, Any], said: list[str], more: dict[str, Any]) -> None:
    assert noticed_facts(seen(*said, **what, **more), []) == []


@pytest.mark.parametrize(
    "cases",
    [
        pytest.param(
            seen(*["Correct"] * 3, errors=[ERROR], causes=("OomKilled",)), id="one cause may bring them about"
        ),
        pytest.param(seen(*["Correct"] * 3, errors=[ERROR | {"workload": "Deployment/pay/web"}]), id="elsewhere"),
        pytest.param(seen(*["Correct"] * 3, needs=[NEED | {"target": "Service/pay/api"}]), id="needed elsewhere"),
        pytest.param(seen(*["Correct"] * 3, needs=[NEED | {"target": "Deployment/web"}]), id="itself"),
        pytest.param([*CALLS[:2], *seen("Correct", needs=[NEED], namespace="pay")], id="another namespace's word"),
        pytest.param([*CALLS[:2], *seen("Correct", needs=[NEED | {"target": "Service/db"}])], id="another need"),
    ],
)
def test_what_is_too_little_is_not_proposed(cases: list[PastCase]) -> None:
    assert noticed_facts(cases, []) == []


def known(claim: dict[str, Any], **more: Any) -> Recalled:
    return memory("known", claim=claim, **more)


DEPENDENCY = {"dependency": {"from": "Deployment/web", "to": "Service/api"}}
NOISE = {"noise": {"logTemplate": "heartbeat to * lost"}}


@pytest.mark.parametrize("state", ["Proposed", "Confirmed", "Rejected"])
@pytest.mark.parametrize(("cases", "claim"), [(CALLS, DEPENDENCY), (NOISY, NOISE)], ids=["need", "error"])
def test_what_somebody_has_decided_on_is_not_proposed(cases: list[PastCase], claim: dict[str, Any], state: str) -> None:
    assert noticed_facts(cases, [known(claim, state=state)]) == []
    assert len(noticed_facts(cases, [known(claim, state=state, namespace="pay")])) == 1
    assert len(noticed_facts(cases, [known(claim, state="Retired")])) == 1


def test_noise_of_another_workload_decides_on_nothing() -> None:
    other = known(NOISE, scope={"matchLabels": {"workload.name": "api"}})
    assert len(noticed_facts(NOISY, [other])) == 1


@pytest.mark.parametrize("state", ["Proposed", "Confirmed", "Rejected", "Retired"])
def test_it_is_proposed_once(state: str) -> None:
    (first,) = noticed_facts(CALLS, [])
    assert noticed_facts(CALLS, [memory(first.name, state=state)]) == []


def test_nothing_comes_of_quarantined_words() -> None:
    assert noticed_facts(untainted(CALLS, [quarantine(person="alice")]), []) == []
