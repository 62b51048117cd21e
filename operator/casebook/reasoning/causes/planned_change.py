"""PlannedChange: what is missing was taken away on purpose, and somebody said so."""

from collections.abc import Iterator

from casebook.analysis.access import dig
from casebook.analysis.signs import Sign
from casebook.analysis.things import Cite, Thing
from casebook.reasoning.cause import Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.checks.planned import announcement, blamed_for, replaced
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[Thing]]:
    for workload in situation.workloads:
        off = workload.desired == 0 and workload.ref.kind in ("Deployment", "StatefulSet")
        suspended = workload.ref.kind in ("CronJob", "Job") and dig(workload.thing.raw, "spec", "suspend") is True
        said, instead = announcement(workload.thing), replaced(situation, workload)
        if (off or suspended) and (said or instead):
            plan = f"as planned: {said.excerpt.split(' = ', 1)[-1][:160]}" if said else "after others took its place"
            yield Candidate(
                object=workload.ref,
                statement=f"{situation.label(workload.ref)} was {'scaled to 0' if off else 'suspended'} {plan}",
                harms=frozenset({workload.ref}),
                covers=frozenset({Sign.NO_PODS, Sign.NO_ENDPOINTS, Sign.SUSPENDED}),
                about=workload.thing,
            )


def _announced(situation: Situation, found: Candidate[Thing]) -> Finding:
    said: Cite | None = announcement(found.about)
    workload = situation.world.workloads.get(found.object)
    instead = replaced(situation, workload) if workload and not said else None
    if instead:
        return held(instead, note="its Service was pointed to others before")
    return held(said) if said else failed(found.about.say("no annotation speaks of a plan"))


def _is_off(_: Situation, found: Candidate[Thing]) -> Finding:
    field = "suspend" if found.object.kind in ("CronJob", "Job") else "replicas"
    return held(found.about.cite("spec", field))


def _nothing_else(situation: Situation, found: Candidate[Thing]) -> Finding:
    reached = situation.graph.downstream(found.harms)
    others = [one for one in situation.pressing if one.entity not in reached]
    workload = situation.world.workloads.get(found.object)
    others += blamed_for(situation, workload) if workload else []
    return failed(*others[0].cites[:1]) if others else held(found.about.say("nothing else on the path deviates"))


def _steps(_: Situation, found: Candidate[Thing]) -> list[str]:
    return [
        "Silence the alert for as long as the plan lasts, and make the rule leave out what is switched off on purpose.",
        command("get", found.object, "-o yaml   # who announced it, until when"),
    ]


CAUSES = (
    Cause(
        code="PlannedChange",
        means="What is missing was taken away on purpose: an annotation says so, or others took its place before.",
        names="what was looked at",
        explains="a Service without endpoints, errors of callers while the plan lasts",
        base_rate=0.05,
        detect=_detect,
        predictions=(
            Prediction("an annotation announces it, or others took its place before", _announced, 300, -400),
            Prediction("it is switched off, not broken", _is_off, 150, -300),
            Prediction("nothing else deviates, no caller fails", _nothing_else, 60, -300),
        ),
        steps=_steps,
        fault=False,
    ),
)
