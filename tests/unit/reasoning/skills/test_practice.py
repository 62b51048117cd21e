"""Skills at work on a board: their steps are read and tested, and are evidence that never decides alone."""

import random
import subprocess
import sys
from typing import Any

import pytest

from casebook.analysis.snapshot import Snapshot
from casebook.analysis.things import Ref
from casebook.api.enums import Origin, Outcome, Role, Standing, Verdict
from casebook.api.observation import Result, listing, pod_logs
from casebook.api.report import KnowledgeUse, Report
from casebook.api.run import RecalledSkill, Run, Trace
from casebook.reasoning.engine import ENGINE, Look, decide, weigh
from casebook.reasoning.judging.covering import THRESHOLD
from casebook.reasoning.replay import replay
from casebook.reasoning.situation import Situation
from casebook.reasoning.skills.asking import MAX_READS, asked
from casebook.reasoning.skills.practising import MOST, RULES_OUT, SPEAKS_FOR, practise
from support.builders import (
    Raw,
    container,
    endpoints,
    event,
    healthy,
    log,
    observe,
    pod,
    replicaset,
    run,
    service,
    snapshot,
    template,
    waiting,
    workload,
)
from support.memories import cause, labelled, memory
from support.reason import hypothesis, look, report, roots
from support.skills import rules_out, skill, step, supports
from support.weighing import parts, ranked

NOT_FOUND = 'failed to resolve reference "reg.local/api:v2": reg.local/api:v2: not found'
ASKED = run("why?", "Deployment/api")
WAITS = 'items.exists(p, p.metadata.name == "api-new")'


def stuck(*, told: bool = True) -> list[Raw]:
    """An api whose new revision asks for an image that is not there; `told` by an event too."""
    old, new = (
        template("api", container(image="reg.local/api:v1")),
        template("api", container(image="reg.local/api:v2")),
    )
    top = workload("api", new)
    first, second = replicaset(top, 1, old, age=7000), replicaset(top, 2, new, age=120)
    waits = pod(second, new, waiting("app", "ImagePullBackOff", f"Back-off: {NOT_FOUND}"), name="api-new", age=120)
    events = [event(waits, "Failed", f"Failed to pull image: {NOT_FOUND}")] if told else []
    return [top, first, second, pod(first, old, name="api-old"), waits, *events, service("api"), endpoints("api")]


def knowing(*skills: RecalledSkill, objects: list[Raw] | None = None, logs: Any = (), asked: Run = ASKED) -> Report:
    return report(snapshot(asked.replace(skills=list(skills)), objects or stuck(), *logs))


def use(found: Report, name: str = "s") -> KnowledgeUse:
    return next(item for item in found.knowledge if (item.kind, item.name) == ("Skill", name))


def test_one_that_is_quarantined_reads_nothing_moves_nothing_and_says_why() -> None:
    reads = skill("s", step(WAITS, "limitranges", on_true=supports("DnsFailing", "Deployment/api")))
    struck = reads.replace(quarantined="bob quarantined user/mallory")
    found = knowing(struck)
    assert use(found).effect == "skipped, it cannot be used: quarantined: bob quarantined user/mallory"
    assert use(found).role is Role.SHOWN
    assert found.hypotheses == knowing().hypotheses
    situation = Situation(weigh(snapshot(ASKED.replace(skills=[struck]), stuck())).situation.world)
    free = Situation(weigh(snapshot(ASKED.replace(skills=[reads]), stuck())).situation.world)
    assert (asked(situation), len(asked(free))) == ([], 1)


def test_without_skills_nothing_changes() -> None:
    elsewhere = skill("s", step(WAITS, on_true=supports("DnsFailing")), when=labelled(namespace="other"))
    assert knowing(elsewhere) == knowing()
    assert knowing().knowledge == []


def test_a_step_that_holds_is_cited_evidence_for_the_cause_that_it_names() -> None:
    taught = skill("s", step(WAITS, name="waits", on_true=supports("ImageNotFound")))
    plain, found = hypothesis(knowing(), "ImageNotFound"), hypothesis(knowing(taught), "ImageNotFound")
    assert plain is not None
    assert found is not None
    added = [term for term in found.terms if term not in plain.terms]
    assert [(term.name, term.centinats) for term in added] == [("skill s, step waits speaks for it", SPEAKS_FOR)]
    said = found.predictions[-1]
    assert (said.statement, said.outcome) == (f"skill s, step waits speaks for it ({WAITS}: true)", Outcome.HELD)
    (cited,) = [one for one in knowing(taught).evidence if one.id in said.evidence]
    assert cited.query == "kubectl get pods -n shop"
    assert cited.excerpt == f"{WAITS} is true of api-old, api-new"
    told = use(knowing(taught))
    assert (told.version, told.role, told.why) == (taught.version, Role.ACTED, "applies: it applies everywhere")
    assert told.effect.endswith(" %; waits: true")


def test_a_cause_that_nothing_but_skills_speaks_for_is_never_the_answer() -> None:
    steps = [step("true", name=f"s{number}", on_true=supports("MemoryLeak")) for number in range(20)]
    crowd = [skill(f"skill-{number}", *steps) for number in range(5)]
    found = knowing(*crowd)
    suspected = hypothesis(found, "MemoryLeak")
    assert suspected is not None
    assert (suspected.origin, suspected.verdict) == (Origin.SKILL, Standing.OPEN)
    assert roots(found) == roots(knowing())
    nothing = knowing(*crowd, objects=healthy("api"))
    assert (nothing.verdict, nothing.root_causes) == (Verdict.NO_FAULT, [])
    likely = [
        item for item in weigh(snapshot(ASKED.replace(skills=crowd), stuck())).ranked if item.cause == "MemoryLeak"
    ]
    assert all(item.centinats < THRESHOLD and not item.is_proven for item in likely)


@pytest.mark.parametrize(("before", "after"), [(-400, -100), (20, THRESHOLD - 1), (THRESHOLD, THRESHOLD), (200, 200)])
def test_what_is_unproven_is_brought_below_the_threshold_at_most(before: int, after: int) -> None:
    taught = skill("s", *(step("true", name=f"n{number}", on_true=supports("X")) for number in range(9)))
    situation = Situation.of(snapshot(ASKED.replace(skills=[taught]), stuck()))
    (found,), _ = practise(situation, [ranked(situation, Ref("Deployment", "shop", "api"), before, "X")])
    assert found.centinats == after
    assert len(found.by_skills) == 9
    assert not found.is_proven


def test_all_steps_together_add_a_bounded_amount() -> None:
    many = skill("s", *(step(WAITS, name=f"n{number}", on_true=supports("ImageNotFound")) for number in range(9)))
    before, after = (hypothesis(found, "ImageNotFound") for found in (knowing(), knowing(many)))
    assert before is not None
    assert after is not None
    gained = sum(term.centinats for term in after.terms) - sum(term.centinats for term in before.terms)
    assert gained == MOST


def test_what_a_step_rules_out_is_refuted_unless_facts_prove_it() -> None:
    proven = knowing(skill("s", step(WAITS, on_true=rules_out("ImageNotFound"))))
    assert roots(proven) == [("Deployment/api", "ImageNotFound")]
    told = use(proven)
    assert told.role is Role.CONTRADICTED
    assert "though the facts speak for it" in told.effect


def test_what_a_step_rules_out_and_nothing_proves_is_refuted() -> None:
    denied = skill("s", step("false", name="no", on_false=rules_out("X", "Deployment/api")))
    situation = Situation.of(snapshot(ASKED.replace(skills=[denied]), stuck()))
    suspected = [ranked(situation, Ref("Deployment", "shop", name), 300, "X") for name in ("api", "web")]
    found, (told,) = practise(situation, suspected)
    assert [(item.object, item.refuted) for item in found] == [("Deployment/api", True), ("Deployment/web", False)]
    assert parts(found[0]) == [300, RULES_OUT]
    assert found[0].cites(Outcome.FAILED)
    assert [one.about for one in told.moved] == ["X on Deployment/api"]


def test_a_skill_lifts_no_mark_of_a_memory_and_facts_it_shows_contradict_one() -> None:
    word = memory("m", claim=cause("DnsFailing", "Deployment/api"))
    asked = ASKED.replace(recalled=[word])
    backed = knowing(skill("s", step("true", on_true=supports("DnsFailing", "Deployment/api"))), asked=asked)
    assert backed.root_causes[0].cause == "DnsFailing"
    assert "unproven" in backed.root_causes[0].statement
    assert backed.root_causes[0].confidence_percent == 60
    denied = skill(
        "s",
        step("true", on_true=supports("DnsFailing", "Deployment/api")),
        step("false", name="no", on_false=rules_out("DnsFailing")),
    )
    against = knowing(denied, asked=asked)
    assert roots(against) == [("Deployment/api", "ImageNotFound")]
    assert "facts contradict memory m" in next(one.effect for one in against.knowledge if one.name == "m")


def test_a_bad_skill_is_skipped_and_says_why() -> None:
    bad = skill("bad", step("items.size(", on_true=supports("DnsFailing")))
    worse = skill("worse", step("true", "secrets", on_true=supports("DnsFailing")))
    found = knowing(bad, worse)
    assert use(found, "bad").effect.startswith("skipped, it cannot be used: step look: expect: it is not CEL")
    assert use(found, "worse").effect.startswith("skipped, it cannot be used: step look: observe: secrets is not read")
    assert found.replace(knowledge=[]) == knowing()


@pytest.mark.parametrize(
    ("taught", "why"),
    [
        (step("items[0].spec.nothing == 1"), "not told, no such member in mapping: 'nothing'; ask with has() first"),
        (step("true", "pods {who}"), "not told, label:team is not known to be one thing here"),
        (step("true", "Deployment/gone", "logs"), "not told, Deployment/gone was not seen"),
        (step("true", "up", "prometheus"), "not told, there is no Prometheus to ask"),
        (step("true", "jobs -l a=b"), "not told, it was not looked at"),
    ],
)
def test_a_step_that_cannot_be_told_changes_nothing(taught: dict[str, Any], why: str) -> None:
    parameters = [{"name": "who", "from": "label:team"}]
    effects = {"onTrue": supports("DnsFailing"), "onFalse": rules_out("ImageNotFound")}
    found = knowing(skill("s", taught | effects, parameters=parameters))
    assert use(found).effect == f"changed nothing; look: {why}"
    assert found.replace(knowledge=[]) == knowing()


@pytest.mark.parametrize(
    ("result", "truncated", "why"),
    [
        (Result.DENIED, False, "it could not be read: forbidden"),
        (Result.UNAVAILABLE, False, "it could not be read: forbidden"),
        (Result.OK, True, "only a part of it was read; narrow the query"),
    ],
)
def test_what_was_not_seen_is_not_taken_for_what_is_not_there(result: Result, truncated: bool, why: str) -> None:
    query = listing("jobs.batch", "shop", labels="a=b")
    data = {"items": []} if result is Result.OK else None
    answer = observe(query, data, 1, result=result, message="forbidden").replace(truncated=truncated)
    taught = skill("s", step("items.size() == 0", "jobs -l a=b", on_true=supports("DnsFailing")))
    found = report(snapshot(ASKED.replace(skills=[taught]), stuck(), answer))
    assert use(found).effect == f"changed nothing; look: not told, {why}"
    assert hypothesis(found, "DnsFailing") is None


def test_an_object_that_is_not_there_can_be_expected() -> None:
    query = listing("jobs.batch", "shop").replace(name="migrate")
    answer = observe(query, None, 1, result=Result.NOT_FOUND)
    taught = skill("s", step("items.size() == 0", "jobs migrate", on_true=supports("JobFailed")))
    assert use(report(snapshot(ASKED.replace(skills=[taught]), stuck(), answer))).effect.endswith("; look: true")


def test_steps_over_logs_read_what_the_workload_wrote() -> None:
    taught = skill(
        "s",
        step('lines.exists(l, l.contains("PSP-503"))', "{kind}/{name}", "logs", on_true=supports("DnsFailing")),
        parameters=[{"name": "kind", "from": "workload.kind"}, {"name": "name", "from": "workload.name"}],
    )
    found = knowing(taught, logs=[log("api-old", ["INFO fine", "WARN provider said PSP-503"])], objects=healthy_api())
    assert use(found).effect.endswith("; look: true")
    assert any("the last of them: WARN provider said PSP-503" in one.excerpt for one in found.evidence)


def healthy_api() -> list[Raw]:
    body = template("api", container())
    top = workload("api", body)
    owner = replicaset(top, 1, body, age=7000)
    return [top, owner, pod(owner, body, name="api-old"), service("api"), endpoints("api")]


def test_the_plan_asks_what_the_steps_of_a_skill_that_applies_read() -> None:
    taught = skill("s", step("items.size() == 0", "jobs -l a=b"), step("true", "roles", name="r"))
    other = skill("other", step("true", "leases"), when=labelled(namespace="other"))
    unknown = skill("unknown", step("true", "jobs -l c=d"), when=labelled(label__team="x"))
    seen, _ = look(ASKED.replace(skills=[taught, other, unknown]), snapshot(ASKED, stuck()))
    plain, _ = look(ASKED, snapshot(ASKED, stuck()))
    extra = {one.query.canonical() for one in seen.observations} - {one.query.canonical() for one in plain.observations}
    wanted = [listing("jobs.batch", "shop", labels="a=b"), listing("roles.rbac.authorization.k8s.io", "shop")]
    assert extra == {query.canonical() for query in wanted}


def test_the_reads_of_skills_are_bounded_and_stay_in_the_scope_of_the_run() -> None:
    crowd = [skill(f"s{number:02}", step("true", f"jobs -l a=b{number}")) for number in range(30)]
    seen, _ = look(ASKED.replace(skills=crowd), snapshot(ASKED, stuck()))
    plain, _ = look(ASKED, snapshot(ASKED, stuck()))
    assert len(seen.observations) - len(plain.observations) == MAX_READS
    assert {one.query.namespace for one in seen.observations} == {"shop", ""}
    small = ASKED.replace(skills=crowd, spec=ASKED.spec.replace(budget=ASKED.spec.budget.replace(observations=30)))
    short, stop = look(small, snapshot(ASKED, stuck()))
    assert (len(short.observations), stop.reason) == (30, "Budget")


def test_a_replay_gives_the_same_bytes_in_whatever_order_things_came() -> None:
    taught = [
        skill("a", step(WAITS, on_true=supports("ImageNotFound"))),
        skill("b", step("items.size() == 0", "jobs -l a=b", on_true=supports("DnsFailing"))),
        skill("c", step("nonsense(", on_true=supports("DnsFailing"))),
    ]
    seen, stop = look(ASKED.replace(skills=taught), snapshot(ASKED, stuck()))
    first = None
    for seed in range(4):
        order = random.Random(seed)
        observations = order.sample(seen.observations, len(seen.observations))
        run_ = seen.run.replace(skills=order.sample(taught, len(taught)))
        made = Trace(engine=ENGINE, run=run_, stop=stop, observations=observations)
        found = replay(Trace.model_validate_json(made.model_dump_json(by_alias=True))).model_dump_json()
        first = first or found
        assert found == first
    assert '"kind":"Skill"' in str(first)


def test_the_language_is_loaded_only_where_a_skill_applies() -> None:
    code = (
        "import sys, casebook.cli.agent, casebook.agent.loop, casebook.reasoning.engine; print('celpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_steps_come_with_the_logs_in_one_round() -> None:
    taught = skill("s", step("true", "jobs -l a=b"))
    seen = Snapshot(ASKED.replace(skills=[taught]), snapshot(ASKED, stuck()).observations)
    step_ = decide(seen, weigh(seen))
    assert isinstance(step_, Look)
    assert step_.why.endswith("and what skills look at")
    assert {query.source for query in step_.queries} == {"logs", "kubernetes"}
    assert pod_logs("shop", "api-old", "app") in step_.queries
