"""What a run notices by the way, on recorded incidents, and what it is worth once it is remembered."""

import pytest

from casebook.api.observation import LOGS
from casebook.api.run import Noticed, NoticedNeed, Trace
from casebook.reasoning.engine import weigh
from casebook.reasoning.replay import replay, seen_by_the_way
from support.memories import knowing, memory
from support.recorded import seen, trace

NEEDS = [
    NoticedNeed(source="Deployment/gateway", target="Service/api"),
    NoticedNeed(source="Deployment/web", target="Service/gateway"),
]


def unset(name: str) -> Trace:
    """A recorded run that could not read the settings by which workloads know whom they call."""
    kept = trace(name)
    return kept.replace(observations=[one for one in kept.observations if one.query.resource != "configmaps"])


def quiet(kept: Trace) -> Trace:
    """The run where no log says anything."""
    return kept.replace(observations=[one for one in kept.observations if one.query.source != LOGS])


def test_a_need_is_noticed_where_only_logs_tell_it() -> None:
    assert seen_by_the_way(unset("bad-deploy-exception")) == Noticed(needs=NEEDS)
    assert seen_by_the_way(trace("bad-deploy-exception")) == Noticed(), "settings tell it"


def test_remembered_it_is_known_where_no_log_tells_it_and_noticed_no_more() -> None:
    kept = unset("bad-deploy-exception")
    claims = [{"dependency": {"from": one.source, "to": one.target}} for one in NEEDS]
    memories = [memory(f"m{at}", namespace=kept.run.namespace, claim=claim) for at, claim in enumerate(claims)]
    api = {ref for ref in weigh(seen(quiet(knowing(kept, *memories)))).situation.path if ref.name == "api"}
    assert api
    assert not {ref for ref in weigh(seen(quiet(kept))).situation.path if ref.name == "api"}
    assert seen_by_the_way(knowing(kept, *memories)) == Noticed()


def test_errors_are_noticed_that_no_cause_explains_and_not_once_they_are_known_as_noise() -> None:
    kept = trace("secret-wrong-value")
    (error,) = seen_by_the_way(kept).errors
    assert error.workload == "StatefulSet/db"
    claim, scope = {"noise": {"logTemplate": error.template}}, {"matchLabels": {"workload.name": "db"}}
    told = knowing(kept, memory(namespace=kept.run.namespace, claim=claim, scope=scope))
    assert seen_by_the_way(told).errors == []
    assert replay(told).knowledge[0].effect.startswith("removed ")


@pytest.mark.parametrize("name", ["opaque-crash", "recovered-blip"])
def test_nothing_is_noticed_of_what_names_no_cause(name: str) -> None:
    assert seen_by_the_way(trace(name)) == Noticed()


def test_nothing_is_noticed_of_what_an_incident_explains() -> None:
    kept = unset("bad-deploy-exception")
    explained = kept.replace(stop=kept.stop.replace(reason="Explained"))
    assert seen_by_the_way(explained) == Noticed()
