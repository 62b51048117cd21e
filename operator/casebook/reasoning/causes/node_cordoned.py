"""NodeCordoned: a person marked the nodes that could run a workload as unschedulable."""

import re
from collections.abc import Iterator

from casebook.analysis.access import dig
from casebook.analysis.changes import edited
from casebook.analysis.signs import Sign
from casebook.reasoning.cause import UNTESTED, Candidate, Cause, Finding, Prediction, failed, held
from casebook.reasoning.checks.helpers import at
from casebook.reasoning.checks.planned import announcement
from casebook.reasoning.checks.scheduling import Unscheduled, nodes, says_so, unscheduled
from casebook.reasoning.situation import Situation

_WORDS = re.compile(r"were unschedulable|node\.kubernetes\.io/unschedulable")


def _detect(situation: Situation) -> Iterator[Candidate[Unscheduled]]:
    cordoned = [node for node in nodes(situation) if dig(node.raw, "spec", "unschedulable") is True]
    for item in unscheduled(situation):
        if not item.nodes_that(_WORDS):
            continue
        for node in cordoned[:3]:
            edit = edited(node, "spec", "unschedulable")
            by = f" by {edit.manager}{at(edit.at)}" if edit else ""
            yield Candidate(
                object=node.ref,
                statement=f"Node/{node.ref.name} was cordoned{by}, so {situation.label(item.workload.ref)} has no node",
                harms=frozenset({item.workload.ref}),
                covers=frozenset({Sign.PENDING, Sign.NOT_READY}),
                about=item,
                changed=edit.at if edit else None,
            )


def _marked(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    node = situation.world.things.get(found.object)
    return held(node.cite("spec", "unschedulable")) if node else UNTESTED


def _not_announced(situation: Situation, found: Candidate[Unscheduled]) -> Finding:
    node = situation.world.things.get(found.object)
    said = announcement(node) if node else None
    return failed(said) if said else UNTESTED


def _steps(_: Situation, found: Candidate[Unscheduled]) -> list[str]:
    return [f"kubectl uncordon {found.object.name}   # ask first who cordoned it and why"]


CAUSES = (
    Cause(
        code="NodeCordoned",
        means="A person marked a node as unschedulable.",
        names="Node",
        explains="pods that stay Pending although nodes have room",
        base_rate=0.01,
        detect=_detect,
        predictions=(
            Prediction("the scheduler says that nodes are unschedulable", says_so(_WORDS), 560, -300),
            Prediction("the node is marked unschedulable", _marked, 150, -300),
            Prediction("it was not announced as planned", _not_announced, 0, -100),
        ),
        steps=_steps,
    ),
)
