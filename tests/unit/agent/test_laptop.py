"""Preparing a run on a laptop: what is there, what is not, and what the caller may not see."""

from datetime import UTC, datetime

import pytest

from casebook.agent.laptop import CannotRun, LaptopHome, Request, asked_place, prepare
from casebook.api.enums import Reach
from casebook.cluster.errors import Denied, NotFound, Unavailable
from casebook.cluster.reader import Page
from casebook.cluster.resources import by_word

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class FakeCluster:
    """A cluster with these objects as {(resource, namespace): [names]}; `denied` resources are refused."""

    def __init__(self, objects, denied=(), down=False):
        self.objects, self.denied, self.down = objects, denied, down

    def _check(self, resource, namespace=None):
        if self.down:
            raise Unavailable("cannot reach https://x")
        if resource in self.denied or (resource, namespace) in self.denied:
            raise Denied(f"{resource} is forbidden")

    async def get(self, resource, name, namespace=""):
        self._check(resource)
        if name not in self.objects.get((resource, namespace), []):
            raise NotFound(f'{resource} "{name}" not found')
        return {"metadata": {"name": name}}

    async def list(self, resource, namespace="", *, labels="", fields="", limit=5000):
        self._check(resource, namespace)
        return Page([{"metadata": {"name": name}} for name in self.objects.get((resource, namespace), [])], False, "1")


SHOP = {("namespaces", ""): ["shop", "pay"], ("deployments.apps", "shop"): ["web", "api"], ("nodes", ""): ["node-1"]}


def deployment(name: str, **more) -> Request:
    return Request(namespace="shop", resource=by_word("deploy"), name=name, **more)


async def test_a_target() -> None:
    run = await prepare(FakeCluster(SHOP), deployment("web", question="why?", lookback_seconds=600), NOW)
    target = run.spec.target
    assert (target.api_version, target.kind, target.namespace, target.name) == ("apps/v1", "Deployment", "shop", "web")
    assert (run.spec.question, run.spec.lookback_seconds, run.now) == ("why?", 600, NOW)
    assert run.scene.namespaces == ["shop"]
    assert run.spec.scope is Reach.NAMESPACE
    assert await LaptopHome(run).fetch() == run


async def test_no_target_means_the_namespace() -> None:
    run = await prepare(FakeCluster(SHOP), Request(namespace="pay"), NOW)
    assert run.spec.target is None
    assert run.namespace == "pay"


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("why is web in pay slow?", "pay"),
        ("why is web in nosuch slow, and in shop?", "shop"),
        ("why is web slow?", ""),
        ("", ""),
    ],
)
async def test_the_namespace_that_a_question_names(question, place) -> None:
    assert await asked_place(FakeCluster(SHOP), Request(namespace="", question=question)) == place


async def test_a_namespace_that_may_not_be_read_is_not_taken_from_the_question() -> None:
    denied = FakeCluster(SHOP, denied=["namespaces"])
    assert await asked_place(denied, Request(namespace="", question="why is web in pay slow?")) == ""


async def test_everything() -> None:
    run = await prepare(FakeCluster(SHOP), Request(namespace="shop", everywhere=True), NOW)
    assert run.scene.platform
    assert run.scene.namespaces == ["shop", "pay"]
    assert run.spec.scope is Reach.TENANT


async def test_a_cluster_scoped_target_has_no_namespace() -> None:
    run = await prepare(FakeCluster(SHOP), Request(namespace="shop", resource=by_word("node"), name="node-1"), NOW)
    assert run.spec.target.namespace == ""


class TestWhereToLookForWhatStandsInNoNamespace:
    node = Request(namespace="", resource=by_word("node"), name="node-1").within("shop")

    async def test_everywhere_for_those_who_may(self) -> None:
        scene = (await prepare(FakeCluster(SHOP), self.node, NOW)).scene
        assert scene.platform
        assert scene.namespaces == ["shop", "pay"]

    async def test_in_the_namespaces_that_the_caller_may_list(self) -> None:
        scene = (await prepare(FakeCluster(SHOP, denied=[("pods", "")]), self.node, NOW)).scene
        assert not scene.platform
        assert scene.namespaces == ["shop", "pay"]
        one = FakeCluster(SHOP, denied=[("pods", ""), ("pods", "shop")])
        assert (await prepare(one, self.node, NOW)).scene.namespaces == ["pay"]

    async def test_in_ones_own_where_the_others_are_not_known(self) -> None:
        few = FakeCluster(SHOP, denied=["namespaces", ("pods", "")])
        assert (await prepare(few, self.node, NOW)).scene.namespaces == ["shop"]

    async def test_of_many_namespaces_the_first_are_tried(self) -> None:
        many = SHOP | {("namespaces", ""): [f"n{number}" for number in range(500)]}
        scene = (await prepare(FakeCluster(many, denied=[("pods", "")]), self.node, NOW)).scene
        assert len(scene.namespaces) == 20
        assert "shop" in scene.namespaces

    async def test_a_namespace_that_is_named_is_the_only_one(self) -> None:
        named = Request(namespace="pay", resource=by_word("node"), name="node-1").within("shop")
        assert (await prepare(FakeCluster(SHOP), named, NOW)).scene.namespaces == ["pay"]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (deployment("wbe"), 'Deployment "wbe" not found in namespace "shop"; did you mean Deployment/web?'),
        (deployment("zzz"), 'Deployment "zzz" not found in namespace "shop"'),
        (Request(namespace="nope"), 'namespace "nope" not found'),
        (
            Request(namespace="shop", resource=by_word("node"), name="node-2"),
            'Node "node-2" not found; did you mean Node/node-1?',
        ),
    ],
)
async def test_what_is_not_there(request_, message) -> None:
    with pytest.raises(CannotRun) as raised:
        await prepare(FakeCluster(SHOP), request_, NOW)
    assert str(raised.value) == message


async def test_namespaces_that_the_caller_may_not_read_are_looked_into_all_the_same() -> None:
    run = await prepare(FakeCluster(SHOP, denied=["namespaces"]), deployment("web"), NOW)
    assert run.scene.namespaces == ["shop"]


async def test_without_rights_it_says_so() -> None:
    with pytest.raises(CannotRun, match='cannot look into namespace "shop": pods is forbidden'):
        await prepare(FakeCluster(SHOP, denied=["namespaces", "pods"]), Request(namespace="shop"), NOW)
    with pytest.raises(CannotRun, match="cannot look at all namespaces"):
        await prepare(FakeCluster(SHOP, denied=["namespaces"]), Request(namespace="shop", everywhere=True), NOW)


async def test_a_cluster_that_does_not_answer() -> None:
    with pytest.raises(CannotRun, match="cannot reach"):
        await prepare(FakeCluster({}, down=True), deployment("web"), NOW)


TAUGHT = {
    "memories.casebook.dev": {"statement": "It is the proxy.", "state": "Confirmed"},
    "skills.casebook.dev": {"description": "use when it is slow", "state": "Confirmed"},
}


class Taught(FakeCluster):
    """A cluster with a memory and a skill in namespace shop."""

    async def list(self, resource, namespace="", *, labels="", fields="", limit=5000):
        if resource not in TAUGHT or (namespace, fields) != ("shop", "spec.state=Confirmed"):
            return await super().list(resource, namespace)
        self._check(resource)
        metadata = {"name": "proxy", "namespace": "shop", "generation": 3}
        return Page([{"metadata": metadata, "spec": TAUGHT[resource]}], False, "1")


async def test_memories_and_skills_of_the_namespace_are_recalled() -> None:
    run = await prepare(Taught(SHOP), deployment("web"), NOW)
    assert [(one.name, one.version) for one in run.recalled] == [("proxy", 3)]
    assert [(one.name, len(one.version)) for one in run.skills] == [("proxy", 64)]


@pytest.mark.parametrize(
    ("denied", "known"), [("memories.casebook.dev", ([], ["proxy"])), ("skills.casebook.dev", (["proxy"], []))]
)
async def test_what_the_caller_may_not_list_is_not_known(denied: str, known: tuple[list[str], list[str]]) -> None:
    run = await prepare(Taught(SHOP, denied=[denied]), deployment("web"), NOW)
    assert ([one.name for one in run.recalled], [one.name for one in run.skills], run.unrecalled) == (*known, [])
