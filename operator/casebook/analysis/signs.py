"""The vocabulary of symptoms."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from casebook.analysis.things import Cite, Ref

MAX_CITES = 4


class Sign(StrEnum):
    """What kind of deviation."""

    IMAGE = "ImagePull"
    CREATE = "CreateContainer"
    CRASH = "Crash"
    KILLED = "OOMKilled"
    NOT_READY = "NotReady"
    PENDING = "Pending"
    REFUSED = "CreateRefused"
    MOUNT = "Mount"
    NO_PODS = "NoPods"
    NO_ENDPOINTS = "NoEndpoints"
    CLAIM = "ClaimPending"
    JOB_FAILED = "JobFailed"
    SUSPENDED = "Suspended"
    NO_ROUTE = "NoRoute"
    ROLLOUT = "Rollout"
    NODE = "Node"
    EVICTED = "Evicted"
    SCALER = "Autoscaler"
    BACKLOG = "Backlog"
    NEVER_ENDS = "NeverEnds"
    ENDING = "EndsSlowly"
    OVERDUE = "Overdue"
    DELETION = "DeletionWaits"
    DRAIN = "DrainWaits"
    UNSERVED = "NotServed"
    ERRORS = "Errors"
    VAGUE = "UnexplainedErrors"
    PEER_ERRORS = "PeerErrors"
    ALERT = "AlertHolds"
    SLOW = "Slow"
    LOAD = "Load"
    THROTTLED = "Throttled"
    FAILING = "Failing"
    NEAR_LIMIT = "NearLimit"
    UNEXPECTED = "Unexpected"


TRAVELS: Final = frozenset(
    {
        Sign.CRASH, Sign.NOT_READY, Sign.NO_ENDPOINTS, Sign.JOB_FAILED, Sign.VAGUE, Sign.PEER_ERRORS, Sign.SCALER,
        Sign.ALERT, Sign.SLOW, Sign.FAILING,
    }
)  # fmt: skip
"""Symptoms that something further up the graph can bring about; the others arise where they are seen."""

MEASURED: Final = frozenset({Sign.ALERT, Sign.SLOW, Sign.FAILING})
"""What curves show of any fault, along the whole path of a request: all of it together tells as much as one symptom."""


@dataclass(frozen=True)
class Symptom:
    """A deviation seen on an entity since a time; `peers` is what its errors blame."""

    entity: Ref
    sign: Sign
    said: str
    since: datetime | None
    cites: tuple[Cite, ...]
    peers: frozenset[Ref] = frozenset()

    def joined(self, other: "Symptom") -> "Symptom":
        """Both as one: the earlier time, the citations of both."""
        times = [moment for moment in (self.since, other.since) if moment]
        cites = tuple(dict.fromkeys([*self.cites, *other.cites]))[:MAX_CITES]
        return Symptom(self.entity, self.sign, self.said, min(times, default=None), cites, self.peers | other.peers)
