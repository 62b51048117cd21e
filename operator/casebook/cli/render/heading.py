"""What a report is about, for the line that it begins with."""

from dataclasses import dataclass
from datetime import datetime

from casebook.api.enums import Trigger
from casebook.api.run import Run


@dataclass(frozen=True)
class Heading:
    """What a report is about: an object or an alert (or nothing in particular), in a namespace (or in all of them)."""

    subject: str
    namespace: str
    question: str
    now: datetime

    @classmethod
    def of(cls, run: Run) -> "Heading":
        """The heading of a run."""
        spec = run.spec
        place = (spec.target and spec.target.namespace) or run.namespace
        alert = spec.alert.labels.get("alertname", "") if spec.alert and spec.trigger is Trigger.ALERT else ""
        return cls(
            subject=f"{spec.target.kind}/{spec.target.name}" if spec.target else alert,
            namespace="" if run.scene.platform else place,
            question=spec.question,
            now=run.now,
        )

    @property
    def about(self) -> str:
        """The same in a few words."""
        place = f"namespace {self.namespace}" if self.namespace else "all namespaces"
        return f"{self.subject} in {self.namespace or place}" if self.subject else place
