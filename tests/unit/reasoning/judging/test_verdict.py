"""The verdict: what it takes to say that nothing is wrong, one condition at a time."""

from dataclasses import replace

import pytest

from casebook.analysis.signs import Sign, Symptom
from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import Ref
from casebook.analysis.world import World
from casebook.api.enums import Verdict
from casebook.api.meta import ObjectRef
from casebook.api.observation import Query, Result, getting, listing, pod_logs
from casebook.api.observation import curve as asking
from casebook.api.run import Scene
from casebook.reasoning.asked.alerts import alarms
from casebook.reasoning.board import Board, Ranked
from casebook.reasoning.judging.covering import choose
from casebook.reasoning.judging.starting import is_starting, lacking
from casebook.reasoning.judging.verdict import blind_spots, missing_target, no_fault, verdict
from casebook.reasoning.memories.word import Force, Word
from casebook.reasoning.planning.patience import PAUSES
from casebook.reasoning.planning.survey import essential
from casebook.reasoning.situation import Situation
from support.builders import (
    NOW,
    NS,
    Raw,
    configmap,
    container,
    ended,
    endpoints,
    env,
    healthy,
    log,
    managed,
    meta,
    observe,
    pod,
    replicaset,
    run,
    running,
    service,
    snapshot,
    survey,
    template,
    waiting,
    workload,
)
from support.curves import BEGIN, Values, level, metered, names
from support.curves import answered as measured
from support.memories import memory
from support.reason import look, report
from support.shop import shop
from support.weighing import AUTH, WEB, ranked

NEEDED = (
    "pods", "events", "deployments.apps", "replicasets.apps", "statefulsets.apps", "services",
    "endpointslices.discovery.k8s.io",
)  # fmt: skip
NODE = Ref("Node", "", "node-1")


def calm(target: str = "Deployment/web", **asked: object) -> Situation:
    """The shop, in which nothing deviates."""
    return Situation.of(snapshot(run("why?", target, **asked), shop(), log("web-p0", ["INFO ok"] * 9)))


def fires(values: Values) -> Situation:
    """The shop, with an alert that names nothing of it and whose expression, asked again, has these values."""
    found = metered(run("why?", alert={"alertname": "ManyErrors", "namespace": NS}))
    told = (
        found.spec.alert.replace(annotations={"expr": "sum(rate(errors_total[1m])) > 0.5"})
        if found.spec.alert
        else None
    )
    start = snapshot(found.replace(spec=found.spec.replace(alert=told)), shop(), log("web-p0", ["INFO ok"] * 9))
    (alarm,) = alarms(World(start))
    return Situation.of(start.extended([measured(alarm.query(World(start)), ({"region": "x"}, values))]))


def said(situation: Situation, *items: Ranked) -> Verdict:
    return verdict(Board(situation, items))


def without(situation: Situation, resource: str) -> Situation:
    seen = situation.world.snapshot
    return Situation.of(Snapshot(seen.run, tuple(one for one in seen.observations if one.query.resource != resource)))


def answered(situation: Situation, query: Query, result: Result) -> Situation:
    refused = observe(query, None, 1, result=result, message="no")
    return Situation.of(situation.world.snapshot.extended([refused]))


class TestVerdict:
    def test_nothing_is_wrong_where_nothing_deviates(self) -> None:
        assert said(calm()) is Verdict.NO_FAULT

    def test_a_cause_is_one_though_not_all_could_be_seen(self) -> None:
        found = without(calm(), "events")
        assert said(found) is Verdict.INCONCLUSIVE
        assert said(found, *choose(found, [ranked(found, WEB, 300, "Found")])) is Verdict.INCONCLUSIVE
        chosen = replace(ranked(found, WEB, 300, "Found"), chosen=True)
        assert said(found, chosen) is Verdict.ROOT_CAUSE

    @pytest.mark.parametrize(("entity", "verdict"), [(WEB, Verdict.INCONCLUSIVE), (AUTH, Verdict.INCONCLUSIVE)])
    def test_something_is_wrong_where_anything_on_the_path_deviates(self, entity: Ref, verdict: Verdict) -> None:
        found = calm()
        found.__dict__["symptoms"] = (Symptom(entity, Sign.NODE, "so", None, ()),)
        assert said(found) is verdict

    def test_what_deviates_elsewhere_is_not_asked_about(self) -> None:
        found = calm("Deployment/auth")
        found.__dict__["symptoms"] = (Symptom(WEB, Sign.NODE, "so", None, ()),)
        assert said(found) is Verdict.NO_FAULT

    @pytest.mark.parametrize(("value", "verdict"), [(5.0, Verdict.INCONCLUSIVE), (0.0, Verdict.NO_FAULT)])
    def test_an_alert_that_holds_deviates_though_it_names_nothing_that_is_there(
        self, value: float, verdict: Verdict
    ) -> None:
        found = fires(level(value))
        assert found.reruns
        assert not found.pressing
        assert said(found) is verdict

    def test_one_alert_of_several_that_holds_is_enough(self) -> None:
        found = fires(level(5.0))
        found.__dict__["reruns"] = (*found.reruns, *fires(level(0.0)).reruns)
        assert said(found) is Verdict.INCONCLUSIVE

    def test_of_what_is_not_there_nobody_can_tell(self) -> None:
        assert said(calm("Deployment/nosuch")) is Verdict.INCONCLUSIVE

    def test_a_reason_why_nothing_needs_mending_needs_sight_too(self) -> None:
        found = calm("Deployment/nosuch")
        fine = ranked(found, WEB, 300, "Fine", fault=False)
        assert said(found, fine) is Verdict.NO_FAULT
        assert said(without(found, "events"), fine) is Verdict.INCONCLUSIVE


class TestBlindSpots:
    @pytest.mark.parametrize("resource", NEEDED)
    def test_each_of_these_lists_is_needed(self, resource: str) -> None:
        found = without(calm(), resource)
        assert blind_spots(found) == [f"{resource} of namespace {NS}"]
        assert said(found) is Verdict.INCONCLUSIVE

    def test_others_are_not(self) -> None:
        assert blind_spots(without(calm(), "configmaps")) == []

    @pytest.mark.parametrize(
        ("result", "blind"),
        [
            (Result.DENIED, ["logs of pod api-p0"]),
            (Result.UNAVAILABLE, ["logs of pod api-p0"]),
            (Result.NOT_FOUND, []),
        ],
    )
    def test_logs_on_the_path_that_could_not_be_read(self, result: Result, blind: list[str]) -> None:
        assert blind_spots(answered(calm(), pod_logs(NS, "api-p0", "app"), result)) == blind

    def test_logs_off_the_path_and_other_reads_are_not_missed(self) -> None:
        assert blind_spots(answered(calm("Deployment/auth"), pod_logs(NS, "api-p0", "app"), Result.DENIED)) == []
        assert blind_spots(answered(calm(), getting("pods", "api-p0", NS), Result.DENIED)) == []

    @pytest.mark.parametrize("result", [Result.DENIED, Result.UNAVAILABLE])
    def test_a_prometheus_that_answers_nothing(self, result: Result) -> None:
        query = asking("up", BEGIN, NOW)
        assert blind_spots(answered(calm(), query, result)) == ["metrics of Prometheus"]
        half = Situation.of(calm().world.snapshot.extended([names("up")]))
        assert blind_spots(answered(half, query, result)) == []

    def test_of_what_stands_in_no_namespace_it_and_what_rests_on_it_have_to_be_seen(self) -> None:
        node = {"kind": "Node", "metadata": {"name": "node-1"}, "status": {}}
        asked = run("why?")
        asked = asked.replace(
            scene=Scene(tenant="laptop", platform=True, namespaces=[NS]),
            spec=asked.spec.replace(target=ObjectRef(kind="Node", name="node-1")),
        )
        bare = Snapshot(asked)
        queries = essential(Situation.of(bare).world, NODE)
        assert len(queries) == 2
        whole = bare.extended(observe(query, node if query.name else {"items": []}) for query in queries)
        assert blind_spots(Situation.of(whole)) == []
        for query in queries:
            half = Snapshot(asked, tuple(one for one in whole.observations if one.query != query))
            assert blind_spots(Situation.of(half)) == [query.command()]


TILL = Ref("Deployment", NS, "till")


def till(*statuses: Raw, age: float = 1, replicas: int = 1, pods: float | None = None) -> Snapshot:
    """A Deployment of so many seconds that is asked about, with a pod of each of these states, and the shop."""
    body = template("till")
    top = workload("till", body, replicas=replicas, metadata=meta("till", age=age))
    owner = replicaset(top, 1, body, age=age)
    made = [pod(owner, body, one, name=f"till-p{number}", age=age if pods is None else pods)
            for number, one in enumerate(statuses)]  # fmt: skip
    return snapshot(run("why?", "Deployment/till"), [*shop(), top, *([owner, *made] if made else [])])


CREATING = waiting("till", "ContainerCreating")
READY = running("till", up=1)


class TestStarting:
    @pytest.mark.parametrize(
        "seen",
        [
            pytest.param(till(), id="no pod yet"),
            pytest.param(till(CREATING), id="its pod is made"),
            pytest.param(till(running("till", up=1, ready=False)), id="it runs and is not ready"),
            pytest.param(till(READY, replicas=2), id="one of two"),
            pytest.param(till(READY, CREATING, age=7000, replicas=2, pods=1), id="an old one that grows"),
        ],
    )
    def test_what_only_starts_is_not_well_yet(self, seen: Snapshot) -> None:
        found = Situation.of(seen)
        assert not found.pressing
        told = report(seen)
        assert told.verdict is Verdict.INCONCLUSIVE
        assert "Deployment/till is still starting: " in told.summary
        [step] = told.next_steps
        assert step.startswith("Ask again in a minute: Deployment/till is still starting: ")

    def test_what_has_all_that_it_wants_is_well(self) -> None:
        assert report(till(READY)).verdict is Verdict.NO_FAULT
        assert report(till(age=1, replicas=0)).verdict is Verdict.NO_FAULT
        assert report(till(READY, READY, replicas=1)).verdict is Verdict.NO_FAULT

    @pytest.mark.parametrize(("age", "starts"), [(600, True), (601, False)])
    def test_it_is_given_as_long_as_a_rollout(self, age: float, starts: bool) -> None:
        told = report(till(CREATING, age=age))
        assert told.verdict is Verdict.INCONCLUSIVE
        assert ("is still starting: 0 of 1 pods are ready" in told.summary) is starts
        assert ("has 0 of 1 pods ready, and nothing that was seen says why" in told.summary) is not starts
        assert told.next_steps[0].startswith("Ask again" if starts else f"kubectl describe -n {NS} deployment/till")

    def test_a_change_begins_it_anew(self) -> None:
        seen = till(READY, age=7000, replicas=2)
        grown = [one.raw for one in Situation.of(seen).world.things.values()]
        top = next(one for one in grown if one["kind"] == "Deployment" and one["metadata"]["name"] == "till")
        top["metadata"]["managedFields"] = [managed("kubectl-scale", 1, {"f:spec": {"f:replicas": {}}})]
        assert "is still starting: 1 of 2 pods are ready" in report(snapshot(seen.run, grown)).summary

    def test_it_is_looked_at_again_before_that_is_said(self) -> None:
        seen, _ = look(till(CREATING).run, till(CREATING))
        listed = [one.round for one in seen.observations if one.query == listing("pods", NS)]
        assert len(listed) == 1 + len(PAUSES)
        old, _ = look(till(CREATING).run, till(CREATING, age=300))
        assert len([one for one in old.observations if one.query == listing("pods", NS)]) == 1

    def test_what_is_not_asked_about_may_start(self) -> None:
        seen = till()
        assert report(Snapshot(run("why?", "Deployment/web"), seen.observations)).verdict is Verdict.NO_FAULT

    def test_where_nothing_is_named_nothing_may(self) -> None:
        assert report(Snapshot(run("is all well?"), till().observations)).verdict is Verdict.INCONCLUSIVE

    def test_what_else_deviates_is_what_there_is_to_say(self) -> None:
        told = report(till(waiting("till", "CrashLoopBackOff", restarts=4, last=ended(1))))
        assert told.verdict is Verdict.INCONCLUSIVE
        assert "still starting" not in told.summary
        assert not any("Ask again" in step for step in told.next_steps)

    def test_it_is_as_young_as_the_newest_of_it(self) -> None:
        together = [*shop(), configmap("first", {}, age=1), workload("till", metadata=meta("till", age=1))]
        assert "is still starting" in report(snapshot(till().run, together)).summary
        ageless = [*shop(), workload("till", metadata={"name": "till", "namespace": NS})]
        assert "and nothing that was seen says why" in report(snapshot(till().run, ageless)).summary
        owner = replicaset(ageless[-1], 1, template("till"), age=300)
        begun = [*ageless, owner, pod(owner, template("till"), CREATING, age=300)]
        assert "is still starting" in report(snapshot(till().run, begun)).summary

    def test_its_age_counts_though_nobody_asked_about_that_time(self) -> None:
        asked = run("why?", "Deployment/till", lookback_seconds=60)
        seen = Situation.of(Snapshot(asked, till(age=300).observations))
        assert not seen.timeline
        assert is_starting(seen, seen.world.workloads[TILL])

    def test_not_as_young_as_something_else(self) -> None:
        old = till(CREATING, age=7000).observations
        seen = Snapshot(till().run, (*old, *survey([configmap("new", {}, age=1)], 1)))
        beside = Situation.of(till(CREATING, age=7000))
        beside.__dict__["timeline"] = Situation.of(seen).timeline
        assert beside.timeline
        assert not is_starting(beside, beside.world.workloads[TILL])

    def test_a_pod_of_nobody_lacks_itself_until_it_has_ended(self) -> None:
        def alone(phase: str) -> Situation:
            made = pod({"kind": "Pod", "metadata": meta("once")}, template("once"), CREATING, name="once", phase=phase)
            del made["metadata"]["ownerReferences"]
            return Situation.of(snapshot(run("why?", "Pod/once"), [made]))

        assert lacking(alone("Pending"))
        assert not lacking(alone("Succeeded"))

    def test_a_job_is_not_meant_to_run_all_the_time(self) -> None:
        job = {"kind": "Job", "metadata": meta("nightly"), "spec": {"template": template("nightly")}}
        assert not lacking(Situation.of(snapshot(run("why?", "Job/nightly"), [job])))

    def test_what_explains_it_may_say_that_nothing_needs_mending(self) -> None:
        found = Situation.of(till())
        mine, other = (ranked(found, ref, 300, "Fine", fault=False) for ref in (TILL, WEB))
        assert said(found, mine) is Verdict.NO_FAULT
        assert said(found, other) is Verdict.INCONCLUSIVE

    def test_what_rests_on_a_node_is_not_asked_about(self) -> None:
        seen = till(CREATING)
        asked = seen.run.replace(spec=seen.run.spec.replace(target=ObjectRef(kind="Node", name="node-1")))
        node = {"kind": "Node", "metadata": {"name": "node-1"}, "status": {}}
        about = Situation.of(Snapshot(asked, seen.observations).extended([observe(getting("nodes", "node-1"), node)]))
        assert TILL in about.path
        assert not lacking(about)


class TestMissingTarget:
    @pytest.mark.parametrize(
        ("target", "missing"),
        [("", False), ("Namespace/shop", False), ("Deployment/web", False), ("Deployment/nosuch", True)],
    )
    def test_only_an_object_can_be_missing(self, target: str, missing: bool) -> None:
        assert missing_target(calm(target)) is missing

    def test_it_is_there_if_anything_of_what_is_meant_is(self) -> None:
        found = calm()
        found.__dict__["focus"] = frozenset({WEB, Ref("Deployment", NS, "gone")})
        assert not missing_target(found)


class TestNoFault:
    def led(self, *, fault: bool) -> Ranked:
        item = ranked(calm(), WEB, -300, "Said", fault=fault)
        return replace(item, word=Word(memory(), Force.LEADS, 3))

    def test_a_person_who_says_so_needs_no_probability(self) -> None:
        found, item = calm(), self.led(fault=False)
        assert no_fault(Board(found, (item,))) is item
        assert no_fault(Board(found, (replace(item, word=None),))) is None
        other = replace(item, word=Word(memory(), Force.CONTRADICTED, 3))
        assert no_fault(Board(found, (other,))) is None

    def test_a_fault_is_no_reason_why_nothing_needs_mending(self) -> None:
        found = calm()
        assert no_fault(Board(found, (self.led(fault=True),))) is None
        assert no_fault(Board(found, (ranked(found, WEB, 300, "Fault"),))) is None


def piles_up(*more: Raw, target: str = "Deployment/web") -> Verdict:
    """A queue beside the shop that nobody is known to take from, and what waits there grows."""
    lines = [f'{{"level":"INFO","msg":"depth","depth":{number}}}' for number in (20, 40, 60, 80)]
    top = workload("jobs")
    owner = replicaset(top, 1, top["spec"]["template"], age=7000)
    queue = [top, owner, pod(owner, top["spec"]["template"], name="jobs-1"), *more]
    asked = run("nothing gets packed", target)
    return report(snapshot(asked, [*shop(), *queue], log("jobs-1", lines, container="jobs"))).verdict


def test_work_that_nobody_is_known_to_take_away_may_be_for_what_was_asked_about() -> None:
    assert piles_up() is Verdict.INCONCLUSIVE


def test_work_that_another_takes_away_is_not_for_what_was_asked_about() -> None:
    caller = template("packer", container(env=env(QUEUE_URL="http://jobs:80")))
    assert piles_up(service("jobs"), endpoints("jobs"), *healthy("packer", caller)) is Verdict.NO_FAULT
