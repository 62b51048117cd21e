"""ReadinessGateUnmet: pods run and wait for a condition of their readiness gates, which nobody sets."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from casebook.analysis.access import listed, moment, text
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import Pod, Workload
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held, tested
from casebook.reasoning.checks.helpers import changed, cite_rollout, only, undo
from casebook.reasoning.situation import Situation

GATES = "readinessGates"
REASON = "ReadinessGatesNotReady"
_PLAIN = re.compile(r"[\w./-]+")


class Gated(NamedTuple):
    """A pod whose containers are ready, and the condition that it waits for."""

    workload: Workload
    pod: Pod
    condition: str


def _detect(situation: Situation) -> Iterator[Candidate[Gated]]:
    for workload in situation.workloads:
        for pod in workload.live:
            waits = _unmet(pod)
            if waits:
                yield _candidate(situation, Gated(workload, pod, waits))
                break


def _unmet(pod: Pod) -> str:
    """The first condition of the gates that is not True, where nothing else keeps the pod from being ready."""
    if text(pod.condition("Ready"), "reason") != REASON:
        return ""
    asked = [text(gate, "conditionType") for gate in listed(pod.thing.raw, "spec", GATES)]
    return next((one for one in asked if _PLAIN.fullmatch(one) and text(pod.condition(one), "status") != "True"), "")


def _candidate(situation: Situation, item: Gated) -> Candidate[Gated]:
    rolled = changed(situation, item.workload, GATES)
    state = "is False" if item.pod.condition(item.condition) else "was never set"
    return Candidate(
        object=item.workload.ref,
        statement=f"Pods of {situation.label(item.workload.ref)} are up, but not ready before condition "
        f"{item.condition} of their readiness gates is True, which {state}",
        harms=only(item.workload.ref),
        covers=frozenset({Sign.NOT_READY, Sign.ROLLOUT}),
        about=item,
        since=moment(item.pod.condition("Ready"), "lastTransitionTime"),
        changed=rolled.at if rolled else None,
    )


def _says_so(_: Situation, found: Candidate[Gated]) -> Finding:
    return held(found.about.pod.cite_condition("Ready"), found.about.pod.thing.cite("spec", GATES))


def _containers_ready(_: Situation, found: Candidate[Gated]) -> Finding:
    pod = found.about.pod
    main = [one for one in pod.containers if not one.init]
    return tested(all(one.ready for one in main), *(one.cite_state() for one in main[:2]))


def _brought(situation: Situation, found: Candidate[Gated]) -> Finding:
    rolled = changed(situation, found.about.workload, GATES)
    return held(cite_rollout(rolled, GATES)) if rolled else UNTESTED


def _steps(_: Situation, found: Candidate[Gated]) -> list[str]:
    return [
        f"Find out who sets {found.about.condition} (a load balancer controller, a mesh) and why it does not.",
        f"kubectl get pods -n {found.object.namespace} -o wide   # READINESS GATES: how many of them are met",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="ReadinessGateUnmet",
        means="Pods run and are not ready, for a condition of their readiness gates is not set.",
        names="workload",
        explains="pods that run and stay unready although no probe fails, rollouts that do not finish",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("the kubelet says that only its gates keep it from being ready", _says_so, 500, -300),
            Prediction("its containers are ready", _containers_ready, 60, -300),
            Prediction("the newest revision brought the gate", _brought, 150, 0),
        ),
        steps=_steps,
    ),
)
