"""The commands of people, on an API server in memory: whose name they write, what they never lose, what they print."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from casebook.api.base import INVESTIGATIONS, MEMORIES
from casebook.api.case import Hint
from casebook.api.enums import HintKind, State
from casebook.api.investigation import Investigation, Recurrence
from casebook.cli import feedback
from casebook.cli.correct import Word, _ask, _choose, _entry, _outcome
from casebook.cli.judging import _judge
from casebook.cli.main import casebook
from casebook.cli.memories import _applying, _listed
from casebook.cli.people import Place
from casebook.cli.show import alike, incident, said, seen_before
from casebook.cli.why import _lines, pick
from casebook.cluster.errors import Conflict, Denied
from casebook.knowledge.context import Context
from casebook.knowledge.quarantine import marked
from casebook.knowledge.recurrence import recurrence
from support.memories import cause, labelled, memory, quarantine
from support.memorycluster import MemoryCluster, MemoryReader, MemoryWriter
from support.pastcases import NOW, past
from support.reports import observation, report

MAY_NOT = "user alice needs verb confirm ... for feedback with standing Confirmed; add it with standing: Proposed"


class Hand(MemoryWriter):
    """Writes as alice; merge patches are compare-and-sets where they carry a version."""

    may_confirm = True

    async def review(self, resource: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        return {"status": {"userInfo": {"username": "alice@example.com"}}}

    async def patch(
        self, resource: str, name: str, namespace: str, patch: Mapping[str, Any], sub: str = ""
    ) -> dict[str, Any]:
        cluster = self._cluster
        cluster.enter("patch", resource)
        found = cluster.find(resource, namespace, name)
        if patch["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            raise Conflict("the object has been modified")
        if not self.may_confirm and any(
            one.get("standing") == "Confirmed" for one in patch["spec"].get("feedback", [])
        ):
            raise Denied(MAY_NOT)
        found["spec"].update(patch["spec"])
        cluster.version += 1
        found["metadata"]["resourceVersion"] = str(cluster.version)
        return found


@pytest.fixture
def cluster() -> MemoryCluster:
    made = MemoryCluster(lambda: datetime(2026, 11, 22, tzinfo=UTC))
    made.namespace("shop")
    spec = {"question": "why?", "target": {"kind": "Deployment", "name": "checkout"}}
    made.put(INVESTIGATIONS, {"metadata": {"name": "inv-1", "namespace": "shop"}, "spec": spec})
    return made


@pytest.fixture
def place(cluster: MemoryCluster) -> Place:
    return Place(MemoryReader(cluster), Hand(cluster, "kubectl-casebook"), "shop")  # type: ignore[arg-type]


def entries(cluster: MemoryCluster) -> list[dict[str, Any]]:
    return list(cluster.find(INVESTIGATIONS, "shop", "inv-1")["spec"].get("feedback", []))


async def test_an_entry_is_signed_and_takes_nothing_away(place: Place, cluster: MemoryCluster) -> None:
    await feedback.add(place, "inv-1", {"rating": "Up"})
    await feedback.add(place, "inv-1", {"rating": "Down"})
    assert entries(cluster) == [
        {"id": "f1", "rating": "Up", "author": "alice@example.com"},
        {"id": "f2", "rating": "Down", "author": "alice@example.com"},
    ]


async def test_who_is_faster_loses_nothing(place: Place, cluster: MemoryCluster) -> None:
    """Between reading and writing somebody else adds an entry."""
    found = cluster.find(INVESTIGATIONS, "shop", "inv-1")

    def other(verb: str, resource: str) -> None:
        if verb == "patch":
            cluster.before = lambda verb, resource: None
            found["spec"]["feedback"] = [{"id": "f1", "author": "bob", "rating": "Up"}]
            found["metadata"]["resourceVersion"] = "other"

    cluster.before = other
    await feedback.add(place, "inv-1", {"rating": "Down"})
    assert [(one["id"], one["author"]) for one in entries(cluster)] == [("f1", "bob"), ("f2", "alice@example.com")]


async def test_who_may_not_confirm_proposes(place: Place, cluster: MemoryCluster) -> None:
    place.writer.may_confirm = False  # type: ignore[attr-defined]
    added = await feedback.add(place, "inv-1", {"verdict": "Wrong", "standing": "Confirmed"})
    assert (added["standing"], entries(cluster)[0]["standing"]) == ("Proposed", "Proposed")


async def test_a_correction_holds_where_it_was_asked_unless_said_otherwise(place: Place) -> None:
    found = await feedback.read(place, "inv-1")
    entry = _entry(found, Word("QuotaExceeded", "ResourceQuota/team"), None, reach="tenant", propose=False, note="")
    assert entry == {
        "verdict": "Wrong",
        "rootCause": {"cause": "QuotaExceeded", "object": "ResourceQuota/team"},
        "scope": {"matchLabels": {"namespace": "shop", "workload.name": "checkout"}},
        "reach": "Tenant",
        "standing": "Confirmed",
    }


async def test_a_person_is_asked_for_the_cause_and_where_it_holds(place: Place, cluster: MemoryCluster) -> None:
    found = cluster.find(INVESTIGATIONS, "shop", "inv-1")
    found["status"] = {"report": report(observation(1)).wire()}
    read = await feedback.read(place, "inv-1")
    with CliRunner().isolation(input="1\n2\n") as (out, *_):
        word = _ask(read)
        scope = await _choose(place, read, word)
        said = out.getvalue().decode()
    assert word == Word("OomKilled", "Deployment/checkout")
    assert scope.match_labels == {"namespace": "shop"}
    assert "1  namespace is shop and workload.name is checkout   (could have applied to 1 of the last 1 here)" in said
    with CliRunner().isolation(input="ProxyExpired Deployment/api\nThe proxy ran out.\n"):
        assert _ask(read) == Word("ProxyExpired", "Deployment/api", "The proxy ran out.")


async def test_each_scope_says_which_of_the_past_found_something_else(place: Place, cluster: MemoryCluster) -> None:
    told = report(observation(1)).wire()
    for name, at, object_, code in (
        ("before", "01", "Deployment/checkout", "OomKilled"),
        ("same", "02", "ResourceQuota/team", "QuotaExceeded"),
        ("elsewhere", "03", "ResourceQuota/other", "QuotaExceeded"),
    ):
        roots = [{**told["rootCauses"][0], "object": object_, "cause": code}]
        spec = {"question": "why?", "target": {"kind": "Deployment", "name": "web"}}
        created = f"2026-11-{at}T00:00:00Z"
        metadata = {"name": name, "namespace": "shop", "creationTimestamp": created}
        made = cluster.put(INVESTIGATIONS, {"metadata": metadata, "spec": spec})
        made["status"] = {"report": {**told, "rootCauses": roots}}
    read = await feedback.read(place, "inv-1")
    with CliRunner().isolation(input="1\n") as (out, *_):
        await _choose(place, read, Word("QuotaExceeded", "ResourceQuota/team"))
        said = out.getvalue().decode().splitlines()
    assert "(could have applied to 1 of the last 4 here)" in said[0]
    assert "(could have applied to 4 of the last 4 here; 2 found another cause: " in said[1]
    assert {"before", "elsewhere"} == {*said[1].rpartition("cause: ")[2].strip(")").split(", ")}


async def test_the_outcome_shows_old_and_new(place: Place, cluster: MemoryCluster) -> None:
    side = {"verdict": "RootCause", "object": "Deployment/web", "cause": "DnsFailing", "confidencePercent": 90}
    replay = {"feedbackId": "f1", "before": side, "after": {"verdict": "NoFault"}, "note": "ruled out"}
    lesson = {"feedbackId": "f1", "memory": "correction-1", "message": "Remembered.", "replay": "Done"}
    cluster.find(INVESTIGATIONS, "shop", "inv-1")["status"] = {"lessons": [lesson], "replay": replay}
    lines = await _outcome(place, "inv-1", "f1", 1)
    assert lines[0] == "Remembered."
    assert "  before  DnsFailing on Deployment/web (90 %)" in lines
    assert "  after   NoFault" in lines


async def test_a_memory_is_judged_under_the_callers_name(place: Place, cluster: MemoryCluster) -> None:
    made = cluster.put(MEMORIES, {"metadata": {"name": "m", "namespace": "shop"}, "spec": {"state": "Proposed"}})
    assert await _judge(place, "m", State.CONFIRMED) == "Proposed"
    assert made["spec"] == {"state": "Confirmed", "lastEditor": "alice@example.com"}


async def test_what_is_confirmed_anew_is_a_new_version(place: Place, cluster: MemoryCluster) -> None:
    """What is stale by its uses regains its force by a new generation of the spec."""
    spec = {"state": "Confirmed", "lastEditor": "alice@example.com"}
    made = cluster.put(MEMORIES, {"metadata": {"name": "m", "namespace": "shop"}, "spec": dict(spec)})
    assert await _judge(place, "m", State.CONFIRMED) == "Confirmed"
    assert made["spec"].items() > spec.items()
    assert made["spec"]["validFrom"]


def test_what_was_taught_for_an_object() -> None:
    found = [
        memory("here", claim=cause("DnsFailing"), scope=labelled(namespace="shop")),
        memory("elsewhere", claim=cause("DnsFailing"), scope=labelled(namespace="pay")),
        memory("perhaps", scope=labelled(alertname="X")),
        memory("old", verify_by="2026-11-02T00:00:00Z"),
        memory("struck", quarantined="by bob"),
        quarantine(memory="struck"),
    ]
    lines = list(_applying(found, Context({"namespace": frozenset(["shop"])})))
    assert lines == [
        "here  Confirmed  Confirms DnsFailing  here says so",
        "    applies: namespace is shop",
        "perhaps  Confirmed  note  perhaps says so",
        "    applies only if: alertname is X",
        "old  Confirmed  note  old says so",
        "    applies: it applies everywhere; without force: stale: it was to be verified by 2026-11-02T00:00:00Z",
        "struck  Confirmed  note  struck says so",
        "    applies: it applies everywhere; without force: quarantined: by bob",
    ]


def test_a_quarantine_is_listed_and_so_is_what_it_strikes() -> None:
    against = quarantine(memory="struck")
    assert list(_listed(marked([memory("struck"), against], [against]))) == [
        "q  Confirmed  quarantines memory/struck  stolen",
        "struck  Confirmed  note  struck says so",
        "    without force: quarantined: bob quarantined memory/struck and all that comes from it, by memory q: stolen",
    ]


def test_why_shows_the_tests_and_what_they_rest_on() -> None:
    found = report(observation(1))
    lines = list(_lines(found, pick(found, "oomkilled")))
    assert lines[0].startswith("h1  OomKilled on Deployment/checkout: Supported")
    assert any(line.startswith("  Held      the pod was killed [e1]") for line in lines)
    assert any("kubectl get pods" in line for line in lines)


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        ({}, []),
        ({"explainedBy": "pay/inv-0"}, ["Of the same incident as investigation pay/inv-0, which found its cause"]),
        ({"followers": {"count": 2, "names": ["a", "b"]}}, ["Explains 2 more of this incident: a, b"]),
        ({"followers": {"count": 9, "names": ["a", "b"]}}, ["Explains 9 more of this incident: a, b and 7 more"]),
    ],
)
def test_the_incident_stands_below_the_report(status: dict[str, Any], lines: list[str]) -> None:
    raw = {"metadata": {"name": "inv-1", "namespace": "shop"}, "spec": {}, "status": status}
    assert [line.strip() for line in incident(Investigation.model_validate(raw))] == lines


def test_what_people_said_stands_below_the_report() -> None:
    raw = {
        "metadata": {"name": "inv-1", "namespace": "shop"},
        "spec": {
            "feedback": [{"id": "f1", "author": "alice", "verdict": "Wrong", "rootCause": {"cause": "DnsFailing"}}]
        },
    }
    assert list(said(Investigation.model_validate(raw))) == [
        "\nWhat people said",
        "  f1  alice: Wrong; it was DnsFailing",
        "      not acted on yet",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["correct", "inv-1", "--cause", "X", "--not"], "give --cause or --not, not both"),
        (["correct", "inv-1", "--cause", "X", "--scope", "shop"], "--scope 'shop' is not KEY=VALUE"),
        (["correct", "inv-1"], "say what the cause was with --cause"),
        (["rate", "inv-1", "sideways"], "'sideways' is not one of"),
        (["memories", "--for", "web"], "is not KIND/NAME"),
        (["show"], "Missing argument 'INVESTIGATION'"),
    ],
)
def test_wrong_usage_says_what_would_be_right(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(casebook, arguments)
    assert result.exit_code == 2, result.output
    assert message in result.output


def test_a_recurring_problem_is_shown_with_what_it_was_and_what_it_cost() -> None:
    wrong = past(1, hours=2, cause="EnvMissing", said="Wrong", truth="ImageNotFound")
    told = "\n".join(seen_before(recurrence(past(3, reads=7), [wrong, past(2, hours=1)])))
    assert "occurrence 3 of: Down; Deployment/web; ImageNotFound on Deployment/web" in told
    assert "7 reads in 0.0 s this time, 75 % fewer than a look at everything" in told
    assert "shop/inv-2  ImageNotFound on Deployment/web, 28 reads in 0.0 s" in told
    assert "shop/inv-1  EnvMissing on Deployment/web, 28 reads in 0.0 s; alice: Wrong, it was ImageNotFound" in told


def test_what_was_seen_afterwards_is_shown_as_weak_evidence() -> None:
    hint = Hint(kind=HintKind.ROLLED_BACK, at=NOW, seen_in="inv-9", note="image was put back: weak evidence that ...")
    told = "\n".join(seen_before(recurrence(past(0), [past(1, hours=1, hint=hint)])))
    assert "      afterwards image was put back: weak" in told
    alone = [past(number, hours=number, resolved_soon=True) for number in (1, 2, 3)]
    assert "3 earlier alerts of it went away within ten minutes" in "\n".join(seen_before(recurrence(past(0), alone)))
    assert "went away" not in "\n".join(seen_before(recurrence(past(0), alone[:2])))


@pytest.mark.parametrize("found", [None, recurrence(past(1), [])])
def test_what_is_new_has_no_history(found: Recurrence | None) -> None:
    assert list(seen_before(found)) == []


def test_what_is_alike_is_shown_with_what_it_was_found_by() -> None:
    one = {"namespace": "shop", "name": "inv-7", "at": "2026-11-22T04:00:00Z", "verdict": "NoFault", "percent": 61}
    found = Investigation.model_validate(
        {"metadata": {"name": "i"}, "status": {"similar": {"by": "words", "cases": [one]}}}
    )
    assert list(alike(found)) == [
        "\nAlike, by words",
        "  2026-11-22T04:00:00Z  shop/inv-7  NoFault, 0 reads in 0.0 s; 61 % alike",
    ]
    nothing = Investigation.model_validate({"metadata": {"name": "i"}, "status": {"similar": {"by": "words"}}})
    assert list(alike(nothing)) == list(alike(Investigation.model_validate({"metadata": {"name": "i"}}))) == []
