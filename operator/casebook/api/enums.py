"""Closed vocabularies; every value is what stands in the custom resource."""

from enum import StrEnum


class Trigger(StrEnum):
    """What asked for the investigation."""

    ALERT = "Alert"
    QUESTION = "Question"
    CHANGE = "Change"
    SIGNAL = "Signal"


class Reach(StrEnum):
    """How far an investigation looks from its target."""

    NAMESPACE = "Namespace"
    TENANT = "Tenant"


class Severity(StrEnum):
    """Order in the queue."""

    CRITICAL = "Critical"
    WARNING = "Warning"
    INFO = "Info"


class Reasoning(StrEnum):
    """Whether a model takes part."""

    BUILT_IN = "BuiltIn"
    ASSISTED = "Assisted"
    ALWAYS = "Always"


class Intent(StrEnum):
    """What the asker wants done with an investigation now."""

    RUN = "Run"
    CANCEL = "Cancel"


class Phase(StrEnum):
    """A summary for people; the conditions are the contract."""

    PENDING = "Pending"
    QUEUED = "Queued"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


class Verdict(StrEnum):
    """What a report concludes."""

    ROOT_CAUSE = "RootCause"
    NO_FAULT = "NoFault"
    INCONCLUSIVE = "Inconclusive"


class Standing(StrEnum):
    """The verdict on one hypothesis."""

    SUPPORTED = "Supported"
    REFUTED = "Refuted"
    OPEN = "Open"


class Outcome(StrEnum):
    """The outcome of one prediction."""

    HELD = "Held"
    FAILED = "Failed"
    UNTESTED = "Untested"


class Novelty(StrEnum):
    """How a kind of log message differs from before."""

    NEW = "New"
    UNCOMPARED = "Uncompared"
    MORE = "More"
    GONE = "Gone"


class Origin(StrEnum):
    """Where a hypothesis came from."""

    DETECTOR = "Detector"
    MEMORY = "Memory"
    SKILL = "Skill"
    CASE = "Case"
    MODEL = "Model"
    PERSON = "Person"


class Rating(StrEnum):
    """A thumb."""

    UP = "Up"
    DOWN = "Down"


class Judgement(StrEnum):
    """How right a person found a report."""

    CORRECT = "Correct"
    PARTIAL = "Partial"
    WRONG = "Wrong"


class ReplayStanding(StrEnum):
    """How far the replay of a corrected investigation is."""

    PENDING = "Pending"
    DONE = "Done"
    IMPOSSIBLE = "Impossible"


class Role(StrEnum):
    """What a memory was to a report.

    Led: its cause is the finding, and the facts carry it too. Alone: its cause is the finding, and nothing but its word
    carries it. Acted: it changed something else. Contradicted: the facts speak against it. Gone: the object that it
    names is not there. Shown: it changed nothing.
    """

    LED = "Led"
    ALONE = "Alone"
    ACTED = "Acted"
    CONTRADICTED = "Contradicted"
    GONE = "Gone"
    SHOWN = "Shown"


class HintKind(StrEnum):
    """What was seen to happen after a report, and is weak evidence for or against it.

    CarriedOut: what it blamed was changed away. RolledBack: what it blamed was put back to what it was before.
    """

    CARRIED_OUT = "CarriedOut"
    ROLLED_BACK = "RolledBack"


class State(StrEnum):
    """The standing of a memory or a skill."""

    PROPOSED = "Proposed"
    CONFIRMED = "Confirmed"
    REJECTED = "Rejected"
    RETIRED = "Retired"


class KnowledgeReach(StrEnum):
    """Whose investigations may use a memory."""

    NAMESPACE = "Namespace"
    TENANT = "Tenant"
    PLATFORM = "Platform"


class ClaimEffect(StrEnum):
    """What a cause claim does to its cause."""

    CONFIRMS = "Confirms"
    RULES_OUT = "RulesOut"


class Source(StrEnum):
    """Who a memory or skill comes from."""

    PERSON = "Person"
    AGENT = "Agent"
    AMBIENT = "Ambient"


class ConditionStatus(StrEnum):
    """As Kubernetes writes it."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"
