"""MonitoringArtefact: the metrics are missing, not the service: it runs, is ready, and logs no errors."""

from collections.abc import Iterator
from dataclasses import dataclass

from casebook.analysis.curves import Series
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import Workload
from casebook.reasoning.asked.alerts import Rerun
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command
from casebook.reasoning.planning.measuring import Measured
from casebook.reasoning.situation import Situation


@dataclass(frozen=True)
class Unseen:
    """A workload whose scrapes fail or ended, with the alert that says so."""

    workload: Workload
    scrapes: Measured
    blind: Series
    rerun: Rerun


def _detect(situation: Situation) -> Iterator[Candidate[Unseen]]:
    for rerun in situation.reruns:
        for ref in rerun.alarm.named:
            workload = situation.world.workloads.get(ref)
            scrapes = situation.measured("scrapes", workload) if workload else None
            blind = next((one for one in scrapes.series if _is_blind(workload, one)), None) if scrapes else None
            if workload and scrapes and blind:
                yield _candidate(situation, Unseen(workload, scrapes, blind, rerun))


def _is_blind(workload: Workload | None, series: Series) -> bool:
    """Whether the last scrapes failed or are missing, of a pod that is still there."""
    pod = series.labels.get("pod", "")
    gone = bool(pod) and workload is not None and pod not in {one.thing.ref.name for one in workload.live}
    return not gone and not series.last


def _candidate(situation: Situation, unseen: Unseen) -> Candidate[Unseen]:
    name = situation.label(unseen.workload.ref)
    return Candidate(
        object=unseen.workload.ref,
        statement=f"Prometheus cannot read the metrics of {name}; the service itself is well: "
        f"{unseen.workload.ready} of {unseen.workload.desired} pods are ready",
        harms=frozenset({unseen.workload.ref}),
        covers=frozenset({Sign.ALERT}),
        about=unseen,
        since=unseen.rerun.since,
    )


def _not_scraped(_: Situation, found: Candidate[Unseen]) -> Finding:
    blind = found.about.blind
    said = "its last scrapes fail (up is 0)" if blind.last == 0 else "it is not scraped any more"
    return held(found.about.scrapes.curve.cite(said, blind))


def _is_ready(_: Situation, found: Candidate[Unseen]) -> Finding:
    workload = found.about.workload
    cites = [pod.cite_condition("Ready") for pod in workload.live[:2]]
    return held(*cites) if workload.ready >= workload.desired > 0 else failed(*cites)


def _steady(situation: Situation, found: Candidate[Unseen]) -> Finding:
    unsteady = [one for one in found.about.workload.containers if one.restarts and not one.steady(situation.world.now)]
    return failed(unsteady[0].cite_state()) if unsteady else UNTESTED


def _nobody_misses_it(situation: Situation, found: Candidate[Unseen]) -> Finding:
    others = [one for one in situation.pressing if one.sign is not Sign.ALERT]
    mine = {one.ref for one in situation.world.services_of(found.about.workload)} | {found.object}
    others += [one for one in situation.symptoms if one.peers & mine]
    if others:
        return failed(*others[0].cites[:1])
    logs = [log for log in situation.world.logs_of(found.about.workload) if not log.previous]
    return held(logs[0].summary()) if logs else UNTESTED


def _steps(_: Situation, found: Candidate[Unseen]) -> list[str]:
    return [
        command("get", found.object, "-o yaml   # do the annotations or the port of its metrics still fit?"),
        f"kubectl get networkpolicy,servicemonitor,podmonitor -n {found.object.namespace}   # may Prometheus reach it?",
        'curl -s "$PROMETHEUS_URL"/api/v1/targets   # lastError of its target',
    ]


CAUSES = (
    Cause(
        code="MonitoringArtefact",
        means="The metrics are missing, not the service.",
        names="what was looked at",
        explains="alerts on absent metrics or on targets that are down, while users are served",
        base_rate=0.08,
        detect=_detect,
        predictions=(
            Prediction("Prometheus does not read its metrics", _not_scraped, 150, -300),
            Prediction("its pods are ready", _is_ready, 150, -400),
            Prediction("its containers have not restarted lately", _steady, 0, -300),
            Prediction("nobody misses it: neither its log nor its callers name an error", _nobody_misses_it, 150, -400),
        ),
        steps=_steps,
        fault=False,
    ),
)
