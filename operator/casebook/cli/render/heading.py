"""What a report is about, for the line that it begins with."""

from dataclasses import dataclass
from datetime import datetime

from casebook.api.enums import Trigger
from casebook.api.run import Run


@dataclass(frozen=True)
class Heading:
    """What a report is about: the object or namespace, where it is, what was asked, and the moment it speaks of."""

    subject: str
    namespace: str
    question: str
    now: datetime

    @classmethod
    def of(cls, run: Run) -> "Heading":
        """The heading of a run."""
        spec = run.spec
        alert = spec.alert.labels.get("alertname", "") if spec.alert and spec.trigger is Trigger.ALERT else ""
        subject = f"{spec.target.kind}/{spec.target.name}" if spec.target else alert or "everything in it"
        place = "all namespaces" if run.scene.platform else (spec.target and spec.target.namespace) or run.namespace
        return cls(subject=subject, namespace=place, question=spec.question, now=run.now)
