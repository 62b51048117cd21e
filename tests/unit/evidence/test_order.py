"""What a list that is cut short keeps."""

import json
from typing import Any

from casebook.api.observation import listing
from casebook.cluster.reader import Page
from casebook.evidence.kubernetes import KubernetesSource
from casebook.evidence.kubernetes.order import telling_first
from casebook.evidence.source import MAX_BYTES, bounded
from support.builders import pod, replicaset, running, template, waiting, workload


def pods(name: str, *statuses: dict[str, Any]) -> list[dict[str, Any]]:
    body = template(name)
    owner = replicaset(workload(name, body), 1, body, age=600)
    return [pod(owner, body, status, name=f"{name}-{index}") for index, status in enumerate(statuses)]


def names(items: list[dict[str, Any]]) -> list[str]:
    return [item["metadata"]["name"] for item in items]


WELL, BAD, RESTARTED = running("app"), waiting("app", "ErrImagePull"), running("app", restarts=3)


def test_one_of_each_owner_comes_first_then_what_is_not_well() -> None:
    found = telling_first([*pods("a", WELL, WELL, WELL), *pods("b", WELL, BAD, BAD, RESTARTED), *pods("c", WELL, WELL)])
    assert names(found) == ["a-0", "b-0", "b-1", "c-0", "b-2", "b-3", "a-1", "a-2", "c-1"]


def test_what_is_deleted_or_not_ready_is_not_well_and_what_has_ended_is() -> None:
    going, unready, done, failed = pods("a", WELL, running("app", ready=False), WELL, WELL)
    going["metadata"]["deletionTimestamp"] = "2026-11-20T12:00:00Z"
    done["status"] = {"phase": "Succeeded"}
    failed["status"] = {"phase": "Failed"}
    found = telling_first([*pods("a", WELL), done, going, unready, failed])
    assert names(found) == ["a-0", "a-0", "a-1", "a-3", "a-2"]


def test_other_kinds_keep_their_order() -> None:
    items = [{"kind": "Event", "metadata": {"name": name}} for name in "cab"]
    assert names(telling_first(items)) == ["c", "a", "b"]


def test_of_more_pods_than_fit_those_that_are_not_well_are_kept() -> None:
    many = [one for index in range(40) for one in pods(f"a{index:02}", *[WELL] * 5)]
    most = sum(len(json.dumps(one)) for one in many) // 2
    kept, cut = bounded(telling_first([*many, *pods("z", BAD, BAD)]), most)
    assert cut
    assert {"z-0", "z-1"} <= set(names(kept))
    assert {one["metadata"]["name"].partition("-")[0] for one in kept} == {
        *(f"a{index:02}" for index in range(40)),
        "z",
    }


async def test_a_source_cuts_the_end_of_that_order() -> None:
    class Objects:
        async def list(self, resource: str, namespace: str = "", *, keep: Any, **_: Any) -> Page:
            bulk = pods("a", *[WELL] * 20)
            for one in bulk:
                one["spec"]["note"] = "x" * (MAX_BYTES // 10)
            return Page([keep(one) for one in [*bulk, *pods("z", BAD)]], False, "1")

        async def get(self, resource: str, name: str, namespace: str = "") -> dict[str, Any]:
            raise NotImplementedError

    reading = await KubernetesSource(Objects()).read(listing("pods", "shop"))
    assert reading.truncated
    assert "z-0" in names(reading.data["items"])
