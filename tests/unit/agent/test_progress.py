"""What a Job logs while it runs."""

import logging
from datetime import UTC, datetime
from types import SimpleNamespace

from casebook.agent.progress import Logged
from casebook.api.observation import Observation, Result, listing, observation_id
from casebook.reasoning.planning.plan import Look

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def board(*hypotheses):
    ranked = [SimpleNamespace(object=o, cause=c, percent=p) for o, c, p in hypotheses]
    return SimpleNamespace(ranked=tuple(ranked))


def test_the_leader_is_logged_only_when_it_changes(caplog) -> None:
    caplog.set_level(logging.INFO)
    progress = Logged()
    for stand in (board(), board(("Deployment/a", "X", 40)), board(("Deployment/a", "X", 40)), board(("D/b", "Y", 9))):
        progress.weighed(stand)
    assert [record.hypothesis for record in caplog.records] == ["Deployment/a X 40 %", "D/b Y 9 %"]


def test_asking_a_model_is_logged(caplog) -> None:
    caplog.set_level(logging.INFO)
    Logged().advising()
    assert [record.message for record in caplog.records] == ["asking a model"]


def test_rounds_and_what_could_not_be_read_are_logged(caplog) -> None:
    caplog.set_level(logging.INFO)
    progress, query = Logged(), listing("pods", "shop")
    progress.looking(2, Look((query, query), "to tell a from b"))
    for result in (Result.OK, Result.DENIED):
        progress.observed(
            Observation(
                id=observation_id(2, query), round=2, query=query, observed_at=NOW, result=result, message="no", bytes=1
            )
        )
    looking, denied = caplog.records
    assert (looking.round, looking.why, looking.reads) == (2, "to tell a from b", 2)
    assert (denied.levelname, denied.reason) == ("WARNING", "no")
