"""JobFailed, JobDeadlineExceeded: a Job gave up, because its command fails or takes too long."""

import re
from collections.abc import Callable, Iterator

from casebook.analysis.access import moment, text
from casebook.analysis.signs import Sign
from casebook.analysis.things import Thing
from casebook.analysis.workloads import Container, cite_condition, condition
from casebook.api.observation import Query
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import command, last_words, logs_wanted
from casebook.reasoning.situation import Situation

_DEADLINE = re.compile("DeadlineExceeded")


def _detector(deadline: bool) -> Callable[[Situation], Iterator[Candidate[Thing]]]:
    def detect(situation: Situation) -> Iterator[Candidate[Thing]]:
        for job in situation.world.all("Job"):
            gave_up = condition(job, "Failed")
            at = moment(gave_up, "lastTransitionTime")
            late = bool(_DEADLINE.search(text(gave_up, "reason")))
            if text(gave_up, "status") != "True" or late is not deadline or (at and at < situation.world.begin):
                continue
            said = _words(situation, job)
            yield Candidate(
                object=situation.world.top(job.ref),
                statement=f"{situation.label(job.ref)} gave up ({text(gave_up, 'reason')})"
                f"{f': {said}' if said else ''}",
                harms=frozenset({situation.world.top(job.ref)}),
                covers=frozenset({Sign.JOB_FAILED, Sign.CRASH, Sign.ERRORS, Sign.VAGUE}),
                about=job,
                since=at,
            )

    return detect


def _ended(situation: Situation, job: Thing) -> list[Container]:
    pods = [pod for pod in situation.world.pods.values() if pod.thing.owner() == job.ref]
    return [one for pod in pods for one in pod.containers if one.exit_code]


def _words(situation: Situation, job: Thing) -> str:
    for container in _ended(situation, job):
        for one in reversed(last_words(situation, container)):
            kind, message = one.entry.exception
            return (f"{kind}: {message}" if kind else one.entry.message)[:160]
    return ""


def _gave_up(_: Situation, found: Candidate[Thing]) -> Finding:
    return held(cite_condition(found.about, "Failed"))


def _command_fails(situation: Situation, found: Candidate[Thing]) -> Finding:
    ended = _ended(situation, found.about)
    killed = [one for one in ended if text(one.ended, "reason") == "OOMKilled"]
    if killed:
        return failed(killed[0].cite_ended())
    said = [one.cite() for container in ended for one in last_words(situation, container)[-1:]]
    return held(ended[0].cite_ended(), *said[:1]) if ended else UNTESTED


def _logs(situation: Situation, found: Candidate[Thing]) -> list[Query]:
    return [query for container in _ended(situation, found.about)[:2] for query in logs_wanted(container)]


def _own_fault(situation: Situation, found: Candidate[Thing]) -> Finding:
    said = [one for container in _ended(situation, found.about) for one in last_words(situation, container)]
    blamed = [one for one in said if one.peers]
    return failed(blamed[0].cite(), note="it blames something that it calls") if blamed else UNTESTED


def _steps(_: Situation, found: Candidate[Thing]) -> list[str]:
    return [
        command("logs", found.about.ref, "--all-containers --tail=100"),
        _correct(found),
    ]


def _correct(found: Candidate[Thing]) -> str:
    if found.object.kind == "CronJob":
        return f"Correct command or input in CronJob {found.object.name}; what it starts from then on has them."
    return "Correct the Job's command or input, then make a new Job; a failed one is not tried again."


CAUSES = (
    Cause(
        code="JobFailed",
        means="A Job gave up because its command fails.",
        names="Job or CronJob",
        explains="work that was not done",
        base_rate=0.03,
        detect=_detector(deadline=False),
        predictions=(
            Prediction("the Job gave up", _gave_up, 450, -300),
            Prediction("its command ends with an error", _command_fails, 120, -250, _logs),
            Prediction("it blames nothing that it calls", _own_fault, 0, -150, _logs),
        ),
        steps=_steps,
    ),
    Cause(
        code="JobDeadlineExceeded",
        means="A Job took longer than it may.",
        names="Job or CronJob",
        explains="work that was not done",
        base_rate=0.02,
        detect=_detector(deadline=True),
        predictions=(Prediction("the Job ran into its deadline", _gave_up, 650, -300),),
        steps=_steps,
    ),
)
