"""The second act: somebody corrects the finding, sees what that changes, and the same alert fires again."""

import re
import shlex
from dataclasses import dataclass

from casebook.api.base import INVESTIGATIONS
from casebook.api.enums import Trigger
from casebook.api.investigation import Investigation
from casebook.cli.show import seen_before
from demokit.follow import investigation, one
from demokit.shop import NAME, Shop, every
from demokit.story import Story
from scenariokit.format import Kubectl, Step
from scenariokit.kubectl import CommandError, Kube

CAUSE = "VendorLibraryBroken"
STATEMENT = "The vendor's library in that release is broken: take the release back and call the vendor."
RESOLVED_SECONDS = 300.0
_SET = re.compile(r"^set\s+\w+\s+(?P<workload>(?:deployment|statefulset|daemonset)/[\w.-]+)\s")
_FOLLOWS = re.compile(r"^rollout status\s")


@dataclass(frozen=True)
class Change:
    """What an investigation of the same problem took before somebody corrected it, and after."""

    before: Investigation
    after: Investigation

    def lines(self) -> list[str]:
        """What it came to and what it read, both times; then what the status knows of earlier occurrences."""
        told = [_line("first", self.before), _line("again", self.after)]
        return [*told, *seen_before(self.after.status.recurrence)]


def _line(when: str, found: Investigation) -> str:
    report, status = found.status.report, found.status
    reads = report.cost.observations if report else 0
    return f"{when}   {status.cause or status.verdict} on {status.object or '-'}, {reads} reads"


def undoing(inject: list[Step]) -> list[str]:
    """The kubectl arguments that take a fault back, last first; nothing where it is more than releases of workloads."""
    found = []
    for step in inject:
        text = " ".join(step.kubectl.split()) if isinstance(step, Kubectl) else ""
        released = _SET.match(text)
        if released:
            found.append(f"rollout undo {released['workload']}")
        elif not _FOLLOWS.match(text):
            return []
    return found[::-1]


def correction(found: Investigation) -> list[str]:
    """The arguments by which a person says that the finding was something else; nothing where there is no finding."""
    status = found.status
    if not status.cause or not status.object:
        return []
    metadata = found.metadata
    said = ["--cause", CAUSE, "--object", status.object, "--statement", STATEMENT]
    return ["correct", metadata.name, "-n", metadata.namespace, *said, *_scope(found)]


def _scope(found: Investigation) -> list[str]:
    """Wherever the alert fires in the namespace: which of the services complains first is chance."""
    alertname = found.spec.alert.labels.get("alertname", "") if found.spec.alert else ""
    terms = [f"alertname={alertname}", f"namespace={found.metadata.namespace}"] if alertname else []
    return [word for term in terms for word in ("--scope", term)]


def typed(arguments: list[str]) -> str:
    """A command of the plugin as a person would type it."""
    return f"$ kubectl casebook {shlex.join(arguments)}"


async def mend(story: Story, shop: Shop) -> None:
    """Take the fault back."""
    for words in undoing(shop.scenario.inject):
        story.say(f"$ kubectl -n {NAME} {words}")
        await shop.kube.must(*shlex.split(words))


async def resolved(story: Story, kube: Kube, found: Investigation) -> None:
    """Wait until Alertmanager has told that the alert is over: only then is the next one news."""
    metadata = found.metadata
    if found.spec.trigger is not Trigger.ALERT:
        return
    async for _ in every(2, RESOLVED_SECONDS):
        told = investigation(await one(kube, metadata.namespace, metadata.name)).status.alert
        if told is not None and told.resolved_at is not None:
            story.say("the alert is over, and Alertmanager has said so")
            return
    raise CommandError(
        f"the alert did not resolve within {RESOLVED_SECONDS:.0f} s: kubectl get inv -n {metadata.namespace}"
    )


async def names(kube: Kube, namespace: str) -> set[str]:
    """The Investigations that there are."""
    return {str(found["metadata"]["name"]) for found in await kube.objects(INVESTIGATIONS, "-n", namespace)}
