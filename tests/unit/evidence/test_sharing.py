"""Equal parts are held once, and nothing else changes."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from casebook.api.observation import listing
from casebook.cluster.reader import Page
from casebook.evidence.kubernetes import KubernetesSource
from casebook.evidence.kubernetes.sharing import Shared
from support.builders import pod, replicaset, template, workload

LEAVES = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-1, 1, width=16) | st.sampled_from(["", "a", "1"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)


@given(st.lists(VALUES, max_size=5))
def test_every_value_stays_what_it_was(values: list[Any]) -> None:
    shared = Shared()
    assert [json.dumps(shared(value)) for value in values] == [json.dumps(value) for value in values]


def test_equal_parts_are_one_and_unequal_ones_are_not() -> None:
    shared = Shared()
    one, two = shared({"env": [{"a": 1}], "name": "x"}), shared({"env": [{"a": 1}], "name": "y"})
    assert one["env"] is two["env"]
    assert one is not two
    assert shared({"a": True})["a"] is True
    assert shared({"a": 1})["a"] is not True
    assert list(shared({"a": 1, "b": 2})) == ["a", "b"]
    assert list(shared({"b": 2, "a": 1})) == ["b", "a"]


async def test_pods_of_one_template_share_it() -> None:
    class Objects:
        async def list(self, resource: str, namespace: str = "", *, keep: Any, **_: Any) -> Page:
            body = template("a")
            owner = replicaset(workload("a", body), 1, body, age=600)
            made = [json.loads(json.dumps(pod(owner, body, name=f"a-{index}"))) for index in range(2)]
            return Page([keep(one) for one in made], False, "1")

        async def get(self, resource: str, name: str, namespace: str = "") -> dict[str, Any]:
            raise NotImplementedError

    first, second = (await KubernetesSource(Objects()).read(listing("pods", "shop"))).data["items"]
    assert first["spec"] is second["spec"]
    assert first["metadata"]["name"] != second["metadata"]["name"]
