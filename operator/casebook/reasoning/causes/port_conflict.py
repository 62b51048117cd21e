"""PortConflict: two containers of a pod, or two users of a host port, want the same port."""

from collections.abc import Iterator

from casebook.analysis import failures
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, held
from casebook.reasoning.helpers import undo
from casebook.reasoning.logged import Said, candidate, of_kind, part_changed, quoted, says_so, spoken
from casebook.reasoning.situation import Situation


def _detect(situation: Situation) -> Iterator[Candidate[Said]]:
    for said in spoken(situation, of_kind(failures.PORT_TAKEN)):
        name = said.entries[0].log.container
        yield candidate(
            situation,
            said,
            f"Container {name} of {situation.label(said.workload.ref)} wants a port that is taken: {quoted(said)}",
            parts=("containers[", ".ports", ".args", ".env"),
        )


def _several_containers(_: Situation, found: Candidate[Said]) -> Finding:
    pods = found.about.workload.live
    names = [one.name for one in pods[0].containers if not one.init] if pods else []
    return (
        held(pods[0].thing.say(f"containers that share its network: {', '.join(names)}"))
        if len(names) > 1
        else UNTESTED
    )


def _steps(_: Situation, found: Candidate[Said]) -> list[str]:
    return ["Give each container of the pod a port of its own.", undo(found.about.workload)]


CAUSES = (
    Cause(
        code="PortConflict",
        means="Two containers, or two users of a host port, want the same port.",
        names="workload",
        explains="one container that crashes while its neighbours run",
        base_rate=0.02,
        detect=_detect,
        predictions=(
            says_so("the program says that its address is in use", 400),
            Prediction("several containers share the pod's network", _several_containers, 80, 0),
            Prediction("the newest revision changed the containers", part_changed("containers["), 80, 0),
        ),
        steps=_steps,
    ),
)
