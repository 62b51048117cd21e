"""What the parts of the controller work with, and the resources that they share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from casebook.cluster.reader import Reader
from casebook.cluster.writer import Writer
from casebook.controller.access import Access
from casebook.controller.decide import Policy
from casebook.controller.manifests import AgentSettings
from casebook.controller.metrics import Metrics
from casebook.controller.slots import Slots
from casebook.controller.worklist import Worklist
from casebook.controller.world import World

JOBS = "jobs.batch"
EVENTS = "events.events.k8s.io"


@dataclass(frozen=True)
class Tools:
    """What reconciling works with: `now` is the wall clock, `instance` names this process in Events."""

    world: World
    reader: Reader
    writer: Writer
    access: Access
    slots: Slots
    worklist: Worklist
    metrics: Metrics
    policy: Policy
    agent: AgentSettings
    now: Callable[[], datetime]
    instance: str
