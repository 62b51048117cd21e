"""ProcessExitsCleanly: the main process ends with 0 although it should serve."""

from collections.abc import Iterator

from casebook.analysis.changes import PROGRAM
from casebook.analysis.signs import Sign
from casebook.analysis.workloads import Container
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import Subject, changed_part, containers, only, program_changed, undo
from casebook.reasoning.checks.probes import kills
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[Subject]]:
    for workload, _, container in containers(situation):
        ends = container.exit_code == 0 and not container.steady(situation.world.now)
        if container.init or not workload.serves or not ends:
            continue
        rolled = changed_part(situation, Subject(workload, container), *PROGRAM)
        yield Candidate(
            object=workload.ref,
            statement=f"The main process of container {container.name} of {situation.label(workload.ref)} "
            "ends with 0 although it should keep running",
            harms=only(workload.ref),
            covers=frozenset({Sign.CRASH, Sign.NOT_READY}),
            about=Subject(workload, container),
            changed=rolled.at if rolled else None,
        )


def _ends_with_zero(_: Situation, found: Candidate[Subject]) -> Finding:
    return held(found.about.container.cite_ended())


def _nobody_stops_it(situation: Situation, found: Candidate[Subject]) -> Finding:
    container = found.about.container
    events = kills(situation, container)
    if events:
        return failed(events[-1].cite())
    return UNTESTED if _is_hidden(situation, container) else held(container.cite_state())


def _is_hidden(situation: Situation, container: Container) -> bool:
    """A program that is stopped by its probe and ends in order looks the same but for the event."""
    probed = bool(container.spec.get("livenessProbe"))
    return probed and not situation.world.complete("events", container.pod.ref.namespace)


def _nothing_hidden(situation: Situation, found: Candidate[Subject]) -> Finding:
    hidden = _is_hidden(situation, found.about.container)
    return failed(note="events could not be read; they would say if its probe stops it") if hidden else UNTESTED


def _steps(_: Situation, found: Candidate[Subject]) -> list[str]:
    return [
        f"Make the command of container {found.about.container.name} stay in the foreground, or run it as a Job.",
        undo(found.about.workload),
    ]


CAUSES = (
    Cause(
        code="ProcessExitsCleanly",
        means="The main process ends with 0 although it should serve.",
        names="workload",
        explains="restarts without an error",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            Prediction("it ends with 0", _ends_with_zero, 240, -300),
            Prediction("nobody stops it", _nobody_stops_it, 300, -350),
            Prediction("nothing hides who stops it", _nothing_hidden, 0, -200),
            Prediction("the newest revision changed the program", program_changed, 120, 0),
        ),
        steps=_steps,
    ),
)
