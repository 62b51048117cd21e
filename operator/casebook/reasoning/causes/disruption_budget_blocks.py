"""DisruptionBudgetBlocks: a node cannot be drained, because a budget permits none of its pods to go."""

from collections.abc import Iterator

from casebook.analysis.access import count, text
from casebook.analysis.budgets import HeldUp, evictable, guards, held_up
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import cite_condition, condition
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held, tested
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[HeldUp]]:
    for item in held_up(situation.world):
        numbers = ", ".join(f"{key} {text(item.budget.spec(key))}" for key in _rule(item))
        pods = count(item.budget.raw, "status", "expectedPods")
        yield Candidate(
            object=item.budget.ref,
            statement=f"{situation.label(item.budget.ref)} ({numbers}, {pods} pods) permits no eviction, so that "
            f"Node/{item.node.ref.name} cannot be drained",
            harms=frozenset({item.budget.ref}),
            covers=frozenset({Sign.DRAIN}),
            about=item,
            since=item.since,
        )


def _rule(item: HeldUp) -> list[str]:
    return [key for key in ("minAvailable", "maxUnavailable") if item.budget.spec(key) is not None]


def _permits_none(_: Situation, found: Candidate[HeldUp]) -> Finding:
    budget = found.about.budget
    allowed = budget.cite("status", "disruptionsAllowed")
    return held(cite_condition(budget, "DisruptionAllowed") if condition(budget, "DisruptionAllowed") else allowed)


def _is_spoken_of(_: Situation, found: Candidate[HeldUp]) -> Finding:
    events = found.about.events
    node = found.about.node.cite("spec", "unschedulable")
    return held(events[-1].cite(), node) if events else held(node, note="the question speaks of it")


def _its_pods_are_well(_: Situation, found: Candidate[HeldUp]) -> Finding:
    """Where they are not ready, whatever keeps them so is why none may go."""
    unready = [pod for pod in found.about.pods if not pod.ready]
    if unready:
        return failed(unready[0].cite_condition("Ready"))
    return held(found.about.budget.cite("status", "currentHealthy"), found.about.pods[0].cite_condition("Ready"))


def _counts_enough(_: Situation, found: Candidate[HeldUp]) -> Finding:
    """Elsewhere too: a budget that lacks pods that are on no node yet permits more once they are ready."""
    budget = found.about.budget
    healthy, wanted = (count(budget.raw, "status", key) for key in ("currentHealthy", "desiredHealthy"))
    return tested(healthy >= wanted, budget.cite("status", "currentHealthy"), budget.cite("status", "desiredHealthy"))


def _others_have_left(situation: Situation, found: Candidate[HeldUp]) -> Finding:
    left = [one for one in evictable(situation.world, found.about.node) if not guards(found.about.budget, one)]
    return failed(left[0].thing.cite("spec", "nodeName")) if left else UNTESTED


def _steps(_: Situation, found: Candidate[HeldUp]) -> list[str]:
    pod = found.about.pods[0]
    owner = pod.thing.owner() or pod.thing.ref
    here = f"-o wide --field-selector spec.nodeName={found.about.node.ref.name}"
    return [
        f"Give {owner.kind} {owner.name} one more replica on another node, and the drain goes on by itself.",
        command("edit", found.object, "  # let one pod be unavailable for as long as the drain lasts"),
        f"kubectl get pods -n {found.object.namespace} {here}",
    ]


CAUSES = (
    Cause(
        code="DisruptionBudgetBlocks",
        means="A PodDisruptionBudget permits no eviction by its own numbers, so that drains do not come to an end.",
        names="PodDisruptionBudget",
        explains="a cordoned node that is not drained, upgrades and scale-downs of nodes that do not go on",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("it permits no eviction", _permits_none, 300, -300),
            Prediction("a drain of a node with its pods is spoken of", _is_spoken_of, 200, -300),
            Prediction("its pods there are well", _its_pods_are_well, 100, -300),
            Prediction("it counts as many healthy pods as it wants", _counts_enough, 60, -200),
            Prediction("nothing else is left on the node", _others_have_left, 0, -120),
        ),
        steps=_steps,
    ),
)
