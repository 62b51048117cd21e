"""The growing namespace: what is made, and how its figures are judged."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bench.crowd import BROKEN, NODES, PODS_PER_WORKLOAD, REVISIONS, Crowd
from bench.measures.scale import EXPECTED, PEAK_MIB, SIZES, Size, growth, panels, rows
from bench.plot import draw
from bench.pods import MIB
from bench.process import ProcessError, Timing, python, timed
from bench.row import Result

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Kept:
    """Keeps what is written, by path, as an API server would."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}

    async def json(self, method: str, path: str, *, body: Any, **_: Any) -> dict[str, Any]:
        if method == "PATCH":
            found = self.objects[path.removesuffix("/status")]
            found["status"] = body["status"]
            return found
        made = json.loads(json.dumps(body))
        made["metadata"]["uid"] = f"uid-{len(self.objects)}"
        self.objects[f"{path}/{made['metadata']['name']}"] = made
        return made

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.objects.values() if one.get("kind") == kind]


async def grown(*sizes: int) -> Kept:
    kept = Kept()
    crowd = Crowd(kept, "crowd", NOW)  # type: ignore[arg-type]
    await crowd.begin()
    for size in sizes:
        await crowd.grow(size)
        assert crowd.pods == size == len(kept.all("Pod"))
    return kept


def size(pods: int, calls: int, seconds: float = 1.0, peak: float = 70.0, found: str = EXPECTED) -> Size:
    timing = Timing(seconds, seconds, int(peak * MIB), "")
    return Size(pods, (timing,), (timing,), calls, found)


async def test_it_grows_and_one_workload_that_sorts_last_is_broken() -> None:
    kept = await grown(10, 30)
    deployments = [one["metadata"]["name"] for one in kept.all("Deployment")]
    assert max(deployments) == BROKEN
    unwell = [one for one in kept.all("Pod") if one["status"]["phase"] != "Running"]
    assert [one["metadata"]["labels"]["app"] for one in unwell] == [BROKEN] * PODS_PER_WORKLOAD
    assert len(kept.all("ReplicaSet")) == len(deployments) * REVISIONS
    owners = Counter(one["metadata"]["ownerReferences"][0]["name"] for one in kept.all("Pod"))
    assert set(owners.values()) == {PODS_PER_WORKLOAD}
    names = {one["spec"]["nodeName"] for one in kept.all("Pod")}
    assert len([path for path in kept.objects if path.startswith("/api/v1/nodes/")]) == NODES >= len(names)


def test_calls_that_grow_as_fast_as_the_pods_break_the_bound() -> None:
    slow, fast = [size(10, 30), size(100, 45), size(1000, 49)], [size(10, 30), size(100, 31), size(1000, 310)]
    assert growth(slow) == pytest.approx(0.15)
    assert growth(fast) == pytest.approx(1.0)
    assert rows(slow)[-1].result is Result.OK
    assert rows(fast)[-1].result is Result.OVER


def test_only_the_largest_is_bound_and_a_cause_that_is_missed_breaks() -> None:
    made = rows([size(10, 30, peak=PEAK_MIB + 1), size(1000, 40, peak=PEAK_MIB + 1, found="Inconclusive")])
    told = {row.what: row.result for row in made}
    assert told["its peak memory, 10 pods"] is Result.FREE
    assert told["its peak memory, 1000 pods"] is Result.OVER
    assert told["casebook investigate, a namespace of 1000 pods"] is Result.OK
    assert told["sizes at which the cause was not found"] is Result.OVER


def test_the_plot_is_the_same_for_the_same_figures_and_small(tmp_path: Path) -> None:
    sizes = [size(pods, 30 + index) for index, pods in enumerate(SIZES)]
    for name in ("one.svg", "two.svg"):
        draw(SIZES, panels(sizes), tmp_path / name)
    drawn = (tmp_path / "one.svg").read_bytes()
    assert drawn == (tmp_path / "two.svg").read_bytes()
    assert len(drawn) < 64 << 10
    assert b"calls to the API server" in drawn


def test_memory_is_that_of_the_command_however_large_the_bench_is() -> None:
    held = bytearray(200 * MIB)
    found = timed(python("print('well')"))
    assert (found.out, len(held)) == ("well\n", 200 * MIB)
    assert found.peak_bytes < 100 * MIB
    assert timed(python("x = bytearray(150 << 20)")).peak_bytes > 150 * MIB


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(ProcessError, match="ended with 3: why"):
        timed(python("import sys; print('why', file=sys.stderr); sys.exit(3)"))
